"""Memory: what is learnt from a turn, and what is recalled for one. Always of one person."""
