"""What every standard says alike: names of versions, the moment of publication, and text that cannot do harm."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.licenses.expressions import NOASSERTION, parse
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.escaping import encoded, visible, web_address

MISSING = "missing"  # of the registry: nobody said
SOFTWARE = "florilegium"
ROOT = "urn:florilegium:"
TEXT_CHARS = 4000  # of any one value

Facts = Mapping[str, Any]


def document(value: Any, indent: int | None = 2) -> bytes:
    """A document as JSON whose strings stay harmless after they are read: nothing hidden in them, of bounded length."""
    return encoded(harmless(value), indent)


def harmless(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value, TEXT_CHARS)
    if isinstance(value, Mapping):
        return {visible(name, TEXT_CHARS): harmless(item) for name, item in value.items()}
    return [harmless(item) for item in value] if isinstance(value, list | tuple) else value


def urn(kind: str, name: str) -> str:
    """A name for a thing that lies nowhere on the web; versions are named by their id."""
    return f"{ROOT}{kind}/{name}"


def uuid_of(kind: str, name: str) -> str:
    """The same where a standard asks for a UUID: always the same one for the same thing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, urn(kind, name)))


def published_at(facts: Facts) -> str:
    """When the mix was published; Refused when nobody did, since no document may take a time from the clock."""
    moment: str | None = facts["mix"]["published_at"]
    if moment is None:
        raise Refused(f"{facts['mix']['partition']} has no time of publication: publish it first")
    return moment


def known(value: Any) -> str | None:
    """A fact of the registry, None where it is missing."""
    return None if value in (None, "", MISSING, NOASSERTION) else str(value)


def stated(value: Any) -> str:
    """The same for a reader."""
    return known(value) or "not stated"


def address(value: Any) -> str | None:
    """A fact that is a web address, else None."""
    text = known(value)
    return web_address(text) if text else None


def expression(value: Any) -> str:
    """A license as an SPDX expression, NOASSERTION for what is none."""
    try:
        return parse(known(value) or NOASSERTION)
    except Refused:
        return NOASSERTION


def sources_in(facts: Facts) -> Iterator[Facts]:
    """The sources that have documents in the mix."""
    return (source for source in facts["sources"] if source["in_mix"]["documents"])


def title_of(facts: Facts) -> str:
    """The title of a mix, or its key where it has none."""
    return known(facts["mix"]["title"]) or str(facts["mix"]["key"])


def description(facts: Facts) -> str:
    """A mix in one sentence."""
    mix, sources = facts["mix"], sum(1 for _ in sources_in(facts))
    return (
        f"The training mix {mix['key']}, version {mix['id']}: {mix['documents']:,} documents in {mix['members']:,} "
        f"entries with {mix['words']:,} words from {sources:,} {'source' if sources == 1 else 'sources'}."
    )
