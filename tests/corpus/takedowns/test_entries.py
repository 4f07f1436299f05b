"""Entries of the register: one spelling for what is compared, and one sentence for what can not be meant."""

from __future__ import annotations

from typing import Any

import pytest

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.takedowns.entries import Entry, checked
from dagster_project.corpus.takedowns.texts import of_text

DOC = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("kind", "value", "spelled"),
    [
        ("document", DOC.upper(), DOC),
        ("url", "HTTPS://Example.org:443/a/../b#part", "https://example.org/b"),
        ("host", "WWW.Example.org", "www.example.org"),
        ("host", "https://www.example.org/page", "www.example.org"),
        ("domain", "Example.co.uk", "example.co.uk"),
        ("license", "mit or apache-2.0", "Apache-2.0 OR MIT"),
        ("source", "web@2026-11", "web@2026-11"),
    ],
)
def test_values_are_spelled_as_they_are_compared(kind: Any, value: str, spelled: str) -> None:
    assert checked(Entry(kind, value)).value == spelled


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Entry("document", "12"), "give 32 hexadecimal digits"),
        (Entry("url", "example.org/page"), "give an address with its host"),
        (Entry("domain", "www.example.org"), "what is below one is a host"),
        (Entry("host", ""), "give a host"),
        (Entry("source", "../etc"), "give the name of a source"),
        (Entry("license", "no license at all"), "follows a license"),
        (Entry("url", "https://a.org", received="yesterday"), "write YYYY-MM-DD"),
        (Entry("url", "https://a.org", "wide"), "is no scope of a takedown"),  # type: ignore[arg-type]
        (Entry("page", "https://a.org"), "is no kind of a takedown"),  # type: ignore[arg-type]
    ],
)
def test_what_can_not_be_meant_is_refused(entry: Entry, message: str) -> None:
    with pytest.raises(Refused, match=message):
        checked(entry)


def test_an_entry_is_what_it_takes_out_and_not_the_record_of_it() -> None:
    one, other = Entry("document", DOC), Entry("document", DOC, requester="T-7", decision="refuse", reason="none")
    assert one.id == other.id
    assert len({one.id, Entry("document", DOC, "family").id, Entry("record", DOC).id}) == 3


def test_a_text_is_meant_with_and_without_its_last_line_break() -> None:
    exact = [value for kind, value in of_text("One text.\n") if kind == "text"]
    assert exact == [value for kind, value in of_text("One text.") if kind == "text"] + exact[1:]
    assert of_text("One text.\n")[-1] == of_text("one   TEXT")[-1]


def test_a_text_without_words_means_no_other() -> None:
    assert [kind for kind, _ in of_text("...")] == ["text"]
