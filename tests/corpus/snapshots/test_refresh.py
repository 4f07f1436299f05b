"""What lies at a source now against what was recorded: changed, added, removed, moved; checksums that are spared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.snapshots.refresh import Changes, changes_of, checksummed, look, look_again
from dagster_project.corpus.sources.jsonl import JsonLines


def objects(**sums: str) -> list[RawObject]:
    return [RawObject(f"file:///{name}", 1, 1, sha256) for name, sha256 in sums.items()]


def facts(**sums: str) -> list[dict]:
    return [asdict(item) for item in objects(**sums)]


def test_changed_added_and_removed_are_told_apart():
    found = changes_of(facts(a="1", b="2", c="3"), objects(b="2", c="4", d="5"))
    assert found == Changes(("file:///c",), ("file:///d",), ("file:///a",))
    assert str(found) == "changed file:///c; added file:///d; removed file:///a"


def test_what_moved_is_no_change():
    assert changes_of(facts(a="1", b="1"), objects(x="1", y="1", z="1")) == Changes((), ("file:///z",), ())


def test_a_sentence_names_three_of_many_and_escapes_them():
    added = [RawObject(f"s3://b/\x1b{n}", 1, 1, "x") for n in range(5)]
    assert str(changes_of([], added)) == r"added s3://b/\x1b0, s3://b/\x1b1, s3://b/\x1b2 and 2 more"


SUMS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("12"))


@given(before=SUMS, after=SUMS)
def test_added_less_removed_is_the_growth(before: dict[str, str], after: dict[str, str]):
    found = changes_of(facts(**before), objects(**after))
    assert len(found.added) - len(found.removed) == len(after) - len(before)
    assert changes_of(facts(**after), objects(**after)) == Changes()
    assert set(found.changed) <= {f"file:///{name}" for name in before.keys() & after.keys()}


class Counting(JsonLines):
    """Notes what is read for its checksum."""

    def __init__(self) -> None:
        object.__setattr__(self, "asked", [])

    def checksum(self, item: RawObject) -> str:
        self.asked.append(item.uri)  # type: ignore[attr-defined]
        return super().checksum(item)


def test_a_known_object_is_not_read_for_its_checksum(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("{}\n")
    recipe, source = SourceRecipe("web", "jsonl", location=str(tmp_path)), Counting()
    first = look(source, recipe, ())
    assert len(first.objects[0].sha256 or "") == 64
    known = [asdict(item) for item in first.objects]
    assert look(source, recipe, known) == first
    assert len(source.asked) == 1  # type: ignore[attr-defined]
    touched = [asdict(replace(item, modified_ns=1)) for item in first.objects]
    assert checksummed(source, source.objects(recipe), touched) == list(first.objects)
    assert len(source.asked) == 2  # type: ignore[attr-defined]


def test_no_more_is_asked_for_than_is_needed(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("{}\n")
    recipe, source = SourceRecipe("web", "jsonl", location=str(tmp_path)), JsonLines()
    first = look(source, recipe, ())

    def known() -> Iterator[dict]:
        yield asdict(first.objects[0])
        pytest.fail("asked for more")

    assert look(source, recipe, known()) == first


@pytest.mark.parametrize("all_of_them", [True, False])
def test_what_is_gone_from_a_fixed_version_is_taken_as_recorded(tmp_path: Path, all_of_them: bool):
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text(f'{{"text": "{name}"}}\n')
    recipe, source = SourceRecipe("web", "jsonl", location=str(tmp_path)), JsonLines()
    first = look(source, recipe, ())
    for name in "ab" if all_of_them else "a":
        (tmp_path / f"{name}.jsonl").unlink()
    recorded = [asdict(item) for item in first.objects]
    again = look_again(source, recipe, recorded, recorded)
    assert again.objects == first.objects
    assert again.gone == (first.objects if all_of_them else first.objects[:1])
    assert bool(again.trouble) == all_of_them
