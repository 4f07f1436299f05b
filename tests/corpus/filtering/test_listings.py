"""Documents looked up in lists: values, entries that matched, and what does not match."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.filtering.listings import Matched, look_up, parents, words
from dagster_project.corpus.filtering.rule import judge
from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.storage.lists import Entries, StoredList, find_list, hashes_of, load_entries, store_list
from dagster_project.corpus.storage.memory import MemoryStore


def stored(tmp_path: Path, rule: str, text: str) -> StoredList:
    path = tmp_path / "list.txt"
    path.write_text(text)
    listing = RULES[rule].listing
    assert listing
    return store_list(MemoryStore(), find_list(rule, listing.kind, path), "public")


def looked_up(tmp_path: Path, rule: str, text: str, values: list[str | None]) -> Matched:
    listing = RULES[rule].listing
    assert listing
    signals = pa.table({listing.column: pa.chunked_array([pa.array(values[:1], pa.string()), values[1:]], pa.string())})
    return look_up(listing, signals, load_entries(stored(tmp_path, rule, text)))


def named(*entries: str) -> list[str]:
    return sorted(f"{value:016x}" for value in hashes_of(entries))


def test_a_domain_holds_for_itself_and_below_and_for_nothing_that_only_looks_like_it(tmp_path: Path) -> None:
    hosts = ["evil.test", "www.evil.test", "notevil.test", "evil.test.org", None, "a.b.evil.test", "x.github.io"]
    found = looked_up(tmp_path, "blocked_domains", "evil.test\ngithub.io\nwww.evil.test\nunused.test\n", hosts)
    assert found.value.tolist() == [1, 1, 0, 0, 0, 1, 1]
    assert sorted(found.entries) == named("evil.test", "github.io", "www.evil.test")
    assert [found.entries[named(name)[0]] for name in ("evil.test", "github.io", "www.evil.test")] == [3, 1, 1]


def test_hosts_and_addresses_match_exactly(tmp_path: Path) -> None:
    assert looked_up(tmp_path, "blocked_hosts", "a.test", ["a.test", "www.a.test", None]).value.tolist() == [1, 0, 0]
    urls = ["http://a.test/x", "http://a.test/x/", "http://a.test/", None, "http://a.test/x"]
    found = looked_up(tmp_path, "blocked_urls", "http://A.test/x#top", urls)
    assert found.value.tolist() == [1, 0, 0, 0, 1]
    assert found.entries == {named("http://a.test/x")[0]: 2}


def test_words_are_whole_and_each_counts_once(tmp_path: Path) -> None:
    urls = ["http://casino.test/casino-poker", "http://casinos.test/", "https://x.test/?q=%D0%BA%D0%BE%D1%82", None]
    found = looked_up(tmp_path, "blocked_url_words", "Casino\npoker\nкот\nhttp", urls)
    assert found.value.tolist() == [2, 0, 1, 0]


def test_one_hard_word_removes_and_so_do_two_soft_ones(tmp_path: Path) -> None:
    signals = pa.table({"url": ["http://a.test/bet", "http://a.test/bet/win", "http://a.test/", None]})
    for rule, keeps in (
        ("blocked_url_words", [False, False, True, True]),
        ("soft_url_words", [True, False, True, True]),
    ):
        listed = stored(tmp_path, rule, "bet\nwin\n")
        assert judge(RULES[rule], signals, {"rule": rule}, listed).keeps.tolist() == keeps
    once = judge(RULES["blocked_url_words"], signals, {"rule": "", "max": 1}, listed)
    assert once.keeps.tolist() == [True, False, True, True]


def test_an_allow_list_removes_what_is_not_on_it_and_what_has_no_address(tmp_path: Path) -> None:
    listed = stored(tmp_path, "allowed_domains", "edu\ngood.test\n")
    signals = pa.table({"host": ["www.mit.edu", "good.test", "bad.test", None, "127.0.0.1"]})
    judged = judge(RULES["allowed_domains"], signals, {"rule": "allowed_domains"}, listed)
    assert judged.keeps.tolist() == [True, True, False, False, False]
    assert judged.value.tolist() == [1, 1, 0, 0, 0]


@pytest.mark.parametrize("values", [[], [None], ["a.test"]])
def test_an_empty_list_matches_nothing(tmp_path: Path, values: list[str | None]) -> None:
    found = looked_up(tmp_path, "blocked_domains", "# nothing yet\n", values)
    assert found.value.tolist() == [0.0] * len(values)
    assert found.entries == {}


def test_addresses_of_machines_have_nothing_above_them() -> None:
    assert parents("10.0.0.1") == ("10.0.0.1",)
    assert parents("2001:db8::1") == ("2001:db8::1",)
    assert parents("a.b.test") == ("a.b.test", "b.test", "test")


HOSTS = st.lists(st.sampled_from(["a.test", "b.a.test", "c.test", "d", None]))
ENTRIES = st.sets(st.sampled_from(["a.test", "c.test", "b.a.test"]))


@given(HOSTS, ENTRIES)
def test_looking_up_is_what_a_loop_would_do(hosts: list[str | None], entries: set[str]) -> None:
    listing = RULES["blocked_domains"].listing
    assert listing
    signals = pa.table({"host": pa.chunked_array([hosts], pa.string())})
    found = look_up(listing, signals, Entries(np.unique(hashes_of(entries))))
    wanted = [[entry for entry in entries if host and (host == entry or host.endswith("." + entry))] for host in hosts]
    assert found.value.tolist() == [float(bool(matched)) for matched in wanted]
    counts = {named(entry)[0]: sum(entry in matched for matched in wanted) for entry in entries}
    assert found.entries == {entry: count for entry, count in counts.items() if count}


def test_words_of_an_address() -> None:
    assert words("https://Big-Casino.test/a_b/%20x?y=1#z") == ("1", "a", "b", "big", "casino", "test", "x", "y", "z")
