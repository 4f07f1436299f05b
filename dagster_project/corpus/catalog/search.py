"""Finding sources: facets filter by what the registry and the store say, the remaining words rank by BM25."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dagster_project.corpus.catalog.facets import Facet, Query, understood
from dagster_project.corpus.catalog.languages import is_within, names, primary
from dagster_project.corpus.catalog.measured import Entry
from dagster_project.corpus.catalog.ranking import scores, words_of
from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.licenses.table import chosen_terms

LEAST_SHARE = 0.01  # of a source's documents: below, an identified language is taken for a mistake
SCORE_DIGITS = 6


class Hit(NamedTuple):
    """A source that was found, and what of it answers each facet and word."""

    entry: Entry
    score: float
    why: tuple[str, ...]


class Found(NamedTuple):
    """Hits, best first and equal ones by name; and how many of all sources each condition leaves out by itself."""

    query: Query
    hits: tuple[Hit, ...]
    sources: int
    excluded: tuple[tuple[str, int], ...]

    def sentence(self) -> str:
        """What was found, and why not more, for people."""
        sources = f"{self.sources:,} source{'' if self.sources == 1 else 's'}"
        if self.hits:
            return f"{len(self.hits):,} of {sources}"
        counts = [f"{count:,} by {condition}" for condition, count in self.excluded if count]
        reasons = f": left out are {', '.join(counts)}" if counts else ""
        return f"nothing found among {sources}{reasons}"


def search(entries: Sequence[Entry], text: str) -> Found:
    """The sources that meet every facet of a query and hold at least one of its words, if it has any."""
    query = understood(text)
    held = [words_of(text_of(entry)) for entry in entries]
    ranks = scores(held, query.words)
    hits: list[Hit] = []
    missed = dict.fromkeys([*map(str, query.facets), *(["the words"] if query.words else [])], 0)
    for entry, words, score in zip(entries, held, ranks, strict=True):
        reasons = {str(facet): met(facet, entry, words) for facet in query.facets}
        if query.words:
            reasons["the words"] = ", ".join(word for word in query.words if word in set(words)) or None
        for condition, reason in reasons.items():
            missed[condition] += reason is None
        if all(reason is not None for reason in reasons.values()):
            hits.append(Hit(entry, round(score, SCORE_DIGITS), tuple(filter(None, reasons.values()))))
    hits.sort(key=lambda hit: (-hit.score, hit.entry.recipe.key))
    return Found(query, tuple(hits), len(entries), tuple(missed.items()))


def text_of(entry: Entry) -> str:
    """What the words of a query are compared with: the registry in words, and the names of its languages."""
    recipe = entry.recipe
    fields = ("name", "title", "publisher", "homepage", "domain", "notes", "terms")
    tags = [word for tag in recipe.languages for word in (tag, names().get(primary(tag), ""))]
    license = [recipe.license] if recipe.license != NOASSERTION else []
    return "\n".join([*(getattr(recipe, name) for name in fields), *recipe.creators, *tags, *license])


def met(facet: Facet, entry: Entry, words: Sequence[str]) -> str | None:
    """What of a source answers a facet; None when nothing does. Turned around, it is the other way."""
    if facet.kind == "word":
        reason = facet.value if facet.value in words else None
    else:
        reason = JUDGES[facet.kind](entry, facet.value)
    if facet.turned:
        return str(facet) if reason is None else None
    return reason


def _language(entry: Entry, tag: str) -> str | None:
    found = {name: count for name, count in entry.languages.items() if is_within(name, tag)}
    counted = sum(count or 0 for count in found.values())
    if counted and counted >= LEAST_SHARE * (entry.documents or 0):
        return _said(sorted(found), counted)
    declared = sorted({name for name in entry.recipe.languages if is_within(name, tag)})
    return f"{', '.join(declared)} as registered" if declared else None


def _class(entry: Entry, name: str) -> str | None:
    return _said([name], entry.classes[name]) if name in entry.classes else None


def _license(entry: Entry, name: str) -> str | None:
    return _sum(entry.licenses, lambda license: name in {terms.id for terms in chosen_terms(license)}, name)


def _terms(entry: Entry, name: str) -> str | None:
    """Permissions hold where every license of a document gives them, a duty where one asks it."""
    holds = any if name == "attribution" else all
    attribute = name.replace(" ", "_")
    return _sum(
        entry.licenses,
        lambda license: holds(getattr(terms, attribute) == "yes" for terms in chosen_terms(license)),
        name,
    )


def _years(entry: Entry, span: tuple[int, int]) -> str | None:
    date, years = entry.years
    found = {year: count for year, count in years.items() if span[0] <= year <= span[1]}
    if not found:
        return None
    said = f"{min(found)}" if min(found) == max(found) else f"{min(found)}–{max(found)}"
    words = {"published": "published", "collected": "collected", "collection": "collected, as registered,"}[date]
    return _said([f"{words} {said}"], _total(found))


def _with(entry: Entry, name: str) -> str | None:
    if entry.measured is None:
        return None
    snapshot = entry.measured.snapshot
    known = {
        "url": snapshot.profile.get("with_url", 0),
        "date": snapshot.rows - snapshot.profile.get("published", {}).get("unknown", snapshot.rows),
        "reservation": sum(snapshot.profile.get("reservations", {}).values()),
    }
    count = known[name] if name in known else snapshot.profile.get("structure", {}).get(name, 0)
    return f"{count:,} {name}{'' if count == 1 or name in ('code', 'math') else 's'}" if count else None


def _equal(attribute: str) -> Callable[[Entry, str], str | None]:
    return lambda entry, value: value if getattr(entry.recipe, attribute) == value else None


JUDGES: Mapping[str, Callable[[Entry, Any], str | None]] = {
    "language": _language,
    "class": _class,
    "license": _license,
    "terms": _terms,
    "access": _equal("access"),
    "origin": _equal("origin"),
    "years": _years,
    "with": _with,
}


def _sum(counts: Mapping[str, int | None], wanted: Callable[[str], bool], said: str) -> str | None:
    found = {name: count for name, count in counts.items() if wanted(name)}
    return _said([said], _total(found)) if found else None


def _total(counts: Mapping[Any, int | None]) -> int | None:
    """The sum, or None when nobody counted."""
    return None if None in counts.values() else sum(count or 0 for count in counts.values())


def _said(found: Sequence[str], documents: int | None) -> str:
    counted = "" if documents is None else f": {documents:,} document{'' if documents == 1 else 's'}"
    return f"{', '.join(found)}{counted}"


def rows_of(hits: Sequence[Hit]) -> Iterator[dict[str, Any]]:
    """Hits as plain data."""
    for hit in hits:
        entry, years = hit.entry, hit.entry.years
        yield {
            "name": entry.recipe.name,
            "key": entry.recipe.key,
            "title": entry.recipe.title,
            "why": list(hit.why),
            "license": entry.recipe.license,
            "licenses": entry.licenses,
            "languages": entry.languages,
            "documents": entry.documents,
            "words": entry.words,
            "years": {"from": min(years[1]), "to": max(years[1]), "of": years[0]} if years[1] else None,
            "access": entry.recipe.access,
            "snapshot": entry.measured.snapshot.id if entry.measured else None,
            "score": hit.score,
        }
