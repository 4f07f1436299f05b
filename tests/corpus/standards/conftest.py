"""The facts of one small published mix with hostile words in it, and of the same mix where every source is crawled."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.facts import gather_facts
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library, prose, write_jsonl

# Each is a way out of some medium, or a flood.
HOSTILE = (
    "<script>alert(1)</script>",
    "right\u202eleft\u2066\u200f",
    "\x1b[31mred\x1b[0m\x07",
    "L" * 10_000_000,
    "'; DROP TABLE mixes; --",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "one\ntwo\r---\nlicense: mit\x00\x7f\x85",
    "{{7*7}} `x` | a **b** [c](d)",
)
MIX = Partition("mixed", "small@1")
RECIPES = {
    "sources/web.yaml": """
name: web
version: '1'
format: jsonl
location: {web}
title: Pages of the web
publisher: The Example Archive
homepage: https://example.org/web
license: CC-BY-4.0
license_evidence: stated on every page
collection_license: CC0-1.0
collection: {{method: crawl of pages that robots.txt admits, start: 2026-01-05, end: 2026-02-07}}
origin: natural
personal_data: possible
opt_out: https://example.org/opt-out
creators: [Ada, Grace]
columns: {{text: text, key: id, url: url, license: license}}
""",
    "sources/notes.yaml": """
name: notes
version: '1'
format: jsonl
location: {notes}
license: MIT
license_evidence: signed off by the tests
columns: {{text: text, key: id}}
""",
    "policies/plain.yaml": "name: plain\nrules:\n  - {{rule: content_words, min: 20}}\n",
    "corpora/small.yaml": "name: small\nversion: '1'\nmembers:\n  - {{source: web, policy: plain}}\n"
    "  - {{source: notes, policy: plain}}\n",
    "mixes/small.yaml": """
name: small
version: '1'
title: A small mix
seed: 7
budget: {{documents: 30}}
shard_words: 2000
components:
  - {{name: pages, corpus: small, weight: 2, sources: [web], languages: [en]}}
  - {{name: rest, corpus: small, weight: 1, sources: [notes]}}
""",
}


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    folder = tmp_path_factory.mktemp("standards")
    pages = [
        {"id": f"w{n}", "text": prose(n), "url": f"https://{'abc'[n % 3]}.site{n % 12}.org/{n}", "license": "CC-BY-4.0"}
        for n in range(24)
    ]
    locations = {
        "web": write_jsonl(folder / "web.jsonl", pages),
        "notes": write_jsonl(folder / "notes.jsonl", [{"id": f"n{n}", "text": prose(100 + n)} for n in range(12)]),
    }
    for name, text in RECIPES.items():
        path = folder / "recipes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**locations).lstrip(), encoding="utf-8")
    store = MemoryStore()
    library(store, folder / "recipes").build(Partition("published", MIX.key))
    return store


@pytest.fixture(scope="session")
def gathered(store: MemoryStore) -> dict[str, Any]:
    return gather_facts(store, MIX)


@pytest.fixture
def facts(gathered: dict[str, Any]) -> dict[str, Any]:
    """A copy to change."""
    return copy.deepcopy(gathered)


def poisoned(facts: dict[str, Any], word: str) -> dict[str, Any]:
    """Facts with a word in every place that a registry entry, a recipe or a manifest could put it."""
    found = copy.deepcopy(facts)
    found["mix"] |= {"title": word, "license": word, "access": word}
    for source in found["sources"]:
        free = ("title", "publisher", "homepage", "license", "notes", "personal_data", "opt_out", "access", "concluded")
        source |= dict.fromkeys((*free, "terms", "collection_license", "domain"), word)
        source["collection"] = dict.fromkeys(source["collection"], word)
        source["licenses"] = {word: 3}
        source["registered_creators"] = [word]
    for row in (*found["licenses"], *found["gate"]["excluded"]):
        row["license"] = word
    for component in found["mix"]["recipe"]["components"]:
        component["where"] = word
    found["languages"] = {word: 30}
    for row in found["crawled"]["listed"]:
        row["domain"] = word
    return found


def strings_in(value: Any) -> list[str]:
    """Every string of a document, keys too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in strings_in(part)]
    return [text for item in value for text in strings_in(item)] if isinstance(value, list) else []


def read(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


@pytest.fixture
def folder(tmp_path: Path, store: MemoryStore, gathered: dict[str, Any]) -> Path:
    """The exports of the mix where `florilegium fetch` would put them beside their documents."""
    for file in gathered["exports"]:
        path = tmp_path / file["format"] / file["name"]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(store.get(file["path"]))
    return tmp_path
