"""xAI: the one model call of a turn, its errors and its cost."""
