"""Golden version ids: when one changes, the output of its stage changed, and its CODE_VERSION must change with it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import documents, library, prose, write_jsonl, write_recipes

GOLDEN = {
    "deduplicated/notes@dev": "13d7a3e50c2d1b6d",
    "families/notes@dev": "2548a020011a5215",
    "filtered/notes@dev+plain": "b95ba05e570b3756",
    "fingerprints/notes@dev": "0687d22491317a06",
    "licensed/notes@dev": "1ac5033e01ad6d42",
    "mixed/notes@dev": "d352563da8eb5e43",
    "published/notes@dev": "4fa94caef0ea0e35",
    "signals/notes@dev/counts": "debb7b9f173857f2",
    "signals/notes@dev/language": "ba38f1a3c99fd146",
    "snapshots/notes@dev": "8ce6f03747cddd0a",
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
