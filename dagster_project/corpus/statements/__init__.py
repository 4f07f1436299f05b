"""Statements on versions: what was withdrawn, retired or held, and what somebody signs for. Versions never change."""
