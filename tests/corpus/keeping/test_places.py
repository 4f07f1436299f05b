"""Every place that the code writes to has a kind, and near misses have none."""

from __future__ import annotations

import pytest

from dagster_project.corpus.keeping.places import PLACES, UNKNOWN, place_of
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.keeping.aging import paths

ID = "0f" * 32
EXAMPLES = {
    f"data/public/sha256/0f/{ID}.parquet": "data",
    f"data/restricted/sha256/0f/{ID}.jsonl.zst": "data",
    f"manifests/{ID}.json": "manifests",
    f"builds/{ID}.json": "builds",
    "refs/mixed/m@1/00000001.json": "refs",
    "refs/filtered/m@1+gopher/00000001.json": "refs",
    "refs/signals/m@1/quality.v1/00000001.json": "refs",
    f"replacements/{ID}.json": "replacements",
    "takedowns/00000001.json": "takedowns",
    "erasures/00000001.json": "erasures",
    "cleared/00000001.json": "cleared",
    f"asked/{'0f' * 16}/00000001.json": "asked",
    f"statements/{ID}/00000001.json": "statements",
    "sweeps/00000001.json": "sweeps",
    f"probes/{'0f' * 8}.json": "probes",
    f"catalog/indexes/{ID}/doc_id.parquet": "indexes",
    f"catalog/portraits/{ID}/header.json": "portraits",
    f"catalog/tables/{ID}/objects.parquet": "catalog",
    f"catalog/merged/mixed.doc_id/{ID}/versions": "catalog",
    "scratch/exchange/00/x": "scratch",
}
STRANGE = [
    "x", "data/x", f"data/public/sha256/aa/{ID}.parquet", f"data/public/sha256/0f/{ID}", f"manifests/{ID}.json.bak",
    f"manifests/{ID[:-1]}.json", "refs/mixed/00000001.json", "refs/none/m@1/00000001.json", "refs/mixed/m@1/1.json",
    f"catalog/{ID}/x", f"catalog/tables/{ID}", "scratch", f"more/builds/{ID}.json", f"builds/{ID.upper()}.json",
]  # fmt: skip


@pytest.mark.parametrize(("path", "kind"), EXAMPLES.items())
def test_each_kind_is_known(path: str, kind: str) -> None:
    assert place_of(path).kind == kind


def test_every_kind_has_an_example() -> None:
    assert {*EXAMPLES.values()} == {*PLACES}


@pytest.mark.parametrize("path", STRANGE)
def test_what_is_only_like_one_is_unknown(path: str) -> None:
    assert place_of(path).kind == UNKNOWN


def test_what_a_path_says() -> None:
    assert place_of("refs/signals/m@1/quality/00000012.json")[1:] == ("", 12, "signals/m@1/quality")
    assert place_of(f"statements/{ID}/00000003.json")[1:] == (ID, 3, "")
    assert place_of(f"data/public/sha256/0f/{ID}.parquet").id == ID


def test_a_mix_in_every_format_writes_nothing_unknown(rich: MemoryStore) -> None:
    assert [path for path in paths(rich) if place_of(path).kind == UNKNOWN] == []
