"""Bytes: stores, content-addressed shards, manifests, refs, shuffles and spools. Knows no stage."""
