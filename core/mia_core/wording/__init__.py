"""Wording: how phrases of a language are written down, and found in what people write, without a model."""
