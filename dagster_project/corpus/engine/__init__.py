"""Hands: run one task over many items, here or on a cluster, and keep side tables aligned with their documents."""
