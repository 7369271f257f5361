"""What she says without Grok."""
