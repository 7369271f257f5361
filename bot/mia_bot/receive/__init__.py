"""Receiving: pollers bring X's mentions and DMs into the inbox; rows first, then the cursor."""
