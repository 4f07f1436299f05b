"""Lists of the user: one spelling per entry, bad ones refused with their line, and bytes known by their hash."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.storage import lists
from dagster_project.corpus.storage.lists import Entries, find_list, hashes_of, load_entries, store_list
from dagster_project.corpus.storage.memory import MemoryStore


def loaded(tmp_path: Path, kind: str, body: bytes) -> Entries:
    path = tmp_path / "list.txt"
    path.write_bytes(body)
    return load_entries(store_list(MemoryStore(), find_list("blocked", kind, path), "public"))


def test_comments_blanks_marks_and_line_ends_are_no_entries(tmp_path: Path) -> None:
    body = b"\xef\xbb\xbfb.test\r\n\n# c.test\n  a.test   # why\r\n\ta.test\n"
    found = loaded(tmp_path, "domains", body)
    assert len(found.hashes) == 2
    assert (
        found.hold(hashes_of(["a.test", "b.test", "c.test", "# c.test", ""])).tolist()
        == [True, True, False] + [False] * 2
    )


@pytest.mark.parametrize(
    ("kind", "said", "spelled"),
    [
        ("domains", "Example.ORG", "example.org"),
        ("domains", "*.example.org", "example.org"),
        ("domains", ".example.org", "example.org"),
        ("domains", "example.org.", "example.org"),
        ("domains", "bücher.de", "xn--bcher-kva.de"),
        ("domains", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("domains", "localhost", "localhost"),
        ("domains", "de", "de"),
        ("hosts", "127.1", "127.0.0.1"),
        ("hosts", "2001:DB8::1", "2001:db8::1"),
        ("hosts", "[::1]", "::1"),
        ("hosts", "a_b.example.org", "a_b.example.org"),
        ("urls", "HTTP://Example.org:80/a?utm_source=x#y", "http://example.org/a"),
        ("urls", "http://example.org/a#b # comment", "http://example.org/a"),
        ("words", "Casino", "casino"),
        ("words", "казино", "казино"),
    ],
)
def test_entries_are_spelled_as_documents_are(tmp_path: Path, kind: str, said: str, spelled: str) -> None:
    assert loaded(tmp_path, kind, said.encode()).hold(hashes_of([spelled])).tolist() == [True]


@pytest.mark.parametrize(
    ("kind", "said", "complaint"),
    [
        ("domains", b"https://example.org/", "line 2: 'https://example.org/' is not a domain"),
        ("domains", b"example.org/a", "is not a domain"),
        ("domains", b"example.org:80", "is not a domain"),
        ("domains", b"0.0.0.0 example.org", "is not a domain"),
        ("domains", b"user@example.org", "is not a domain"),
        ("hosts", b"*.example.org", "is not a host"),
        ("urls", b"example.org/a", "is not an address"),
        ("words", b"two words", "is not one word"),
        ("words", b"hyphen-ated", "is not one word"),
        ("words", b"\xff", "line 2: is not UTF-8"),
    ],
)
def test_what_is_no_entry_is_refused_with_its_line(tmp_path: Path, kind: str, said: bytes, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        loaded(tmp_path, kind, b"# first\n" + said)


def test_what_cannot_be_read_is_refused_with_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match=rf"rule r: the list {tmp_path}/none.txt cannot be read \(no such file"):
        find_list("r", "domains", tmp_path / "none.txt")
    with pytest.raises(Refused, match="cannot be read"):
        find_list("r", "domains", tmp_path)
    (tmp_path / "large.txt").write_bytes(b"a" * 11)
    monkeypatch.setattr(lists, "LARGEST_LIST", 10)
    with pytest.raises(Refused, match="larger than 10 bytes"):
        find_list("r", "domains", tmp_path / "large.txt")


def test_a_list_that_changes_between_plan_and_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a.test\n")
    found = find_list("r", "domains", path)
    path.write_text("b.test\n")
    with pytest.raises(Refused, match="changed while it was read"):
        store_list(MemoryStore(), found, "public")


def test_a_worker_gets_a_name_and_not_the_entries(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(os.urandom(50_000).hex().encode())
    stored = store_list(MemoryStore(), find_list("r", "words", path), "gated")
    assert stored.file.path.startswith("data/gated/sha256/")
    assert len(pickle.dumps((stored.name, stored.kind, stored.file))) < 1_000
    assert load_entries(stored) is load_entries(stored)


@given(st.sets(st.text(max_size=8)), st.lists(st.text(max_size=8)))
def test_hashes_hold_what_a_set_holds(entries: set[str], asked: list[str]) -> None:
    held = Entries(np.unique(hashes_of(entries))).hold(hashes_of(asked))
    assert held.tolist() == [text in entries for text in asked]
