"""One spelling per value, so that equal things have equal hashes on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "checksum"  # the field of a record that says what all others are


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8. NaN (ValueError) and other types (TypeError) are refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def sealed(record: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a record, with the digest of all its fields in one more."""
    return canonical({**record, SEAL: digest(record)})


def is_sealed(record: Mapping[str, Any]) -> bool:
    """Whether every field is as it was when the record was sealed."""
    try:
        return bool(record.get(SEAL) == digest(unsealed(record)))
    except (ValueError, RecursionError):  # what JSON reads and nobody writes: no numbers, half characters
        return False


def unsealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record that was sealed."""
    return {name: value for name, value in record.items() if name != SEAL}
