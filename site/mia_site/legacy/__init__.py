"""Bringing an account from before sign-in with X along."""
