"""Names of languages, as people type them, to ISO 639-1 codes; languages.txt has them all."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

# Codes that are words of English, or common abbreviations; a query means the word unless it says `language`.
ALSO_WORDS = frozenset(
    "am an as be co cs cv et eu ga ho id ie ii io is it kg km la lo ml mr ms my na no or os pi rm so ss st to ts uk "
    "arm cat che cor cos dan est fin fry geo hat her ice ido ile ind kin lat lit mac mar may mon pan per pol pus run "
    "sag sin slo som sot sun swa tam tat tel tir ton ven vol".split()
)


def folded(text: str) -> str:
    """How names are compared: canonically composed, without case, hyphens as spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("-", " ").split())


@cache
def codes() -> Mapping[str, str]:
    """Every name and code, folded, to the ISO 639-1 code."""
    return MappingProxyType({name: code for code, names in _table() for name in map(folded, names)})


@cache
def names() -> Mapping[str, str]:
    """ISO 639-1 code to the English name."""
    return MappingProxyType({code: found[0] for code, found in _table()})


def named(tag: str) -> str:
    """A language tag for people: `de (German)`."""
    known = names().get(primary(tag))
    return f"{tag} ({known})" if known else tag


def primary(tag: str) -> str:
    """The ISO 639-1 code of a tag's language where it has one: `de` of `de-AT` and of `deu`."""
    first = tag.replace("_", "-").partition("-")[0].lower()
    return codes().get(first, first) if len(first) <= 3 else first


def is_within(tag: str, wanted: str) -> bool:
    """Basic filtering of RFC 4647 section 3.3.1, whichever ISO 639 code names the language: `de-AT` is within `de`."""
    have, want = _parts(tag), _parts(wanted)
    return have[: len(want)] == want


def _parts(tag: str) -> list[str]:
    return [primary(tag), *tag.replace("_", "-").lower().split("-")[1:]]


@cache
def _table() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(code, its English names, own names and codes) of every language."""
    lines = Path(__file__).with_name("languages.txt").read_text(encoding="utf-8").splitlines()
    rows = [[part.strip() for part in line.split("|")] for line in lines if not line.startswith("#")]
    return tuple((codes.split()[0], _names(codes, english, own)) for codes, english, own in rows)


def _names(codes: str, english: str, own: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in [*english.split(","), *own.split(","), *codes.split()] if name.strip())
