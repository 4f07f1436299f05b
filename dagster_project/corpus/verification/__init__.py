"""Verification: whether everything below a version still is what was written, and follows from what it was made of."""
