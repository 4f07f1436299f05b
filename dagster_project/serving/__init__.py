"""Provenance on a web server beside Dagster's: pages of mixes, searches of the store, manifests. It reads and never
writes; `app` has the routes, the pages themselves are made in `corpus.publishing.provenance`."""
