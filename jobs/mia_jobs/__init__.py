"""The scheduler and each job it runs."""
