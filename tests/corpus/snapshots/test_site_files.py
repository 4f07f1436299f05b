"""Site files are gathered over a snapshot: each once, in one order, whatever tasks they were read by."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.documents import SITE_FILES, SiteRow
from dagster_project.corpus.snapshots import site_files
from dagster_project.corpus.snapshots.site_files import Gathered, Sites, gather_sites
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard

ROW = st.tuples(
    st.sampled_from(["http://a.test", "https://b.test"]),
    st.sampled_from(["/robots.txt", "/ai.txt"]),
    st.sampled_from([200, 404]),
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.none() | st.integers(0, 2),
)


def gathered(parts: Sequence[Sequence[SiteRow]]) -> tuple[Gathered, list[SiteRow]]:
    """What comes of rows that came in these parts, and the rows as they lie."""
    store = MemoryStore()
    files = []
    for rows in parts:
        sites = Sites(store, "public")
        for row in rows:
            sites.add(
                pa.RecordBatch.from_arrays(
                    [pa.array([v], f.type) for v, f in zip(row, SITE_FILES, strict=True)], schema=SITE_FILES
                )
            )
        sites.flush()
        files += sites.files
    work = Work(store, LocalEngine(1), "snapshots", SITE_FILES, "1", {}, ())
    found = gather_sites(work, files)
    rows = [tuple(row.values()) for file in found.files for row in read_shard(store, file).to_pylist()]
    return found, [(*row[:4], row[4] and int(row[4].timestamp())) for row in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(ROW, max_size=12), st.integers(1, 5))
def test_parts_do_not_matter_and_each_stands_once(rows: list[SiteRow], parts: int) -> None:
    one, lying = gathered([rows])
    many, also = gathered([rows[index::parts] for index in range(parts)])
    assert (one.rows, one.digest) == (many.rows, many.digest)
    assert lying == also
    assert len(lying) == one.rows == len({*rows})
    assert [row[:2] for row in lying] == sorted(row[:2] for row in lying)


def test_more_than_a_run_is_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[SiteRow] = [(f"http://{n % 7}.test", "/robots.txt", 200, f"{n}" * 50, n) for n in range(200)]
    whole, _ = gathered([rows])
    monkeypatch.setattr(site_files, "RUN_BYTES", 1_000)
    split, lying = gathered([rows[:120], rows[120:]])
    assert split.digest == whole.digest
    assert len(split.files) > 10
    assert len(lying) == 200
