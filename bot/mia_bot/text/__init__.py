"""Text on its way out to X: its length, pieces, and what it may name and link to."""
