"""The `consent` group: what whoever answers for a page asks of those who read it by machine.

From the page itself (headers and meta elements, kept with the document) and from the files by which its site speaks
for all its pages (kept with the snapshot). `reservations` holds sorted tokens; a policy names those it honors.

Of several captures of a site file the newest that is no younger than the page counts, else the oldest; for a page
without a date the newest of all. Where an http site redirects, the word of its https twin counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.extraction.reservation_statements import reserved_tokens
from dagster_project.corpus.model.crawlers import AGENTS, EVERYBODY, UNREACHABLE, USES
from dagster_project.corpus.model.dates import seconds_of
from dagster_project.corpus.model.documents import ID, SITE_FILES, SiteRow, site_rows
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.urls import target
from dagster_project.corpus.signals.site_statements import TDMREP, Said, SiteFile
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("reservations", pa.list_(pa.string()), nullable=False),  # tokens, sorted, each once
        pa.field("tdm_policy", pa.string()),  # where a licensing policy stands, as TDMRep has it
    ]
)
COLUMNS = ("url", "reservations", "collected_at")
ROWS_AT_ONCE = 64  # of site files, each of which may have 500 KiB
COUNTED_AGENTS = frozenset({EVERYBODY, UNREACHABLE, *AGENTS, *USES.values()})


class Capture(NamedTuple):
    """A site file as it stood at some time, in seconds since the epoch."""

    at: int | None
    file: SiteFile


class Page(NamedTuple):
    """What is asked about: a row of the documents, its path, its time, and whether the page itself spoke of TDM."""

    row: int
    path: str
    at: int | None
    speaks_of_tdm: bool


@dataclass(frozen=True)
class SiteFiles:
    """The site files of a snapshot, as they travel to a worker: where they lie, sorted by site."""

    store: Store
    files: tuple[File, ...]

    def of(self, sites: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Sequence[Capture]]]]:
        """(site, captures by path, in the order of time) of each wanted site, of which one is held at a time."""
        wanted = pa.array(sorted(sites), pa.string())
        rows = (row for file in self.files for row in self._rows(file, wanted))
        for site, found in groupby(rows, lambda row: row[0]):
            captures: dict[str, list[Capture]] = {}
            for _, path, status, text, at in sorted(found, key=_when):
                captures.setdefault(path, []).append(Capture(at, SiteFile(path, status, text)))
            yield site, captures

    def _rows(self, file: File, wanted: pa.Array) -> Iterator[SiteRow]:
        for batch in iterate_shard(self.store, file, SITE_FILES.names, ROWS_AT_ONCE):
            yield from site_rows(batch.filter(pc.is_in(batch.column("site"), wanted)))


def site_files(store: Store, snapshot: Manifest) -> SiteFiles:
    """The site files that a snapshot recorded."""
    return SiteFiles(store, tuple(File(**item) for item in snapshot.facts["site_files"]))


def measure(block: Block, recipe: Mapping[str, Any], sites: SiteFiles | None = None) -> tuple[pa.Table, dict[str, Any]]:
    """Tokens and licensing policy of every document, and how many documents hold each token."""
    documents = block.documents
    evidence = documents.column("reservations").to_pylist()
    tokens = [set(reserved_tokens(said)) for said in evidence]
    policies = [_own_policy(said) for said in evidence]
    spoken = set[int]()
    for page, said in _said_by_sites(sites, _pages_by_site(documents, evidence)):
        spoken.add(page.row)
        tokens[page.row] |= said.tokens
        policies[page.row] = policies[page.row] or said.tdm_policy
    columns = [
        documents.column("doc_id"),
        pa.array([sorted(found) for found in tokens], pa.list_(pa.string())),
        pa.array(policies, pa.string()),
    ]
    return pa.table(columns, schema=SCHEMA), {
        "reserved": sum(map(bool, tokens)),
        "without_site_files": documents.num_rows - len(spoken),
        "reservations": dict(sorted(Counter(name for found in tokens for name in {*map(_counted, found)}).items())),
        "with_tdm_policy": sum(policy is not None for policy in policies),
    }


def _pages_by_site(documents: pa.Table, evidence: Sequence[Any]) -> dict[str, list[Page]]:
    pages: dict[str, list[Page]] = {}
    times = seconds_of(documents.column("collected_at"))
    for row, (url, at) in enumerate(zip(documents.column("url").to_pylist(), times, strict=True)):
        if url and (found := target(url)):
            speaks = any(item["kind"].endswith(".tdm-reservation") for item in evidence[row])
            pages.setdefault(found.origin, []).append(Page(row, found.path, at, speaks))
    return pages


def _said_by_sites(sites: SiteFiles | None, pages: Mapping[str, Sequence[Page]]) -> Iterator[tuple[Page, Said]]:
    """Each page about whose site something is known, with what the site says of it."""
    if sites is None or not sites.files:
        return
    redirected: dict[str, list[tuple[Page, str]]] = {}
    for site, captures in sites.of(pages):
        for page in pages[site]:
            for path, found in captures.items():
                capture = captured(found, page.at)
                if 300 <= capture.status < 400:
                    redirected.setdefault(_twin(site), []).append((page, path))
                else:
                    yield page, _say(capture, page)
    for site, captures in sites.of(redirected):
        for page, path in redirected[site]:
            if path in captures:
                yield page, _say(captured(captures[path], page.at), page)


def captured(captures: Sequence[Capture], at: int | None) -> SiteFile:
    """The capture that counts for a page of that time; captures come in the order of time, those without one first."""
    dated = [capture for capture in captures if capture.at is not None]
    if not dated or at is None:
        return captures[-1].file
    return next((item.file for item in reversed(dated) if item.at is not None and item.at <= at), dated[0].file)


def _say(file: SiteFile, page: Page) -> Said:
    """A page's own word on TDM counts for more than its site's (TDMRep, processing priority)."""
    return Said() if file.path == TDMREP and page.speaks_of_tdm else file.say(page.path)


def _twin(site: str) -> str:
    return site.replace("http://", "https://", 1)


def _when(row: SiteRow) -> tuple[bool, int, int, str]:
    _, _, status, text, at = row
    return at is not None, at or 0, status, text


def _own_policy(evidence: Sequence[Mapping[str, str]]) -> str | None:
    """Where the page itself says its licensing policy stands; the page counts for more than its headers."""
    said = {item["kind"]: item["value"] for item in evidence if item["kind"].endswith(".tdm-policy")}
    return said.get("meta.tdm-policy") or said.get("http.tdm-policy")


def _counted(token: str) -> str:
    """A token as it is counted: agents that pages name are many, and those we do not know are one."""
    head, colon, agent = token.partition(":")
    return token if not colon or agent in COUNTED_AGENTS else f"{head}:other"
