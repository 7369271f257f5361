"""Measurements: run by hand and by CI for their figures, never asserted on time."""
