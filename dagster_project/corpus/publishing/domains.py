"""Which registered domains the crawled texts of a mix come from, those with most words first, in bounded memory.

Sums stay in memory while they are few; of more, sorted runs lie on disk and are merged.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Any

import pyarrow.compute as pc

from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.urls import domain_of, host_of
from dagster_project.corpus.publishing.rows import joined
from dagster_project.corpus.publishing.subject import Subject

HELD_DOMAINS = 1 << 19  # in memory at once
MOST_LISTED = 100_000
DOMAIN_CHARS = 253
LISTED_PERCENT = 10  # of all domains, as the template for Art. 53(1)(d) of the EU AI Act asks

Sums = tuple[str, int, int]  # a domain, its documents and their words


def domains_of(subject: Subject, sources: frozenset[str], least: int = 0) -> dict[str, Any]:
    """How many domains these sources have in the mix, and the first tenth of them, or `least` if that is more, at most
    MOST_LISTED; documents count once, whatever the epochs."""
    found = {"domains": 0, "documents": 0, "words": 0}
    first = heapq.nsmallest(MOST_LISTED, _counted(_merged(_rows(subject, sources)), found), key=_rank)
    asked = min(found["domains"], max(least, -(-found["domains"] * LISTED_PERCENT // 100)))
    listed = [{"domain": name, "documents": documents, "words": words} for name, documents, words in first[:asked]]
    return {**found, "asked": asked, "listed": listed}


def _rank(domain: Sums) -> tuple[int, int, str]:
    return -domain[2], -domain[1], domain[0]


def _counted(domains: Iterator[Sums], found: dict[str, int]) -> Iterator[Sums]:
    for domain in domains:
        for name, count in zip(found, (1, *domain[1:]), strict=True):
            found[name] += count
        yield domain


def _merged(rows: Iterator[Sums]) -> Iterator[Sums]:
    """Every domain once, by name."""
    with ExitStack() as stack:
        runs: list[Iterator[Sums]] = []
        held: dict[str, tuple[int, int]] = {}
        for name, documents, words in rows:
            before = held.get(name, (0, 0))
            held[name] = (before[0] + documents, before[1] + words)
            if len(held) >= HELD_DOMAINS:
                file = stack.enter_context(TemporaryFile("w+", encoding="utf-8"))
                runs.append(_spilled(file, held))
                held = {}
        for name, same in groupby(heapq.merge(*runs, _sorted(held)), key=itemgetter(0)):
            parts = list(same)
            yield name, sum(part[1] for part in parts), sum(part[2] for part in parts)


def _rows(subject: Subject, sources: frozenset[str]) -> Iterator[Sums]:
    """Domains of the documents of these sources, one by one; those without an address are left out."""
    for member, table in joined(subject, {"snapshots": ("url",)}):
        if member.key not in sources:
            continue
        first = table.filter(pc.and_(pc.equal(table.column("copy"), 0), pc.is_valid(table.column("url"))))
        for url, words in zip(first.column("url").to_pylist(), first.column("words").to_pylist(), strict=True):
            if host := host_of(url):
                yield visible(domain_of(host), DOMAIN_CHARS), 1, words


def _sorted(held: Mapping[str, tuple[int, int]]) -> Iterator[Sums]:
    return ((name, *held[name]) for name in sorted(held))


def _spilled(file: IO[str], held: Mapping[str, tuple[int, int]]) -> Iterator[Sums]:
    file.writelines(f"{name}\t{documents}\t{words}\n" for name, documents, words in _sorted(held))
    file.seek(0)
    parts = (line.rstrip("\n").split("\t") for line in file)
    return ((name, int(documents), int(words)) for name, documents, words in parts)
