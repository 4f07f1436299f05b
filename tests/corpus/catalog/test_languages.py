"""Languages by any name: codes, English and own names, tags."""

from __future__ import annotations

import pytest

from dagster_project.corpus.catalog.languages import ALSO_WORDS, codes, folded, is_within, named, names, primary


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("German", "de"), ("deutsch", "de"), ("deu", "de"), ("ger", "de"), ("DE", "de"), ("Français", "fr"),
        ("日本語", "ja"),
        ("Tiếng Việt", "vi"), ("norwegian bokmål", "nb"), ("Luba-Katanga", "lu"), ("Русский", "ru"), ("zho", "zh"),
        ("Haitian Creole", "ht"), ("Brazilian", None),
    ],
)  # fmt: skip
def test_names_and_codes(word: str, code: str | None) -> None:
    assert codes().get(folded(word)) == code


def test_the_table_is_whole_and_says_nothing_twice() -> None:
    assert len(names()) == 182
    lines = [line for line in _lines() if not line.startswith("#")]
    said: dict[str, set[str]] = {}
    for line in lines:
        code, *others = line.split("|")[0].split()
        assert len(code) == 2
        assert others
        assert {len(other) for other in others} == {3}
        for part in line.replace("|", ",").split(",")[1:]:
            if part.strip():
                said.setdefault(folded(part), set()).add(code)
        for word in (code, *others):
            said.setdefault(word, set()).add(code)
    assert {word: found for word, found in said.items() if len(found) > 1} == {}
    assert sorted(ALSO_WORDS - set(said)) == []


def _lines() -> list[str]:
    from pathlib import Path

    from dagster_project.corpus.catalog import languages

    return Path(languages.__file__).with_name("languages.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("tag", "wanted", "within"),
    [
        ("de-AT", "de", True), ("deu", "de", True), ("de", "de-AT", False), ("pt-BR", "pt-br", True),
        ("pt", "pt-BR", False),
        ("zh_Hant_TW", "zh-Hant", True), ("den", "de", False), ("und", "de", False), ("ceb", "ceb", True),
        ("", "de", False),
    ],
)  # fmt: skip
def test_tags_within_tags(tag: str, wanted: str, within: bool) -> None:
    assert is_within(tag, wanted) is within


def test_tags_for_people() -> None:
    assert named("de-AT") == "de-AT (German)"
    assert named("ceb") == "ceb"
    assert primary("pt-BR") == "pt"
