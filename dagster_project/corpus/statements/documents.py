"""Documents in JSON with a detached signature beside them: FILE and FILE.sig. A signature covers the canonical JSON, so
that a document may be indented, or sent through what indents."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.statements.statements import Signature

BESIDE = ".sig"


@dataclass(frozen=True)
class Document:
    """What was signed."""

    content: Any

    @property
    def signed(self) -> bytes:
        return canonical(self.content)


def write_signed(path: Path, content: Any, signature: Signature | None) -> list[Path]:
    """Write a document, and its signature beside it; the files that there are now."""
    written = [path]
    try:
        path.write_bytes(encoded(content))
        beside = path.with_name(path.name + BESIDE)
        if signature:
            beside.write_bytes(encoded(asdict(signature)))
            written.append(beside)
        else:
            beside.unlink(missing_ok=True)  # of what stood there before
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"{path} cannot be written ({said}): name another place") from None
    return written


def read_signed(path: Path, beside: Path | None = None) -> tuple[Document, Signature | None]:
    """A document and its signature; none where there is no file of it."""
    other = beside or path.with_name(path.name + BESIDE)
    found = _json(other) if beside or other.exists() else None
    try:
        signature = Signature(**found) if found is not None else None
    except TypeError:
        raise Refused(f"{other} is no signature of ours: it has a key and a value") from None
    return Document(_json(path)), signature


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"{path} cannot be read ({said}): name the file") from None
    except ValueError:
        raise Refused(f"{path} is not JSON: give the file as it was written") from None
