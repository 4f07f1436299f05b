"""Statements on versions: what stands after any of them, who signed, and what nobody says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statements.documents import Document, read_signed, write_signed
from dagster_project.corpus.statements.keys import is_signed, new_key, public_key, signature
from dagster_project.corpus.statements.statements import (
    Statement,
    checked,
    ended,
    holds,
    make_statement,
    restore,
    statements_of,
    withdrawn_for,
)
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Store

VERSION, NAME = "ab" * 32, "mixed/notes@1"
ATTESTED = Statement("attested", VERSION, NAME, "read and agreed", "J. Doe", "counsel", "2026-11-22")


def said(kind: str, *entries: str, name: str = "J. Doe") -> Statement:
    return Statement(kind, VERSION, NAME, "so be it", name, entries=entries)  # type: ignore[arg-type]


def test_what_was_said_of_another_version_lifts_no_hold(store: Store) -> None:
    make_statement(store, said("held"))
    other = replace(said("held"), version="cd" * 32)
    for item in (other, replace(other, kind="released")):
        make_statement(store, item)
    store.put(f"statements/{VERSION}/00000002.json", store.get(f"statements/{other.version}/00000002.json"))
    with pytest.raises(IntegrityError, match="was said of another version: it was altered"):
        statements_of(store, VERSION)
    assert "the version that it is said of" in [item.what for item in check(store).problems]


def test_they_are_kept_in_their_order(store: Store) -> None:
    made = [make_statement(store, item) for item in (ATTESTED, said("held"), said("withdrawn", "a", "b"))]
    assert statements_of(store, VERSION) == made
    assert all(item.date for item in made)
    assert statements_of(store, "cd" * 32) == []


def test_two_at_once_both_count(memory_store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put, raced = memory_store.put_once, list[bool]()

    def overtaken(path: str, body: bytes) -> bool:
        if not raced:
            raced.append(True)
            make_statement(memory_store, said("held", name="another"))
        return put(path, body)

    monkeypatch.setattr(memory_store, "put_once", overtaken)
    make_statement(memory_store, ATTESTED)
    assert [item.name for item in statements_of(memory_store, VERSION)] == ["another", "J. Doe"]


@given(st.lists(st.tuples(st.sampled_from(["withdrawn", "restored"]), st.sets(st.sampled_from("abc"), min_size=1))))
def test_a_version_is_withdrawn_while_any_entry_is_left(events: list[tuple[str, set[str]]]) -> None:
    left = set[str]()
    for kind, entries in events:
        left = left | entries if kind == "withdrawn" else left - entries
    found = [said(kind, *sorted(entries)) for kind, entries in events]
    assert withdrawn_for(found) == left
    end = ended(found)
    assert (set(end.entries) if end else set()) == left


def test_what_ends_a_version(memory_store: MemoryStore) -> None:
    assert ended([ATTESTED, said("held")]) is None
    assert ended([said("retired")]) is not None
    make_statement(memory_store, said("withdrawn", "a", "b"))
    restore(memory_store, Partition("mixed", "notes@1"), VERSION, {"a"})
    end = ended(statements_of(memory_store, VERSION))
    assert end is not None
    assert end.entries == ("a",)
    restore(memory_store, Partition("mixed", "notes@1"), VERSION, {"a"})
    assert len(statements_of(memory_store, VERSION)) == 2


def test_a_hold_is_lifted_by_who_made_it() -> None:
    one, other = said("held"), said("held", name="another")
    assert holds([one, other, said("released", name="another")]) == [one]
    assert holds([said("released"), one]) == [one]


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (said("believed"), "is no kind of statement: use one of withdrawn, "),
        (replace(ATTESTED, name=" "), "needs somebody who makes it"),
        (replace(ATTESTED, said=""), "needs somebody who makes it and what they say"),
        (replace(ATTESTED, said="x" * 4_001), "more than 4,000 characters"),
    ],
)
def test_what_nobody_says_is_refused(statement: Statement, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        checked(statement)


def test_a_signature_is_of_one_statement_by_one_key(memory_store: MemoryStore, tmp_path: Path) -> None:
    public, other = new_key(tmp_path / "mine"), new_key(tmp_path / "other")
    made = make_statement(memory_store, replace(ATTESTED, signature=signature(tmp_path / "mine", ATTESTED.signed)))
    (read,) = statements_of(memory_store, VERSION)
    assert read == made
    assert read.signature is not None
    assert is_signed(read.signed, read.signature, public_key(public))
    assert public_key(tmp_path / "mine") == public_key(public)
    assert not is_signed(read.signed, read.signature, public_key(other))
    assert not is_signed(replace(read, said="read and refused").signed, read.signature)
    assert not is_signed(read.signed, replace(read.signature, value="zz"))
    assert not is_signed(read.signed, replace(read.signature, algorithm="none"))


def test_keys_are_for_their_owner_and_never_overwritten(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(Refused, match="cannot be written"):
        new_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before
    (tmp_path / "text").write_text("no key")
    for read in (public_key, lambda path: signature(path, b"")):
        with pytest.raises(Refused, match="holds no ed25519"):
            read(tmp_path / "text")
        with pytest.raises(Refused, match="cannot be read"):
            read(tmp_path / "nowhere")


def test_a_document_may_be_spelled_otherwise_and_not_changed(tmp_path: Path) -> None:
    public = public_key(new_key(tmp_path / "key"))
    content, path = {"b": [1, "\u202e<script>"], "a": None}, tmp_path / "document.json"
    write_signed(path, content, signature(tmp_path / "key", Document(content).signed))
    assert b"<script>" not in path.read_bytes()
    for spelled, is_right in ((path.read_text(), True), (path.read_text().replace("1", "2"), False)):
        path.write_text(spelled.replace("\n", ""))
        document, found = read_signed(path)
        assert found is not None
        assert is_signed(document.signed, found, public) is is_right
    path.write_text("{")
    with pytest.raises(Refused, match="is not JSON"):
        read_signed(path)
