"""Certificates explain what portraits claim to know: by documents that hold it, or say that none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.certificate_checks import complaints
from dagster_project.corpus.building.certificates import certificate
from dagster_project.corpus.building.erasures import gone_documents
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.portraits_asked import portraits_asked
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.erasing.asked import Answer, Asked, Span, answer_of, put_answer
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits import proving
from dagster_project.corpus.portraits.matching import Matches, matches
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from tests.corpora import prose
from tests.flow.test_reach import ids_of, opened, plain

PUBLISHED = Partition("published", "all@1")
MIX = 'name: all\nversion: "1"\nbudget: {documents: 9}\ncomponents: [{name: all, corpus: all}]\nexports: [parquet]\n'
FIRST, SECOND, OWN = (prose(seed, 48) for seed in (70, 71, 72))  # passages of a few hundred characters
WEB = {"asked": f"{OWN}\n{FIRST}\n{SECOND}", "one": f"{prose(80)}\n{FIRST}", "other": f"{prose(81)}\n{SECOND}"}


def built(folder: Path, **texts: str) -> tuple[Library, dict[str, str]]:
    found = opened(folder, {"web": {**WEB, "more": prose(9), **texts}}, {"all": plain("web")}, MIX)
    found.build(PUBLISHED)
    return found, ids_of(found, "web")


def told_after(found: Library, entry: Entry, **more: Any) -> dict[str, Any]:
    add(found.store, [entry])
    take_down(found, **more)
    return certificate(found.store, entry.id)


def test_spans_are_explained_by_all_documents_that_hold_them(tmp_path: Path) -> None:
    found, ids = built(tmp_path)
    told = told_after(found, Entry("document", ids["asked"]), erase=True)
    spans = told["portrait"]["spans"]
    assert {item for span in spans for item in span["found"]} == {ids["one"], ids["other"]}
    text = WEB["asked"].encode()
    for span in spans:
        if span["verdict"] == "verbatim":
            (holder,) = span["found"]
            (name,) = (name for name in WEB if ids[name] == holder)
            assert text[span["start"] : span["end"]].decode() in WEB[name]
    assert all(span["is_explained"] for span in spans)
    assert told["portrait"]["shown_false"] + told["portrait"]["unknown"] >= 0
    assert complaints(found.store, told) == []


@pytest.mark.parametrize(("scope", "is_explained"), [("document", True), ("near", False)])
def test_a_copy_that_the_request_means_explains_nothing(
    tmp_path: Path, scope: Any, is_explained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a copy came in that the takedown could not know of."""
    found, ids = built(tmp_path, twin=WEB["asked"])
    mixed = found.planner.newest(Partition("mixed", "all@1"))
    members = {item.hex() for item in read_shard(found.store, mixed.files[0]).column("doc_id").to_pylist()}
    asked, twin = sorted(("asked", "twin"), key=lambda name: ids[name] not in members)
    entry = Entry("document", ids[asked], scope)
    found.refill = True  # so that the twin stands for it
    found.__post_init__()
    monkeypatch.setattr("dagster_project.corpus.reaching.reach.closed", lambda held, marks: marks)
    monkeypatch.setattr("dagster_project.corpus.reaching.reach.near_copies", lambda held, marks: [])
    told = told_after(found, entry)
    spans = [span for span in told["portrait"]["spans"] if ids[twin] in span["found"]]
    assert spans
    assert {span["is_explained"] for span in spans} == {is_explained}
    said = complaints(found.store, told)
    assert any("a portrait claims are not explained" in item for item in said) != is_explained


def test_what_could_not_be_looked_up_is_not_called_false(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, ids = built(tmp_path)

    def short(*args: Any) -> Matches:
        return matches(*args)._replace(found=[], cut_short=1)

    monkeypatch.setattr(proving, "matches", short)
    told = told_after(found, Entry("document", ids["asked"]))
    assert told["portrait"]["shown_false"] == 0
    assert told["portrait"]["unknown"] > 0
    assert complaints(found.store, told) == [
        f"{told['portrait']['unknown']} spans that a portrait claims could not be looked up to the end"
    ]


def test_a_later_erasure_leaves_what_was_answered_before(tmp_path: Path) -> None:
    """When the other entry is applied nobody can ask about the first document any more, and its record stays."""
    found, ids = built(tmp_path)
    entry = Entry("source", "web@dev")
    first = told_after(found, Entry("document", ids["asked"]), erase=True)["portrait"]
    assert first["asked"]
    told_after(found, Entry("document", ids["one"]), erase=True)
    later = certificate(found.store, Entry("document", ids["asked"]).id)["portrait"]
    assert {name: later[name] for name in ("documents", "versions", "shown_false")} == {
        name: first[name] for name in ("documents", "versions", "shown_false")
    }
    assert [span["found"] for span in later["spans"]] == [span["found"] for span in first["spans"]]
    assert later["not_asked_of"] != []  # the mix without the other one
    assert entry.id not in {item.path for item in found.store.list("asked/")}


def test_answers_come_together_by_document() -> None:
    store, entry = MemoryStore(), "ab" * 16
    span = Span("d1", 0, 60, "v1", "verbatim", ("h1",))
    put_answer(store, entry, Answer({"d1": Asked(("v1",), 2), "d2": Asked(("v1",), 3)}, (span,)))
    put_answer(store, entry, Answer({"d2": Asked(("v1", "v2"), 5, 1)}, ()))
    expected = Answer({"d1": Asked(("v1",), 2), "d2": Asked(("v1", "v2"), 5, 1)}, (span,))
    assert answer_of(store, entry) == expected
    put_answer(store, entry, Answer({"d1": Asked(("v1",), 2)}, (span,)))  # nothing new
    assert len(list(store.list("asked/"))) == 2
    put_answer(store, entry, Answer({"d1": Asked(("v2",))}))
    assert answer_of(store, entry).spans == ()
    store.put(f"asked/{entry}/00000009.json", b'{"format": 99}')
    with pytest.raises(IntegrityError, match="upgrade"):
        answer_of(store, entry)


def test_short_spans_are_asked_about_too(tmp_path: Path) -> None:
    """Also those of one n-gram, which chance explains as well: what stands there is told with its document."""
    line = prose(75, 48).splitlines()[0]
    assert 50 <= len(line) < 99
    found, ids = built(tmp_path, asked=f"{OWN}\n{line} {prose(90)}", holder=f"{line}\n{prose(91, 1200)}")
    add(found.store, [Entry("document", ids["asked"])])
    known = gone_documents(found.store)
    found.build(PUBLISHED)
    mix = found.planner.newest(PUBLISHED)
    (answer,) = portraits_asked(found.store, found.engine, known, [mix]).values()
    assert {item for span in answer.spans for item in span.found} == {ids["holder"]}
