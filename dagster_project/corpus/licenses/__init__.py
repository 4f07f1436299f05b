"""Law: what a stated license means, what follows from it, and nothing about where documents are kept."""
