"""Who stays of a family, decided again: for documents that stand alone from their own verdict, for copies by gathering
their whole family. Of corpora that stand on another one only the former: what earlier layers decided is part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.deduplication.choices import choose
from dagster_project.corpus.deduplication.decisions import SCHEMA, decision_of, member_of
from dagster_project.corpus.deduplication.survivors import DATES
from dagster_project.corpus.lineage.walk import inputs_of
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.takedowns.entries import SCOPES
from dagster_project.corpus.verification.remaking import Remake, looked_up

READ = {
    "families": ["doc_id", "family", "family_size", "same_text", "edges"],
    "filtered": ["keep"],
    "licensed": ["license", "license_class", "license_kind", "license_rule", "license_findings"],
    "signals": ["characters"],
    "snapshots": [*DATES, "parents"],
    "deduplicated": ["status", "kind"],
}
Row = dict[str, Any]


class Place(NamedTuple):
    """A shard of a corpus, by its number, and a row of it."""

    shard: int
    row: int


class Corpus:
    """The tables of one version of a corpus, side by side."""

    def __init__(self, task: Remake):
        self.store, self.manifest = task.store, task.manifest
        (self.families,) = inputs_of(task.store, task.manifest, "families")
        tables = {stage: inputs_of(task.store, task.manifest, stage) for stage in ("filtered", "licensed", "signals")}
        tables["snapshots"] = [s for item in tables["filtered"] for s in inputs_of(task.store, item, "snapshots")]
        self.files: Mapping[str, Mapping[str, File]] = {
            stage: {file.documents or file.sha256: file for item in items for file in item.files}
            for stage, items in {**tables, "families": [self.families], "deduplicated": [task.manifest]}.items()
        }
        self.sources: list[str] = list(dict.fromkeys(task.manifest.facts["sources"]))

    def rows(self, shard: int, rows: list[int]) -> list[Row]:
        """All that decides, of some rows of a shard."""
        documents = self.manifest.files[shard].documents
        columns = {
            name: column
            for stage, names in READ.items()
            for name, column in zip(
                names, read_rows(self.store, self.files[stage][documents], rows, names), strict=True
            )
        }
        table = pa.table(columns)
        dates = pc.coalesce(*(table.column(name) for name in DATES)).cast(pa.int64()).to_pylist()
        found: list[Row] = table.to_pylist()
        for row, date in zip(found, dates, strict=True):
            is_out, kind = row.pop("status") == "withdrawn", row.pop("kind")
            row |= {
                "date": date,
                "parent": row["parents"][0]["doc_id"] if row["parents"] else None,
                "source": self.sources.index(self.manifest.facts["sources"][shard]),
                "scope": SCOPES.index(kind) if is_out else -1,  # as the register had it then
            }
        return found


def decided_again(task: Remake) -> tuple[list[int], pa.Table]:
    """The rows of some documents as their families decide them, and which of the documents asked for these are: not
    those with whom an earlier layer decides."""
    corpus = Corpus(task)
    number = next(n for n, file in enumerate(task.manifest.files) if file.documents == task.shard)
    own = corpus.rows(number, list(task.rows))
    is_layered = bool(inputs_of(task.store, task.manifest, "deduplicated"))
    chosen = [at for at, row in enumerate(own) if not (is_layered and row["family"])]
    families = _families(corpus, sorted({own[at]["family"] for at in chosen} - {None}))
    source = corpus.manifest.facts["sources"][number]
    found = [
        _decided(corpus, families[row["family"]], row, source) if row["family"] else _alone(row)
        for row in (own[at] for at in chosen)
    ]
    return chosen, pa.Table.from_pylist([{name: row.get(name) for name in SCHEMA.names} for row in found], SCHEMA)


def _families(corpus: Corpus, leaders: list[bytes]) -> dict[bytes, list[Row]]:
    """The members of families."""
    places = {
        place for found in looked_up(corpus.store, corpus.families, "family", leaders).values() for place in found
    }
    families: dict[bytes, list[Row]] = {leader: [] for leader in leaders}
    for shard in sorted({shard for shard, _ in places}):
        for row in corpus.rows(shard, sorted(row for at, row in places if at == shard)):
            if row["family"] in families:
                families[row["family"]].append(row)
    return families


def _decided(corpus: Corpus, members: list[Row], row: Row, source: str) -> Row:
    recipe = corpus.manifest.identity.recipe
    choice = choose(
        [member_of(member) for member in members],
        recipe["prefer"],
        corpus.sources,
        keeps_variants=recipe.get("variants") == "keep",
    )
    return decision_of(row, source, choice)


def _alone(row: Row) -> Row:
    status = "rejected" if not row["keep"] else "withdrawn" if row["scope"] >= 0 else "survivor"
    survivor = row["doc_id"] if status == "survivor" else None
    kind = SCOPES[row["scope"]] if status == "withdrawn" else None
    return {**row, "status": status, "survivor": survivor, "kind": kind, "similarity": None, "license": row["license"]}
