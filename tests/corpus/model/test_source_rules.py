"""The registry fields of a source: what each allows, and what a refusal says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model import source_rules
from dagster_project.corpus.model.errors import RecipeError
from dagster_project.corpus.model.reading import read_recipe
from dagster_project.corpus.model.recipes import CollectionRecipe

GOOD = {
    "homepage": ["https://example.org", "http://localhost:8801/a?b=c#d", "https://münchen.example/ü"],
    "contact": ["https://example.org/contact", "jane@example.org", "a.b+c@sub.example.org"],
    "opt_out": ["https://example.org/opt-out", "legal@example.org"],
    "base_url": ["https://example.org/", "http://handbook.test:8801/docs/"],
    "country": ["DE", "'NO'"],
    "languages": ["[de, pt-BR, zh-Hant-TW]", "[und, mul, sr-Latn-RS, sl-rozaj-biske, de-CH-1996, en-x-plain]"],
    "license_verified_on": ["2024-02-29", "'1999-12-31'"],
    "schedule": ['"0 4 * * 1"', '"*/15 0-6,22 1,15 jan-mar MON-fri"', '"0 0 31 1,2 *"', '"5/20 0 31 1 sun"'],
}
BAD = {
    "homepage": [
        "javascript:alert(1)", "example.org", "ftp://example.org", "https://", "https://u:p@example.org",
        "'https://a b'",
        "https://a:99999/", "'https://[::1'", '"https://a/\\u202ex"', "a@example.org", f"https://e.org/{'x' * 2000}",
    ],
    "contact": ["jane", "jane@localhost", "'@example.org'", "a@b@c.org", "'a b@c.org'", "a@.org", "mailto:x",
                "'<a@b.org>'"],
    "opt_out": ["write to us"],
    "base_url": ["https://example.org", "https://example.org/a?b=/", "s3://bucket/"],
    "country": ["de", "DEU", "Germany", "D1"],
    "languages": ["[german language]", "[de_DE]", "['']", "[de, DE]", "[d]", "[en--US]", f"[{'aa-' * 200}x]"],
    "license_verified_on": ["2024-02-30", "yesterday", "2024-13-01", "'2024-2-3'", "20240203", "2024-02-03T00:00:00"],
    "schedule": [
        '"@daily"', '"* * * *"', '"60 * * * *"', '"* 24 * * *"', '"* * 0 * *"', '"* * * 13 *"', '"* * * * 8"',
        '"5-1 * * * *"', '"*/0 * * * *"', '", * * * *"', '"a * * * *"', '"0 0 31 feb *"', '"* * * * * *"',
        '"-1 * * * *"', '"5/20 0 31 2 sun"', '"0 0 31 2,4 1"',  # which Dagster does not load
    ],
}  # fmt: skip


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(RecipeError) as refusal:
        read_recipe("sources/web.yaml", text)
    return [(item.field, item.message) for item in refusal.value.problems]


def source(more: str, format: str = "html") -> str:
    return f"name: web\nformat: {format}\n{more}\n"


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in GOOD.items() for value in values])
def test_what_is_right_is_read(field: str, value: str) -> None:
    assert getattr(read_recipe("sources/web.yaml", source(f"{field}: {value}")).recipe, field)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_what_is_wrong_is_one_problem_of_that_field(field: str, value: str) -> None:
    (problem,) = problems(source(f"{field}: {value}"))
    assert problem[0] == field
    assert len(problem[1]) < 300


@pytest.mark.parametrize(
    ("more", "format", "field", "says"),
    [
        ("license: MIT", "html", "license_evidence", "say where 'MIT' is stated"),
        ("license: MIT\nlicense_evidence: '  '", "html", "license_evidence", "say where 'MIT' is stated"),
        ("access: private\nredistribution: 'yes'", "html", "redistribution", "cannot be yes where access is private"),
        ("access: licensed\nredistribution: 'yes'", "html", "redistribution", "where access is licensed"),
        ("base_url: https://example.org/", "warc", "base_url", "for trees of files, and warc is none"),
        ("extractor: trafilatura", "jsonl", "extractor", "for pages of HTML, and jsonl has none"),
        ("collection: {start: 2024-01-02, end: 2024-01-01}", "html", "collection.start", "swap them"),
        ("collection: {end: soon}", "html", "collection.end", "use YYYY-MM-DD"),
    ],
)
def test_fields_that_contradict_each_other(more: str, format: str, field: str, says: str) -> None:
    (problem,) = problems(source(more, format))
    assert problem[0] == field
    assert says in problem[1]


def test_fields_that_agree() -> None:
    more = "license: MIT\nlicense_evidence: LICENSE\naccess: gated\nredistribution: 'yes'\nextractor: trafilatura\n"
    assert read_recipe("sources/web.yaml", source(more, "warc")).recipe.redistribution == "yes"
    same_day = source("collection: {start: 2024-01-01, end: 2024-01-01}\nbase_url: https://example.org/x/")
    assert read_recipe("sources/web.yaml", same_day).recipe.collection.start == "2024-01-01"


@given(st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 30)))
def test_every_day_is_a_day(day: date) -> None:
    assert source_rules.day(day.isoformat()) is None
    one, next_one = day.isoformat(), (day + timedelta(1)).isoformat()
    assert list(source_rules.period(CollectionRecipe(start=one, end=next_one))) == []
    assert [field for field, _ in source_rules.period(CollectionRecipe(start=next_one, end=one))] == ["start"]


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    for rule in source_rules.FIELDS.values():
        told = rule([text]) if rule is source_rules.language_tags else rule(text)
        assert told is None or isinstance(told, str)


def test_every_bad_language_is_told_at_once() -> None:
    told = source_rules.language_tags(["de", "xx-yyyyyyyyyyyyy", "DE", "e", "de"])
    assert told is not None
    assert told.startswith("'xx-yyyyyyyyyyyyy', 'e' is no language tag; use BCP 47 codes")
    assert told.endswith("; DE, de stands here twice; say each once")
