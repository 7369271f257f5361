"""Recall across languages: a set that we wrote, and its bench."""
