"""What people type, and what of it is understood as a facet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.catalog.facets import FIRST, LAST, PHRASES, Facet, understood
from dagster_project.corpus.licenses.table import table


def facets(text: str) -> list[tuple[str, object]]:
    query = understood(text)
    assert not query.words, query
    assert not any(facet.turned for facet in query.facets)
    return [(facet.kind, facet.value) for facet in query.facets]


def test_the_example() -> None:
    query = understood("german law, permissive, after 2020")
    assert query.facets == (Facet("language", "de"), Facet("class", "permissive"), Facet("years", (2021, LAST)))
    assert query.words == ("law",)
    assert str(query) == "language de (German) · class permissive · from 2021 · words law"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Deutsch", [("language", "de")]),
        ("de fra", [("language", "de"), ("language", "fr")]),
        ("pt-BR", [("language", "pt-BR")]),
        ("Tiếng Việt", [("language", "vi")]),
        ("it", [("language", "it")]),
        ("language no", [("language", "no")]),
        ("public domain", [("class", "public-domain")]),
        ("Share Alike share-alike sharealike", [("class", "share-alike")]),
        ("non-commercial", [("class", "non-commercial")]),
        ("unknown", [("class", "unknown")]),
        ("commercial attribution", [("terms", "commercial use"), ("terms", "attribution")]),
        ("MIT, CC-BY-SA-4.0", [("license", "MIT"), ("license", "CC-BY-SA-4.0")]),
        ("gated", [("access", "gated")]),
        ("synthetic; synthetic access", [("origin", "synthetic"), ("access", "synthetic")]),
        ("after 2020", [("years", (2021, LAST))]),
        ("since 2020", [("years", (2020, LAST))]),
        ("before 2019", [("years", (FIRST, 2018))]),
        ("until 2019", [("years", (FIRST, 2019))]),
        ("in 2020", [("years", (2020, 2020))]),
        ("2018-2020", [("years", (2018, 2020))]),
        ("2020–2018", [("years", (2018, 2020))]),
        ("2018 to 2020", [("years", (2018, 2020))]),
        ("between 2018 and 2020", [("years", (2018, 2020))]),
        ("with urls with math", [("with", "url"), ("with", "math")]),
        ("", []),
        (" ,;, ", []),
    ],
)
def test_facets(text: str, found: list[tuple[str, object]]) -> None:
    assert facets(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("is it so", ["it", "so"]),
        ("mit vim Ruby", ["mit", "vim", "ruby"]),
        ("public, domain-specific", ["domain", "specific"]),
        ('"public domain" "german"', ["public", "domain", "german"]),
        ("2020", ["2020"]),
        ("texts of the sea", ["sea"]),
        ("sea, SEA", ["sea"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(understood(text).words) == words


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("not unknown", Facet("class", "unknown", turned=True)),
        ("without urls", Facet("with", "url", turned=True)),
        ("not without urls", Facet("with", "url")),
        ("without boilerplate", Facet("word", "boilerplate", turned=True)),
        ("not german", Facet("language", "de", turned=True)),
    ],
)
def test_turned_around(text: str, facet: Facet) -> None:
    assert understood(text) == ((facet,), ())


def test_every_class_of_the_license_table_is_a_facet() -> None:
    for name in table().classes:
        assert facets(name) == facets(name.replace("-", " ")) == [("class", name)]


def test_every_phrase_of_the_table_is_recognized() -> None:
    for phrase, (kind, value) in PHRASES.items():
        (facet,) = understood(phrase).facets
        assert (facet.kind, facet.value, facet.turned) == (kind, value.removeprefix("-"), value.startswith("-"))


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    assert isinstance(str(understood(text)), str)


def test_a_long_query_is_quick() -> None:
    assert len(understood('"' * 1_000_000).words) == 0
    assert understood("after " * 1_000_000).facets == ()
