"""Gate: reasons to answer without asking the model."""
