"""A small mix with hostile words everywhere that data can put them, built once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library, prose, write_jsonl

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% raw %}",
    "$\\alpha$ `code` | pipe",
    "\x1b[31mred\x1b[0m",
    "right\u202eleft",
    "nul\0byte\nnext line",
    "T" * 1_000_000,
    "javascript:alert(1)",
    "</style></title><svg onload=alert(1)>",
)
MIX = Partition("mixed", "hostile@dev")

SOURCE = """
name: hostile
title: "<script>alert(1)</script> \\u202E {{{{7*7}}}}"
publisher: "\\"><img src=x onerror=alert(1)> $\\\\alpha$"
homepage: "https://example.org/'onclick='alert(1)"
license_evidence: "| `x` </style>"
notes: "**bold** [link](javascript:alert(1))"
format: jsonl
location: {location}
max_bad_records: 0.9
columns: {{text: text, key: id, license: license, title: title, url: url}}
"""
PLAIN = """
name: plain
format: jsonl
location: {location}
license: CC-BY-SA-4.0
license_evidence: stated on every page
homepage: https://example.org/plain
columns: {{text: text, key: id}}
"""
OTHERS = {
    "policies/plain.yaml": "name: plain\nrules:\n  - {rule: content_words, min: 20}\n  - {rule: stop_words, min: 2}\n",
    "corpora/hostile.yaml": "name: hostile\nmembers:\n  - {source: hostile, policy: plain}\n"
    "  - {source: plain, policy: plain}\n",
    "mixes/hostile.yaml": """
name: hostile
budget: {documents: 40}
components:
  - {name: all, corpus: hostile, weight: 3, max_epochs: 3}
  - {name: again, corpus: hostile, weight: 1, sources: [plain], languages: [en]}
licenses: {allow: [permissive, share-alike, unknown], deny: [ISC]}
""",
}


def hostile_rows() -> list[dict[str, Any]]:
    """Hostile titles, URLs and licenses; a copy of another source's text; one under a license that the mix refuses."""
    rows = [
        {"id": f"h{n}", "text": prose(n), "title": word, "url": _url(word), "license": word[:300]}
        for n, word in enumerate(HOSTILE)
    ]
    rows += [{"id": "copy", "text": prose(100), "title": "A copy", "license": "MIT"}]
    rows += [{"id": "kept out", "text": prose(50), "license": "ISC"}, {"id": "short", "text": "too short"}]
    return [
        *rows,
        {"id": "mit", "text": prose(51), "license": "MIT", "title": "MIT work", "url": "https://example.org/x"},
    ]


def _url(word: str) -> str:
    return word if word.startswith("javascript") else f"https://example.org/{word}"


@pytest.fixture(scope="session")
def hostile_store(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    return built(tmp_path_factory.mktemp("hostile"), hostile_rows())


def built(folder: Path, rows: Sequence[dict[str, Any]]) -> MemoryStore:
    """The mix, published to a store in memory."""
    hostile = write_jsonl(folder / "hostile.jsonl", rows)
    hostile.write_text(hostile.read_text() + "{broken\n")
    plain = write_jsonl(folder / "plain.jsonl", [{"id": f"p{n}", "text": prose(100 + n)} for n in range(12)])
    texts = {
        "sources/hostile.yaml": SOURCE.format(location=hostile),
        "sources/plain.yaml": PLAIN.format(location=plain),
    }
    for name, text in {**texts, **OTHERS}.items():
        path = folder / "recipes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    store = MemoryStore()
    library(store, folder / "recipes").build(Partition("published", MIX.key))
    return store
