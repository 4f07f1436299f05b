"""The privacy group finds what a slow twin finds, in time linear in the text, and never tells what it found."""

from __future__ import annotations

import json
import time
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.signals.privacy import KINDS, PATTERNS, SCHEMA, decided_by, measure, scanner
from tests.corpus.signals.documents import block_of
from tests.oracles import privacy as oracle

SAMPLES = [
    *["jane@debian.org", "j@b.co", "8.8.4.44", "999.1.1.1", "2001:4860:4860::8888", "+49 89 3207395", "(212) 867-5309"],
    *["4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "536-22-8726", "12345678Z", "11010519491231002X"],
    *[
        "BSN 111222333",
        "Tel: 0171 1234567",
        "电话：010-12345678",
        "AK" + "IAZ3MHQ7VQ2WEXYP4N",
        "token='8fK2mQz7Lw9xR4tB1n'",
    ],
    *["-----BEGIN PRIVATE KEY-----\n" + "aB3+" * 20 + "\n", "-----END PRIVATE KEY-----", "390.533.447-05"],
    *[
        "ISBN ",
        "version ",
        "v",
        "a",
        "Z",
        "0",
        "1",
        "9",
        "12",
        "@",
        ".",
        ":",
        "::",
        "-",
        "+",
        "/",
        "(",
        ")",
        "=",
        "'",
        '"',
    ],
    *[
        " ",
        "  ",
        "\n",
        "\0",
        "é",
        "ж",
        "字",
        "😀",
        "x_",
        "00 ",
        "key",
        "api_key: ",
        "tel ",
        "#",
        ",",
        "a.",
        "\u0301",
        "e",
    ],
]
TEXTS = st.lists(st.sampled_from(SAMPLES), max_size=14).map("".join)
HOSTILE = {
    "digits": "1",
    "digits and spaces": "1 ",
    "at": "a@",
    "e-mail": "a@b.",
    "IP": "9.1.",
    "colons": "2001:",
    "frames": "-----BEGIN RSA PRIVATE KEY-----",
    "tokens": "token='a1B",
    "tokens without end": "eyJaaaaaaaaaa.",
    "labels": "tel: (",
    "plus": "+49 ",
    "cards": "41111111111111111111 ",
    "letters": "GB82AB",
}


def measured(texts):
    table, _ = measure(block_of(texts), {})
    return [
        [(item["kind"], item["start"], item["end"]) for item in row] for row in table.column("findings").to_pylist()
    ]


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_twin(texts):
    assert measured(texts) == [oracle.findings(text) for text in texts]


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=40), TEXTS), max_size=4))
def test_laws(texts):
    table, profile = measure(block_of(texts), {})
    assert table.schema.equals(SCHEMA)
    for text, row in zip(texts, table.to_pylist(), strict=True):
        places = [0, *(place for item in row["findings"] for place in (item["start"], item["end"]))]
        assert places == sorted(places)
        assert all(item["start"] < item["end"] for item in row["findings"])
        assert places[-1] <= len(text.encode())
        for kind, column in KINDS.items():
            assert row[column] == sum(item["kind"] == kind for item in row["findings"])
    assert sum(profile["findings"].values()) == sum(profile["patterns"].values())


def test_a_document_is_measured_alone():
    assert (
        measured(["jane@", "debian.org", "4111 1111 ", "1111 1111", "", "8.8.4.", "44", "tel ", "12345678"]) == [[]] * 9
    )
    assert measured(["ISBN ", "(212) 867-5309"]) == [[], [("phone", 0, 14)]]  # what stands before is another document
    assert measured(["ISBN (212) 867-5309"]) == [[]]
    assert measured(["jane@debian.org", "8.8.4.44"]) == [[("email", 0, 15)], [("ipv4", 0, 8)]]
    assert measured(["8.8.4.44", "jane@debian.org"]) == [[("ipv4", 0, 8)], [("email", 0, 15)]]


def test_profile():
    table, profile = measure(block_of(["a jane@debian.org b@b.org", "", "536-22-8726"]), {})
    assert table.column("emails").to_pylist() == [2, 0, 0]
    assert table.column("national_ids").to_pylist() == [0, 0, 1]
    assert profile["findings"]["email"] == 2
    assert profile["documents_with"]["email"] == 1
    assert profile["patterns"] == {"email": 2, "us_ssn": 1}


def test_nothing_tells_what_was_found():
    table, profile = measure(block_of(["jane.q.public@debian.org 4111 1111 1111 1111"]), {})
    said = json.dumps([profile, table.drop_columns(["doc_id"]).to_pylist()])
    assert "public" not in said
    assert "4111" not in said


@pytest.mark.parametrize("text", ["", " ", "\n", "\0", "a", "1", "@", ".", "+", "é", "字", "😀", "-", ":", "\u00a0"])
def test_the_smallest_texts(text):
    assert measured([text]) == [[]]
    assert measured([text, text]) == [[], []]


def test_no_documents():
    table, profile = measure(block_of([]), {})
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA)
    assert not any(profile["findings"].values())


def test_the_most_specific_kind_stands():
    assert measured(["jane@8.8.4.44.org"]) == [[("email", 0, 17)]]
    assert measured(["4539 1488 0343 6467"]) == [[("credit_card", 0, 19)]]
    assert [kind for kind, _, _ in measured(["api_key=+4989320739512345A jane@debian.org"])[0]] == ["email"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_take_linear_time(name):
    size = 5_000_000
    text = (HOSTILE[name] * (1 + size // len(HOSTILE[name])))[:size]
    seconds = []
    for part in (text[: size // 8], text):
        began = time.process_time()
        measured([part])
        seconds.append(time.process_time() - began)
    assert seconds[1] < 16 * seconds[0] + 1, seconds


@pytest.mark.parametrize("alphabet", ["0123456789 ", "0123456789 -.+()/", "0123456789abcdef:", "AB1 @.", "=k'ey:a1"])
def test_what_all_patterns_together_miss_none_finds_alone(alphabet):
    """Random text fills the automaton with states, and it may throw them away, but nothing that was found."""
    text = "".join(Random(0).choices(alphabet, k=300_000)).encode()
    occurring = scanner().together.Match(text) or []
    alone = [index for index, (expression, _) in enumerate(scanner().expressions) if expression.search(text)]
    assert sorted(occurring) == alone


def test_names_are_distinct_and_kinds_are_known():
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
    assert {pattern.kind for pattern in PATTERNS} == KINDS.keys()


def test_the_lineage_names_what_decides():
    assert decided_by().keys() == {"re2", "public_suffix_list"}


def test_texts_of_a_slice():
    block = block_of(["x", "jane@debian.org", "8.8.4.44"])
    block.documents = block.documents.slice(1)
    table, _ = measure(block, {})
    assert table.column("emails").to_pylist() == [1, 0]
    assert isinstance(table.column("findings").chunk(0), pa.ListArray)
