"""Emotion, mood and trust as pure functions over frozen values: same input, same result."""
