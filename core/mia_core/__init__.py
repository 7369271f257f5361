"""The mind, and all that is stored."""
