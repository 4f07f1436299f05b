"""Personal data and secrets replaced, as edits of a text: what stands there is a matter of the document alone.

Nothing counts across documents, so a document gets the same text in any shard and any order. A pseudonym says how
many other values of its kind stood before, and nothing of the value: it can be neither turned back nor looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.signals.patterns import Found
from dagster_project.corpus.signals.privacy import KINDS, findings

CODE_VERSION = "1"
SETTINGS = ("kinds", "style", "replacements")
DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737
NETWORK_HOSTS = 254


def edits_of(block: Block, settings: Mapping[str, Any]) -> pa.ListArray:
    """What to replace in every document, in bytes of its text.

    `settings`: `kinds`, all where it is missing; `style`, a name in STYLES, "placeholder" where it is missing;
    `replacements`, such as "email=email@example.com", each a text for every value of a kind, whatever the style.
    """
    replace = replacer(settings)
    kinds = frozenset(settings.get("kinds") or KINDS)
    data, offsets = block.texts
    found, _ = findings(data, offsets)
    places = offsets.tolist()
    per_document: list[list[Found]] = [[] for _ in range(len(places) - 1)]
    for document, item in found:
        if item.pattern.kind in kinds:
            per_document[document].append(item)
    return pa.array(
        [
            redact(data.data[places[number] : places[number + 1]], items, replace) if items else []
            for number, items in enumerate(per_document)
        ],
        EDITS,
    )


def redact(text: memoryview, found: Sequence[Found], replace: Callable[[str, int], str]) -> list[dict[str, Any]]:
    """The edits of one text: equal values of a kind, capitals apart, get equal replacements."""
    seen: dict[str, dict[bytes, int]] = {}
    edits = []
    for item in found:
        numbers = seen.setdefault(item.pattern.kind, {})
        value = bytes(text[item.start : item.end]).lower()
        number = numbers.setdefault(value, len(numbers) + 1)
        edits.append({"start": item.start, "end": item.end, "text": replace(item.pattern.kind, number)})
    return edits


def replacer(settings: Mapping[str, Any]) -> Callable[[str, int], str]:
    """The text for the n-th value of a kind, n from 1 on, as the settings say; what they cannot mean is refused."""
    if unknown := sorted(set(settings) - set(SETTINGS)):
        raise Refused(f"edit redact has no setting {', '.join(unknown)}: use {', '.join(SETTINGS)}")
    _refuse_unknown("kinds", settings.get("kinds") or ())
    texts = dict(_replacement(said) for said in settings.get("replacements") or ())
    _refuse_unknown("replacements", texts)
    style = settings.get("style") or "placeholder"
    if style not in STYLES:
        raise Refused(f"edit redact knows no style {style!r}: use {' or '.join(sorted(STYLES))}")
    return lambda kind, number: texts.get(kind, STYLES[style](kind, number))


def placeholder(kind: str, number: int) -> str:
    """The name of the kind, one for all its values: <EMAIL>."""
    return f"<{kind.upper()}>"


def pseudonym(kind: str, number: int) -> str:
    """Something of the same form that is reserved for examples, where there is such a thing; else <IBAN_2>."""
    form = EXAMPLES.get(kind)
    return form(number) if form else f"<{kind.upper()}_{number}>"


def example_ipv4(number: int) -> str:
    """One of the 762 addresses kept for documentation, then from the first again."""
    network, host = divmod((number - 1) % (NETWORK_HOSTS * len(DOCUMENTATION_NETWORKS)), NETWORK_HOSTS)
    return f"{DOCUMENTATION_NETWORKS[network]}.{host + 1}"


EXAMPLES: Mapping[str, Callable[[int], str]] = {
    "email": lambda number: f"user{number}@example.com",
    "ipv4": example_ipv4,
    "ipv6": lambda number: f"2001:db8::{number % 0x10000:x}",
    "phone": lambda number: f"+1 202-555-{100 + (number - 1) % 100:04d}",
}
STYLES: Mapping[str, Callable[[str, int], str]] = {"placeholder": placeholder, "pseudonym": pseudonym}


def _replacement(said: str) -> tuple[str, str]:
    kind, equals, text = said.partition("=")
    if not equals:
        raise Refused(f"edit redact: {said[:80]!r} in replacements is not KIND=TEXT: write it so")
    return kind, text


def _refuse_unknown(setting: str, kinds: Collection[str]) -> None:
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise Refused(f"edit redact: {setting} names {', '.join(unknown)}: use {', '.join(KINDS)}")
