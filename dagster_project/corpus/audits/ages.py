"""How old the documents of a mix are, how well their dates are known, and which dates cannot be.

Evaluation suffers where the dates of a corpus lie far from those that a model is asked about, and fine-tuning does not
mend it (Longpre et al. 2023, A Pretrainer's Guide, arXiv:2305.13169).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.audits.holdings import Numbers, Progress, Shard, held_shards, shards_of, watched
from dagster_project.corpus.audits.phrases import PhraseList, mentions_by_block
from dagster_project.corpus.audits.texts import held_texts
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.dates import CONFIDENCE, DAY
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

DATES = ("published", "collected")
AMOUNTS = ("documents", "members", "words")
WEB = 7888  # the day of the first public web site, 1991-08-06, counted from 1970-01-01
UNKNOWN = np.iinfo(np.int32).min  # in the place of a day
ALL = "all sources"
YEARS = PhraseList(*zip(*((str(year), (str(year),)) for year in range(1900, 2100)), strict=True))
DAYS = pa.schema(
    [
        ("source", pa.string()),
        ("date", pa.string()),  # one of DATES
        ("confidence", pa.string()),
        ("day", pa.int32()),  # from 1970-01-01; UNKNOWN
        ("documents", pa.int64()),
        ("members", pa.int64()),  # copies and all
        ("words", pa.int64()),  # of the members
    ]
)
ANACHRONISMS = {
    "published after it was collected": "by more than a day",
    "evidence that was not believed": "something in it says that it was published after it was collected",
    "web page from before the web": "it has a web address and was published before 1991-08-06",
    "names later years": "its text names a year after that of its publication",
}


@dataclass(frozen=True)
class Ages:
    """What a mix holds by source, kind of date, confidence and day (DAYS), documents of each source by ANACHRONISMS;
    of those that name later years None where nobody looked."""

    days: pa.Table
    anachronisms: dict[str, dict[str, int | None]]


class AgeTask(NamedTuple):
    """One documents shard; whether its texts are searched for years."""

    store: Store
    shard: Shard
    years: bool


class Aged(NamedTuple):
    """The same of one shard."""

    source: str
    days: pa.Table
    anachronisms: tuple[int, ...]  # in the order of ANACHRONISMS


def ages_of(store: Store, engine: Engine, mixed: Manifest, *, years: bool = False, progress: Progress) -> Ages:
    """The dates of everything that a version of a mix holds; with `years` texts are read, too."""
    days, found = DAYS.empty_table(), dict[str, list[int]]()
    tasks = (AgeTask(store, shard, years) for shard in held_shards(store, mixed))
    for aged in watched(engine.map(age, tasks), len(shards_of(store, mixed)), progress):
        days = _summed(pa.concat_tables([days, aged.days]))
        counts = found.setdefault(aged.source, [0] * len(ANACHRONISMS))
        found[aged.source] = [one + more for one, more in zip(counts, aged.anachronisms, strict=True)]
    looked = [True, True, True, years]
    told = {
        source: {name: count if was else None for name, count, was in zip(ANACHRONISMS, counts, looked, strict=True)}
        for source, counts in sorted(found.items())
    }
    return Ages(days, told)


def age(task: AgeTask) -> Aged:
    """The dates of one shard."""
    rows, members, words = _by_row(task.shard)
    names = ["doc_id", "url", "date_evidence", *(f"{date}_{of}" for date in DATES for of in ("at", "confidence"))]
    whole = read_shard(task.store, task.shard.file, [*names, *(["text"] if task.years else [])])
    documents = whole.take(pa.array(rows))
    days = {date: _days(documents.column(f"{date}_at")) for date in DATES}
    tables = [
        pa.table(
            {
                "source": pa.repeat(task.shard.source, len(rows)),
                "date": pa.repeat(date, len(rows)),
                "confidence": documents.column(f"{date}_confidence"),
                "day": pa.array(days[date]),
                "documents": pa.array(np.ones(len(rows), np.int64)),
                "members": pa.array(members),
                "words": pa.array(words),
            },
            schema=DAYS,
        )
        for date in DATES
    ]
    later = _naming_later_years(task, whole, rows, days["published"]) if task.years else 0
    return Aged(task.shard.source, _summed(pa.concat_tables(tables)), (*_impossible(documents, days), later))


def _by_row(shard: Shard) -> tuple[Numbers, Numbers, Numbers]:
    """The documents of a shard that the mix holds in any form: rows, members and words."""
    every = [np.concatenate([getattr(held, name) for held in shard.held]) for name in ("rows", "members", "words")]
    rows, place = np.unique(every[0], return_inverse=True)
    members, words = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    np.add.at(members, place, every[1])
    np.add.at(words, place, every[2])
    return rows, members, words


def _days(moments: pa.ChunkedArray) -> NDArray[np.int32]:
    seconds = pc.fill_null(moments.cast(pa.int64()), UNKNOWN * DAY).to_numpy()
    days: NDArray[np.int32] = (seconds // DAY).astype(np.int32)
    return days


def _impossible(documents: pa.Table, days: dict[str, NDArray[np.int32]]) -> tuple[int, int, int]:
    published, collected = (days[date] for date in DATES)
    known = (published != UNKNOWN) & (collected != UNKNOWN)
    from_web = pc.fill_null(pc.starts_with(documents.column("url"), "http"), False).to_numpy(zero_copy_only=False)
    return (
        int((known & (published > collected.astype(np.int64) + 1)).sum()),
        _unbelieved(documents, collected),
        int(((published != UNKNOWN) & (published < WEB) & from_web).sum()),
    )


def _unbelieved(documents: pa.Table, collected: NDArray[np.int32]) -> int:
    """Documents with evidence that they were published after they were collected."""
    evidence = documents.column("date_evidence").combine_chunks()
    parents, said = pc.list_parent_indices(evidence).to_numpy(), evidence.flatten()
    is_published = pc.equal(said.field("date"), "published").to_numpy(zero_copy_only=False)
    days = _days(pa.chunked_array([said.field("at")]))
    at = collected[parents].astype(np.int64)
    return len(np.unique(parents[is_published & (at != UNKNOWN) & (days != UNKNOWN) & (days > at + 1)]))


def _naming_later_years(task: AgeTask, whole: pa.Table, rows: Numbers, published: NDArray[np.int32]) -> int:
    """Documents of which a text names a later year than that in which they were published."""
    found = set[int]()
    for held in task.shard.held:
        texts = held_texts(task.store, whole.select(["doc_id", "text"]), held)
        days = published[np.searchsorted(rows, held.rows)]
        year = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        for part in mentions_by_block(texts, YEARS):
            is_later = (part.phrases + int(YEARS.names[0]) > year[part.rows]) & (days[part.rows] != UNKNOWN)
            found.update(held.rows[part.rows[is_later]].tolist())
    return len(found)


def _summed(days: pa.Table) -> pa.Table:
    keys = [name for name in DAYS.names if name not in AMOUNTS]
    grouped = days.group_by(keys).aggregate([(name, "sum") for name in AMOUNTS])
    columns = [grouped.column(name if name in keys else f"{name}_sum") for name in DAYS.names]
    return pa.table(columns, schema=DAYS).sort_by([(name, "ascending") for name in keys])


# What is said of it.


class Median(NamedTuple):
    """Half of what has a date is as old or older than the day; its share of everything has none."""

    day: int | None
    unknown: float


def median_of(days: pa.Table, source: str, date: str, amount: str) -> Median:
    """Of one source or ALL, by documents, members or words."""
    chosen = of_source(days, source, date)
    at, counts = chosen.column("day").to_numpy(), chosen.column(amount).to_numpy()
    known = at != UNKNOWN
    total = int(counts[known].sum())
    unknown = round(1 - total / max(1, int(counts.sum())), 6)
    if not total:
        return Median(None, unknown)
    order = np.argsort(at[known], kind="stable")
    place = int(np.searchsorted(2 * np.cumsum(counts[known][order]), total))
    return Median(int(at[known][order][place]), unknown)


def of_source(days: pa.Table, source: str, date: str) -> pa.Table:
    chosen = days.filter(pc.equal(days.column("date"), date))
    return chosen if source == ALL else chosen.filter(pc.equal(chosen.column("source"), source))


def sources_of(days: pa.Table) -> list[str]:
    """ALL, then each source."""
    return [ALL, *sorted(set(days.column("source").to_pylist()))]


def periods(days: pa.Table, source: str, date: str, quarters: bool = False) -> list[dict[str, Any]]:
    """By year, or quarter, and confidence: {period, documents, members, words, by_confidence: words}; last what has no
    date."""
    found: dict[str, dict[str, Any]] = {}
    for row in of_source(days, source, date).to_pylist():
        name = period_of(row["day"], quarters)
        counts = found.setdefault(name, {"period": name, **dict.fromkeys(AMOUNTS, 0), "by_confidence": {}})
        for amount in AMOUNTS:
            counts[amount] += row[amount]
        by = counts["by_confidence"]
        by[row["confidence"]] = by.get(row["confidence"], 0) + row["words"]
    for counts in found.values():
        said = counts["by_confidence"]
        counts["by_confidence"] = {name: said[name] for name in CONFIDENCE if name in said}
    return sorted(found.values(), key=_unknown_last)


def period_of(day: int, quarters: bool = False) -> str:
    if day == UNKNOWN:
        return "unknown"
    said = date_of(day)
    return f"{said[:4]}-Q{(int(said[5:7]) + 2) // 3}" if quarters else said[:4]


def date_of(day: int) -> str:
    """2026-11-22"""
    return str(np.datetime64(day, "D"))


def newest(days: pa.Table, dates: Iterable[str] = ("collected", "published")) -> int | None:
    """The latest day of the first kind of date of which any is known."""
    for date in dates:
        at = of_source(days, ALL, date).column("day").to_numpy()
        if len(at) and int(at.max()) != UNKNOWN:
            return int(at.max())
    return None


def after(days: pa.Table, target: int) -> int:
    """Documents that were published after a day."""
    published = of_source(days, ALL, "published")
    return int(published.column("documents").to_numpy()[published.column("day").to_numpy() > target].sum())


def _unknown_last(counts: dict[str, Any]) -> tuple[bool, str]:
    return counts["period"] == "unknown", counts["period"]
