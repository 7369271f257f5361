"""Accounts from before sign-in with X: read from a file, proven by a password, joined to X."""
