"""A search in words to facets: `german law, permissive, after 2020` asks for German, permissive, from 2021, and "law".

What is recognized, anywhere in a query and in any order; the longest phrase wins, a comma ends one:

| facet    | words |
|----------|-------|
| language | English and own names (German, Deutsch), ISO 639 codes (de, deu, ger), tags such as pt-BR; a code that |
|          | is also a word of English (it, no, is) only after `language` or alone between commas |
| class    | the license classes of our table, with or without hyphens: permissive, share-alike, copyleft, |
|          | non-commercial, public domain, unknown … |
| terms    | `commercial` (use is allowed), `derivatives` (are allowed), `attribution` (is asked for) |
| license  | an SPDX identifier of our table, spelled as SPDX spells it |
| access   | public, gated, licensed, private; `synthetic access` |
| origin   | natural text, augmented, synthetic, `unknown origin` |
| years    | after 2020, since 2020, before 2020, until 2020, in 2020, 2018-2020, 2018 to 2020, between 2018 and 2020 |
| with     | `with` or `without` urls, dates, tables, code, math, lists, links, headings, images, quotes, reservations |

A source must meet all of them. `not` and `without` turn the facet or the word that follows around. Words in "double
quotes" are words and never facets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from dagster_project.corpus.catalog.languages import ALSO_WORDS, codes, folded, named, primary
from dagster_project.corpus.catalog.ranking import words_of
from dagster_project.corpus.licenses.table import table

LONGEST_QUERY = 1000  # characters that are looked at
LONGEST_PHRASE = 4  # words
TOKEN = re.compile(r'"([^"]*)"|([,;])|([^\s,;"]+)')
TURNED = ("not", "without", "except")
LITTLE = frozenset("a an and are at by for from in is of on or the to with texts text sources source data".split())
TAG = re.compile(r"[a-z]{2,3}-([a-z]{2}|[0-9]{3}|hans|hant|latn|cyrl|arab)", re.IGNORECASE)
YEAR = "([12][0-9]{3})"
FIRST, LAST = 1000, 2999
# pattern → the offsets to the years named: (first named or None, added), (last named or None, added)
YEARS: tuple[tuple[re.Pattern[str], int | None, int | None], ...] = (
    (re.compile(f"(?:after|newer than) {YEAR}"), 1, None),
    (re.compile(f"(?:since|from) {YEAR}"), 0, None),
    (re.compile(f"(?:before|older than) {YEAR}"), None, -1),
    (re.compile(f"(?:until|up to) {YEAR}"), None, 0),
    (re.compile(f"(?:in|during) {YEAR}"), 0, 0),
    (re.compile(f"(?:(?:from|between) )?{YEAR} ?(?:[ –—]|to|until|and) ?{YEAR}"), 0, 0),
)
WITH: Mapping[str, str] = {
    **dict.fromkeys(("url", "urls", "addresses"), "url"),
    **dict.fromkeys(("date", "dates"), "date"),
    **dict.fromkeys(("reservation", "reservations"), "reservation"),
    **{f"{word}{s}": word for word in ("table", "list", "link", "heading", "image", "quote") for s in ("", "s")},
    **{"code": "code", "math": "math", "formulas": "math"},
}
PHRASES: Mapping[str, tuple[str, str]] = {
    **{name: ("access", name) for name in ("public", "gated", "licensed", "private")},
    "synthetic access": ("access", "synthetic"),
    **{name: ("origin", name) for name in ("augmented", "synthetic")},
    **{"natural text": ("origin", "natural"), "unknown origin": ("origin", "unknown")},
    **dict.fromkeys(("commercial", "commercial use"), ("terms", "commercial use")),
    "derivatives": ("terms", "derivatives"),
    "attribution": ("terms", "attribution"),
    **{"sharealike": ("class", "share-alike"), "noncommercial": ("class", "non-commercial")},
    **dict.fromkeys(("unknown", "unknown license"), ("class", "unknown")),
    **{f"with {word}": ("with", value) for word, value in WITH.items()},
    **{f"without {word}": ("with", f"-{value}") for word, value in WITH.items()},
}


class Facet(NamedTuple):
    """One condition on a source; `value` is a tag, a class, … or for years the first and the last one allowed."""

    kind: str
    value: Any
    turned: bool = False

    def __str__(self) -> str:
        return f"{'not ' if self.turned else ''}{self._said()}"

    def _said(self) -> str:
        if self.kind != "years":
            return f"{self.kind} {named(self.value) if self.kind == 'language' else self.value}"
        first, last = self.value
        if first == last:
            return f"in {first}"
        return f"until {last}" if first <= FIRST else f"from {first}" if last >= LAST else f"{first} to {last}"


class Query(NamedTuple):
    """A search as understood: facets filter, words rank."""

    facets: tuple[Facet, ...]
    words: tuple[str, ...]

    def __str__(self) -> str:
        words = [f"words {', '.join(self.words)}"] if self.words else []
        return " · ".join([*map(str, self.facets), *words]) or "everything"


def understood(text: str) -> Query:
    """A query of people as facets and words."""
    facets: list[Facet] = []
    words: list[str] = []
    for part in _parts(text[:LONGEST_QUERY]):
        _read(part, facets, words)
    return Query(tuple(dict.fromkeys(facets)), tuple(dict.fromkeys(words)))


class Token(NamedTuple):
    """A word of a query, or a quoted phrase."""

    text: str
    quoted: bool


def _parts(text: str) -> Iterator[list[Token]]:
    """The tokens between commas."""
    part: list[Token] = []
    for quoted, comma, word in TOKEN.findall(text):
        if comma:
            yield part
            part = []
        elif word or quoted:
            part.append(Token(word or quoted, not word))
    yield part


def _read(part: Sequence[Token], facets: list[Facet], words: list[str]) -> None:
    at = 0
    while at < len(part):
        found = _facet(part, at)
        if found is None and at + 1 < len(part) and part[at].text.lower() in TURNED and not part[at].quoted:
            found = _turned(part, at + 1)
        if found is None:
            words += _words(part[at])
            at += 1
        else:
            facets.append(found[0])
            at += found[1]


def _turned(part: Sequence[Token], at: int) -> tuple[Facet, int] | None:
    """What stands after a `not`: a facet, or a word that no source may hold."""
    if found := _facet(part, at):
        facet, length = found
        return facet._replace(turned=not facet.turned), length + 1
    words = _words(part[at])
    return (Facet("word", words[0], turned=True), 2) if words else None


def _words(token: Token) -> list[str]:
    found = words_of(token.text)
    return found if token.quoted else [word for word in found if word not in LITTLE]


def _facet(part: Sequence[Token], at: int) -> tuple[Facet, int] | None:
    """The facet of the longest phrase that begins here, and how many words it has."""
    for length in range(min(LONGEST_PHRASE, len(part) - at), 0, -1):
        tokens = part[at : at + length]
        if any(token.quoted for token in tokens):
            continue
        text = " ".join(token.text for token in tokens)
        if facet := _phrase(text) or _language(text, alone=length == len(part)):
            return facet, length
    return None


def _phrase(text: str) -> Facet | None:
    key = folded(text)
    if text in _licenses():
        return Facet("license", text)
    if key in _classes():
        return Facet("class", _classes()[key])
    if key in PHRASES:
        kind, value = PHRASES[key]
        return Facet(kind, value.removeprefix("-"), value.startswith("-"))
    return _years(key)


def _years(key: str) -> Facet | None:
    for pattern, first, last in YEARS:
        if match := pattern.fullmatch(key):
            named_years = sorted(map(int, match.groups()))
            least = FIRST if first is None else named_years[0] + first
            return Facet("years", (least, LAST if last is None else named_years[-1] + last))
    return None


def _language(text: str, *, alone: bool) -> Facet | None:
    key = folded(text)
    said = key.removeprefix("language ")
    if TAG.fullmatch(text) and primary(text) in codes() and primary(text) not in ALSO_WORDS:
        return Facet("language", text)
    if said in codes() and (alone or said != key or said not in ALSO_WORDS):
        return Facet("language", codes()[said])
    return None


@cache
def _classes() -> Mapping[str, str]:
    return {folded(name): name for name in table().classes}


@cache
def _licenses() -> frozenset[str]:
    """Identifiers that no prose holds by chance: with a digit or a hyphen, or all in capitals."""
    found = (terms.id for terms in table().terms.values())
    return frozenset(name for name in found if name.isupper() or "-" in name or any(map(str.isdigit, name)))
