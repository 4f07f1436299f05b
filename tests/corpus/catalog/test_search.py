"""Facets filter, words rank, and what was left out is counted by condition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dagster_project.corpus.catalog.measured import Entry, Measured
from dagster_project.corpus.catalog.search import Found, rows_of, search
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.model.recipes import CollectionRecipe, SourceRecipe


def manifest(stage: str, rows: int, profile: Mapping[str, Any]) -> Manifest:
    identity = Identity(stage, (), {}, "1", (), "digest")
    return Manifest(identity, (), (File("path", "sha", 1, rows),), profile)


def measured(
    rows: int, languages: Mapping[str, int], licenses: Mapping[str, int], classes: Mapping[str, int]
) -> Measured:
    counted = [
        {
            "language": language,
            "documents": documents,
            "words": documents * 100,
            "published_years": [{"year": 2015, "documents": documents}, {"year": None, "documents": 1}],
            "collected_years": [{"year": 2024, "documents": documents}],
        }
        for language, documents in languages.items()
    ]
    profile = {"with_url": 7, "published": {"unknown": rows - 5}, "structure": {"table": 3, "math": 1}}
    licensed = manifest("licensed", rows, {"licenses": licenses, "classes": classes, "kinds": {}})
    return Measured(
        "x@dev", manifest("snapshots", rows, profile), 0.0, licensed, manifest("statistics", 1, {}), counted
    )


CLASSES = {"permissive": 600, "non-commercial": 400}
ENTRIES = [
    Entry(
        SourceRecipe(
            "bgh", "html", title="Decisions of the Federal Court", publisher="Bundesgerichtshof", domain="law",
            languages=("de",), license="CC0-1.0", notes="law and more law",
            collection=CollectionRecipe("crawl", "2021-01-01", "2022-12-31"),
        )
    ),
    Entry(
        SourceRecipe(
            "eurlex", "warc", title="European law", languages=("de-DE", "fr"), license="CC-BY-4.0", access="gated",
            collection=CollectionRecipe("crawl", "2018-01-01", "2019-12-31"),
        )
    ),
    Entry(
        SourceRecipe("news", "warc", title="News about law", languages=("en",), origin="synthetic"),
        measured(1000, {"en": 990, "fr": 9, "de": 1}, {"MIT": 600, "CC-BY-NC-4.0": 400}, CLASSES),
    ),
    Entry(SourceRecipe("poems", "jsonl", title="Poems")),
]  # fmt: skip


def names(text: str) -> list[str]:
    return [hit.entry.recipe.name for hit in search(ENTRIES, text).hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("german", ["bgh", "eurlex"]),  # one document in a thousand of `news` is taken for a mistake
        ("french", ["eurlex"]),
        ("de-DE", ["eurlex"]),
        ("english", ["news"]),
        ("german, after 2020", ["bgh"]),
        ("before 2020", ["eurlex", "news"]),  # by the registry, and by what was measured
        ("in 2024", []),  # collected then, but published earlier
        ("permissive", ["eurlex", "news"]),
        ("public domain", ["bgh"]),
        ("non-commercial", ["news"]),
        ("commercial", ["bgh", "eurlex", "news"]),
        ("attribution", ["eurlex", "news"]),
        ("unknown", ["poems"]),
        ("not unknown", ["bgh", "eurlex", "news"]),
        ("CC-BY-4.0", ["eurlex"]),
        ("gated", ["eurlex"]),
        ("synthetic", ["news"]),
        ("with urls", ["news"]),
        ("with tables with math with dates", ["news"]),
        ("with code", []),
        ("without urls", ["bgh", "eurlex", "poems"]),
        ("law", ["bgh", "eurlex", "news"]),
        ("law not news", ["bgh", "eurlex"]),
        ("bundesgerichtshof", ["bgh"]),
        ("cc0", ["bgh"]),  # the registered license is words, too
        ("noassertion", []),
        ('"german"', ["bgh", "eurlex"]),  # the name of a registered language is a word, too
        ("", ["bgh", "eurlex", "news", "poems"]),
    ],
)
def test_what_is_found(text: str, found: list[str]) -> None:
    assert sorted(names(text)) == found


def test_the_best_come_first_and_equal_ones_by_name() -> None:
    assert names("law") == ["bgh", "news", "eurlex"]  # twice in a text, then once in a shorter one
    assert names("european law")[0] == "eurlex"
    assert names("") == ["bgh", "eurlex", "news", "poems"]
    assert [hit.score for hit in search(ENTRIES, "").hits] == [0, 0, 0, 0]
    twins = [Entry(SourceRecipe(name, "jsonl", title="law")) for name in ("b", "c", "a")]
    assert [hit.entry.recipe.name for hit in search(twins, "law").hits] == ["a", "b", "c"]


def test_why() -> None:
    (hit,) = search(ENTRIES, "english law, permissive, commercial, before 2016, with urls").hits
    assert hit.why == (
        "en: 990 documents", "permissive: 600 documents", "commercial use: 600 documents",
        "published 2015: 1,000 documents", "7 urls", "law",
    )  # fmt: skip
    (hit,) = search(ENTRIES, "de law after 2020").hits
    assert hit.why == ("de as registered", "collected, as registered, 2021–2022", "law")


def test_nothing_found_says_what_left_out_how_many() -> None:
    found = search(ENTRIES, "french poems, after 2020")
    assert found.hits == ()
    assert found.excluded == (("language fr (French)", 3), ("from 2021", 3), ("the words", 3))
    said = "nothing found among 4 sources: left out are 3 by language fr (French), 3 by from 2021, 3 by the words"
    assert found.sentence() == said
    assert search([], "law").sentence() == "nothing found among 0 sources"
    assert search(ENTRIES, "law").sentence() == "3 of 4 sources"


def test_rows_are_plain_data_and_no_order_of_entries_matters() -> None:
    def told(found: Found) -> str:
        return json.dumps(list(rows_of(found.hits)))

    rows = json.loads(told(search(ENTRIES, "law")))
    assert told(search(ENTRIES[::-1], "law")) == told(search(ENTRIES, "law"))
    assert rows[1] | {"score": None, "snapshot": None} == {
        "name": "news", "key": "news@dev", "title": "News about law", "why": ["law"], "license": "NOASSERTION",
        "licenses": {"MIT": 600, "CC-BY-NC-4.0": 400}, "languages": {"en": 990, "fr": 9, "de": 1}, "documents": 1000,
        "words": 100_000, "years": {"from": 2015, "to": 2015, "of": "published"}, "access": "public", "score": None,
        "snapshot": None,
    }  # fmt: skip
    assert rows[0]["years"] == {"from": 2021, "to": 2022, "of": "collection"}
