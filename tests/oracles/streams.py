"""The digest of a token stream, one token at a time."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence


def stream_digest(documents: Iterable[Sequence[int]], separator: int | None) -> str:
    digest = hashlib.sha256()
    for document in documents:
        for token in [*document, *([] if separator is None else [separator])]:
            digest.update(struct.pack("<I", token))
    return digest.hexdigest()
