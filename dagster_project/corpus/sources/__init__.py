"""The reading room: raw objects in, bounded batches of records and dead letters out. Nothing is judged here."""
