"""Golden version ids: when one changes, the output of its stage changed, and its CODE_VERSION must change with it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import documents, library, prose, write_jsonl, write_recipes

GOLDEN = {
    "deduplicated/notes@dev": "fd0611382145f490",
    "families/notes@dev": "1e07c1a6b7ac6d22",
    "filtered/notes@dev+plain": "8e75d98626c67fd0",
    "fingerprints/notes@dev": "cdf53a9d9ddf6fe4",
    "licensed/notes@dev": "d5fdf6f2a22ddcdc",
    "mixed/notes@dev": "e8810c8dba875ba9",
    "published/notes@dev": "caf3c832648cc600",
    "signals/notes@dev/counts": "79173381f6ba7322",
    "signals/notes@dev/language": "71a8b88cdec277a8",
    "snapshots/notes@dev": "c49fe42561ce9947",
}


def test_output_changes_only_with_a_code_version(tmp_path: Path) -> None:
    rows = [*documents(30), *({"text": prose(n), "license": "Apache-2.0"} for n in (1, 2, 2, 70))]
    rows += [
        {
            "id": "ünï",
            "text": "Straße 東京 ٣٤٥ naïve café… “quoted” 1,234.5 don't stop.\n" * 6,
            "license": "CC BY-SA 4.0",
        }
    ]
    store = MemoryStore()
    library(store, write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))).build(
        Partition("published", "notes@dev")
    )
    found = {str(item): refs.resolve(store, item)[:16] for item in refs.published(store)}
    changed = sorted(name for name in found if found[name] != GOLDEN.get(name))
    assert not changed, f"the output of {changed} changed: bump CODE_VERSION there, then take over {found}"
