"""Faults that X and xAI have in reality, caused on purpose: by a plan, by dice, around every call."""
