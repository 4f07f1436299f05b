"""Whether a store lets one writer win, without which publishing would lose versions. Asked once for every way into a
store, for a gateway may drop the condition that the server behind it keeps; the answer lies in the store itself.
"""

from __future__ import annotations

import hashlib
import json

from dagster_project.corpus.storage.s3 import S3Store

PREFIX = "probes/"


def require_one_winner(store: S3Store) -> None:
    """Refuse a store that lacks conditional PUT: one request when it was asked before, else eight."""
    server = store.config.server
    path = f"{PREFIX}{hashlib.sha256(server.encode()).hexdigest()[:16]}.json"
    if store.size(path) is None:
        store.check()
        store.put_once(path, json.dumps({"server": server, "has_conditional_put": True}).encode())
