"""X: receiving, sending, its text rules, and the sandbox that plays X on a laptop."""
