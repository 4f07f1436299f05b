"""Every work of a mix once, sorted by license, source and name, in bounded memory: sorted runs on disk, then merged."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby, islice
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import pyarrow.compute as pc

from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.publishing.rows import joined
from dagster_project.corpus.publishing.subject import Subject

RUN_WORKS = 200_000  # works held in memory at once
NAME_CHARS, ADDRESS_CHARS = 200, 500


class Work(NamedTuple):
    """One document as an attribution names it; every field is printable and of bounded length."""

    license: str
    source: str
    title: str
    address: str  # its URL, or its locator where it has none
    doc_id: str


def works_of(subject: Subject) -> Iterator[Work]:
    """Distinct works in the order of their fields."""
    found = _works(subject)
    with ExitStack() as stack:
        runs: list[Iterator[Work]] = []
        while run := sorted(islice(found, RUN_WORKS)):
            if len(run) < RUN_WORKS:
                runs.append(iter(run))
                continue
            file = stack.enter_context(TemporaryFile("w+", encoding="ascii"))
            runs.append(_spilled(file, run))
        for work, _ in groupby(heapq.merge(*runs)):
            yield work


def _works(subject: Subject) -> Iterator[Work]:
    for member, table in joined(subject, {"snapshots": ("title", "url", "locator")}):
        first = table.filter(pc.equal(table.column("copy"), 0))
        for row in first.select(["license", "title", "url", "locator", "doc_id"]).to_pylist():
            address = visible(row["url"] or row["locator"], ADDRESS_CHARS)
            title = visible(row["title"] or "", NAME_CHARS)
            yield Work(row["license"], member.key, title, address, row["doc_id"].hex())


def _spilled(file: IO[str], run: list[Work]) -> Iterator[Work]:
    file.writelines(json.dumps(work) + "\n" for work in run)
    file.seek(0)
    return (Work(*json.loads(line)) for line in file)
