"""Wishes: what people ask to be done with what she remembers of them, as in "forget that"."""
