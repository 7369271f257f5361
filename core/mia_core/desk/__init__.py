"""The operator's desk: what waits in inbox and outbox, or died there, is looked at and put right."""
