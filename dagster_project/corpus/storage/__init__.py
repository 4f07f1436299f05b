"""Bytes: stores, content-addressed shards, manifests and refs by conditional PUT, shuffles and spools. Knows no stage."""
