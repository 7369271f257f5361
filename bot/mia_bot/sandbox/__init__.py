"""A local stand-in for X (and, where no key is set, for xAI) that speaks their wire formats."""
