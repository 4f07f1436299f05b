"""Entries of the takedown register: what is to be taken out, how far that goes, who asked for it, what was decided."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, get_args

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import KEY, NAME
from dagster_project.corpus.model.urls import canonical_url, domain_of, host_of

Kind = Literal["document", "record", "url", "host", "domain", "source", "license", "text", "normalized"]
Scope = Literal["document", "near", "family"]
Decision = Literal["remove", "refuse", "pending"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SCOPES: tuple[Scope, ...] = get_args(Scope)  # the further, the later
DECISIONS: tuple[Decision, ...] = get_args(Decision)
ENTRY_ID = re.compile(r"[0-9a-f]{32}")
HEX_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Entry:
    """One request. Kind, value and scope are what it is; the others are the record of it, and in no hash.

    Values are spelled as they are compared: addresses canonical, hosts lower case, ids and digests of texts as 32
    hexadecimal digits. A text itself is never kept, so that a register holds nothing that must be erased.
    """

    kind: Kind
    value: str
    scope: Scope = "document"  # the documents hit; also their near copies; or all of their families
    requester: str = ""  # a reference to the request, such as the number of a ticket
    received: str = ""  # YYYY-MM-DD
    reason: str = ""
    decision: Decision = "remove"
    decided_by: str = ""

    @property
    def id(self) -> str:
        """32 hexadecimal digits; what versions name in their recipes."""
        return digest(["takedown", self.kind, self.value, self.scope])[:32]


def checked(entry: Entry) -> Entry:
    """The entry in the spelling that is compared; Refused, in one sentence, for what can not be meant."""
    for name, known in (("kind", KINDS), ("scope", SCOPES), ("decision", DECISIONS)):
        if getattr(entry, name) not in known:
            raise Refused(f"{getattr(entry, name)!r} is no {name} of a takedown: use one of {', '.join(known)}")
    if entry.received:
        try:
            date.fromisoformat(entry.received)
        except ValueError:
            raise Refused(f"{entry.received!r} is no day: write YYYY-MM-DD") from None
    value = SPELLED[entry.kind](entry.value.strip())
    if value is None:
        raise Refused(f"{entry.value[:200]!r} names no {entry.kind}: {EXPECTED[entry.kind]}")
    return Entry(**{**entry.__dict__, "value": value})


def entry_of(data: Mapping[str, Any]) -> Entry:
    """An entry as the register has it."""
    return checked(Entry(**{name: data[name] for name in Entry.__dataclass_fields__ if name in data}))


def _hex(value: str) -> str | None:
    return value.lower() if HEX_ID.fullmatch(value.lower()) else None


def _url(value: str) -> str | None:
    found = canonical_url(value)
    return found if found and host_of(found) else None


def _host(value: str) -> str | None:
    return host_of(value if "//" in value else f"//{value}")


def _domain(value: str) -> str | None:
    host = _host(value)
    found = domain_of(host) if host else None
    return found if found == host else None


def _source(value: str) -> str | None:
    return value if re.fullmatch(NAME, value) or KEY.fullmatch(value) else None


SPELLED: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "document": _hex,
        "record": _hex,
        "text": _hex,
        "normalized": _hex,
        "url": _url,
        "host": _host,
        "domain": _domain,
        "source": _source,
        "license": parse,
    }
)
EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("document", "record", "text", "normalized"), "give 32 hexadecimal digits"),
        "url": "give an address with its host, as https://example.org/page",
        "host": "give a host, as www.example.org",
        "domain": "give a registered domain, as example.org; what is below one is a host",
        "source": "give the name of a source, or name@version",
        "license": "give an SPDX expression",
    }
)
