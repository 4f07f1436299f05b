"""Bytes: stores, content-addressed shards, manifests, refs, exchanges and spools. Knows no stage."""
