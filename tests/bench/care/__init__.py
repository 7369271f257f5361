"""Bench of care: what the gate recognizes without a model, on lines with labels."""
