"""The lists that a policy's rules name: files of the user, one entry per line, `#` comments, UTF-8.

A list is known by the hash of its bytes, wherever it lies; its bytes are kept in the store, so that a verdict can be
given again. It may have millions of entries: a worker holds them as sorted 64-bit hashes, built once per process.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.urls import canonical_url, host_of, origin
from dagster_project.corpus.storage.shards import get_object, put_object
from dagster_project.corpus.storage.stores import Store

LARGEST_LIST = 256 << 20  # bytes: some ten million domains
RELEASED = "documents"  # the kind of list that names what leaves quarantine
HELD = 8  # lists in the memory of a process
_PLAIN_HOST = re.compile(r"(?!xn--)[a-z0-9_-]+(?:\.(?!xn--)[a-z0-9_-]+)*\.[a-z][a-z0-9-]*").fullmatch
_DOCUMENT = re.compile(rf"[0-9a-fA-F]{{{2 * ID_BYTES}}}").fullmatch
_WORD = re.compile(r"[^\W_]+").fullmatch


class Kind(NamedTuple):
    """What the entries of a list are, for people, and the one spelling of an entry, or None for what is none."""

    words: str
    spell: Callable[[str], str | None]


def _domain(said: str) -> str | None:
    """A domain, with `*.` or `.` before it as other tools write them: either way it holds for what lies below."""
    return _host(said.removeprefix("*").removeprefix("."))


def _host(said: str) -> str | None:
    """A host in canonical spelling; nothing with a port or a path."""
    if _PLAIN_HOST(said):
        return said
    if said.count(":") > 1 and not said.startswith("["):
        said = f"[{said}]"
    found = origin(f"http://{said}") if not re.search(r"[*/?#@\\\s]", said) else None
    return host_of(found) if found and not re.search(r":\d*$", said.rpartition("]")[2]) else None


def _url(said: str) -> str | None:
    return canonical_url(said) if origin(said) else None


def _word(said: str) -> str | None:
    return said.lower() if _WORD(said) else None


def _document(said: str) -> str | None:
    return said.lower() if _DOCUMENT(said) else None


KINDS: Mapping[str, Kind] = {
    "domains": Kind("a domain such as example.org", _domain),
    "hosts": Kind("a host such as www.example.org", _host),
    "urls": Kind("an address such as https://example.org/page", _url),
    "documents": Kind(f"a document id of {2 * ID_BYTES} hexadecimal digits", _document),
    "words": Kind("one word of letters and digits", _word),
}


@dataclass(frozen=True)
class NamedList:
    """A list as a policy names it: the rule, what its entries are, where it lies, and the hash of its bytes."""

    rule: str
    kind: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class StoredList:
    """A list as it travels to a worker: where the store keeps it."""

    store: Store = field(compare=False)
    name: str = field(compare=False)
    kind: str
    file: File


class Entries(NamedTuple):
    """The entries of a list as sorted, distinct hashes: uint64[n]."""

    hashes: NDArray[np.uint64]

    def hold(self, wanted: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether each of these hashes is an entry's."""
        if not len(self.hashes):
            return np.zeros(len(wanted), bool)
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        found: NDArray[np.bool_] = self.hashes[places] == wanted
        return found


def released_by(name: str) -> str:
    """How the list of the documents that a step releases from its quarantine is called among lists."""
    return f"{name}[released]"


def missing(place: str) -> str:
    """The path of a list that is not there, which is otherwise only told when verdicts are made; "" of one that is."""
    path = Path(place).expanduser()
    return "" if not place or path.is_file() else str(path)


def find_list(rule: str, kind: str, path: Path) -> NamedList:
    """The list at a path; a missing one, and one too large, is refused."""
    return NamedList(rule, kind, path, hashlib.sha256(_read(rule, path)).hexdigest())


def store_list(store: Store, found: NamedList, access: str) -> StoredList:
    """Keep a list in the store, whose bytes must be those that were found."""
    body = _read(found.rule, found.path)
    stored, sha256 = put_object(store, body, access=access, suffix="txt")
    if sha256 != found.sha256:
        raise Refused(
            f"rule {found.rule}: {found.path} changed while it was read: build again when nobody writes to it"
        )
    return StoredList(store, f"rule {found.rule}: {found.path}", found.kind, File(stored, sha256, len(body), 0))


@lru_cache(maxsize=HELD)
def load_entries(stored: StoredList) -> Entries:
    """The entries of a list; one that is none is refused with its line."""
    body = get_object(stored.store, stored.file.path, stored.file.sha256)
    return Entries(np.unique(hashes_of(_spelled(body, stored))))


def hashes_of(texts: Iterable[str]) -> NDArray[np.uint64]:
    """64 bits of BLAKE2b of each text; entries are chosen by strangers, so the hash is cryptographic."""
    digests = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.fromiter((int.from_bytes(digest, "big") for digest in digests), np.uint64)


def _read(rule: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_LIST + 1)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"rule {rule}: the list {path} cannot be read ({said}): put it there or name another") from None
    if len(body) > LARGEST_LIST:
        raise Refused(f"rule {rule}: the list {path} is larger than {LARGEST_LIST:,} bytes: split it")
    return body


def said_in(body: bytes, name: str) -> Iterator[tuple[int, str]]:
    """What each line of a list says, with its number: no comment, nothing that is empty."""
    for number, line in enumerate(io.BytesIO(body.removeprefix(b"\xef\xbb\xbf")), 1):
        try:
            said = _entry(line.decode())
        except UnicodeDecodeError:
            raise Refused(f"{name}, line {number}: is not UTF-8: save it as UTF-8") from None
        if said:
            yield number, said


def _spelled(body: bytes, stored: StoredList) -> Iterator[str]:
    kind = KINDS[stored.kind]
    for number, said in said_in(body, stored.name):
        entry = kind.spell(said)
        if entry is None:
            raise Refused(f"{stored.name}, line {number}: {said[:80]!r} is not {kind.words}: mend or remove the line")
        if entry:
            yield entry


def _entry(line: str) -> str:
    """A line without its comment, which begins the line or stands after white space: addresses may hold a "#"."""
    line = line.strip()
    return "" if line.startswith("#") else re.split(r"\s#", line, maxsplit=1)[0].strip() if "#" in line else line
