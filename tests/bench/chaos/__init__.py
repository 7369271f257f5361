"""Chaos: real processes are killed at random while people write, and every message must be answered once."""
