"""Programs of edits: one after the other, spans of the stored text, settings that are refused."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.editing import apply, from_arrow
from dagster_project.corpus.kernels.texts import strings
from dagster_project.corpus.model.edits import told_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.measurements import view_of
from dagster_project.corpus.signals.edits import EDITS, SCHEMA, complaints, measure, settled
from tests.corpus.kernels.test_c4 import LINES as C4_LINES
from tests.corpus.kernels.test_refinedweb import LINES as REFINEDWEB_LINES

PROGRAMS = [
    [],
    [("c4", {})],
    [("refinedweb", {}), ("c4", {"end_punctuation": False})],
    [("pipes", {}), ("newlines", {"most": 1}), ("refinedweb", {})],
]
TEXTS = st.lists(st.one_of(C4_LINES, REFINEDWEB_LINES), min_size=1, max_size=3)


def block_of(texts):
    ids = [number.to_bytes(16, "big") for number in range(len(texts))]
    return Block(pa.table({"doc_id": pa.array(ids, pa.binary(16)), "text": pa.array(texts, pa.string())}))


def edited(texts, program):
    block = block_of(texts)
    table, sums = measure(block, {}, program)
    assert table.schema == SCHEMA
    assert table.column("doc_id").equals(block.documents.column("doc_id"))
    after = strings(*apply(*block.texts, from_arrow(table.column("edits")))).to_pylist()
    return after, table.drop_columns(["doc_id", "edits"]).to_pylist(), sums


@pytest.mark.parametrize("program", PROGRAMS, ids=["nothing", "one", "two", "three"])
@settings(deadline=None)
@given(TEXTS)
def test_a_program_is_its_edits_in_turn(program, texts):
    left, rows, sums = edited(texts, program)
    step_by_step, last = texts, [{}] * len(texts)
    for step in program:
        step_by_step, last, _ = edited(step_by_step, [step])
    assert left == step_by_step
    for text, row, expected in zip(left, rows, last, strict=True):
        assert row == row | expected
        assert (row["edited_characters"], row["edited_bytes"]) == (len(text), len(text.encode()))
    assert sums["edited_documents"] == sum(a != b for a, b in zip(left, texts, strict=True))
    assert sums["words_removed"] == sum(row["words_removed"] for row in rows)


@pytest.mark.parametrize(
    ("name", "settings", "text", "left", "counts"),
    [
        (
            "c4",
            {},
            "One two three.\nfour",
            "One two three.",
            {"lines_removed": 1, "sentences_kept": 1, "words_removed": 1, "words_left": 4},
        ),
        ("c4", {"min_line_words": 5}, "One two three.\nfour", "", {"lines_removed": 2, "lines_of_few_words": 1}),
        ("c4", {"end_punctuation": False}, "one two three\nfour", "one two three", {"lines_without_end": 0}),
        ("c4", {"curly_bracket": False}, "One { two.\n}", "One { two.", {"curly_bracket": 0}),
        ("c4", {}, "One { two.\n}", "One { two.\n}", {"curly_bracket": 1, "lines_removed": 0}),
        ("refinedweb", {}, "It is\n3 likes", "It is", {"lines_of_counters": 1, "words_before": 4, "words_removed": 2}),
        ("newlines", {}, "a\n\n\n\nb", "a\n\nb", {"lines_removed": 0}),
        ("newlines", {"most": 1}, "a\n\n\n\nb", "a\nb", {}),
        ("pipes", {}, "a\n|\n|\nb", "a\n\n\nb", {"lines_removed": 2}),
        ("redact", {}, "to jo@lists.debian.org now", "to <EMAIL> now", {"redactions": 1}),
        ("redact", {"kinds": ["ipv4"]}, "to jo@lists.debian.org now", "to jo@lists.debian.org now", {"redactions": 0}),
    ],
)
def test_edits(name, settings, text, left, counts):
    (found,), (row,), _ = edited([text], [(name, settings)])
    assert found == left
    assert {column: row[column] for column in counts} == counts


def test_redaction_speaks_of_the_stored_text():
    """The address moves with the lines before it, and its span does not."""
    text = "no end\nWrite to jo@lists.debian.org soon.\nno end"
    (found,), _, sums = edited([text], [("c4", {}), ("redact", {})])
    assert found == "Write to <EMAIL> soon."
    assert sums["edits"] == 3


def test_words_left_are_told_by_the_last_edit_alone():
    assert told_of(settled([("refinedweb", {}), ("c4", {})]), "words") == "words_left"
    assert not told_of(settled([("c4", {}), ("newlines", {})]), "words")
    assert told_of(settled([("c4", {}), ("newlines", {})]), "characters") == "edited_characters"
    assert not told_of(settled([("c4", {})]), "newlines")
    assert not told_of((), "words")


def test_no_documents():
    assert edited([], PROGRAMS[2])[:2] == ([], [])


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("c5", {}, "'c5' is not an edit: use one of c4, newlines, pipes, redact, refinedweb"),
        ("c4", {"words": 3}, "edit c4 has no setting 'words': use min_line_words, max_word_length, "),
        ("pipes", {"symbol": "|"}, "edit pipes has no setting 'symbol': leave it out"),
        ("c4", {"min_line_words": "3"}, "edit c4: min_line_words is '3', and should be a whole number"),
        ("c4", {"min_line_words": True}, "should be a whole number"),
        ("c4", {"min_line_words": 3.0}, "should be a whole number"),
        ("c4", {"policy": 1}, "should be true or false"),
        ("refinedweb", {"max_uppercase": True}, "should be a number"),
        ("redact", {"kinds": "email"}, "should be a list of texts"),
        ("redact", {"kinds": ["mail"]}, "kinds names mail"),
        ("redact", {"style": ""}, "no style '': use placeholder or pseudonym"),
        ("redact", {"style": "stars"}, "no style 'stars'"),
        ("newlines", {"most": 0}, "edit newlines: most is 0: use 1 to 10,000"),
        ("c4", {"min_line_words": -2}, "min_line_words is -2: use 0 to 10,000, or -1 to ask nothing"),
        ("c4", {"max_word_length": 0}, "max_word_length is 0: use 1 to 1,000,000, or -1 to ask nothing"),
        ("c4", {"min_line_words": 10**15}, "min_line_words is 1000000000000000"),
        ("refinedweb", {"max_uppercase": -0.1}, "edit refinedweb: max_uppercase is -0.1: use 0 to 1"),
        ("refinedweb", {"max_numeric": 1.5}, "max_numeric is 1.5: use 0 to 1"),
        ("refinedweb", {"max_numeric": float("nan")}, "max_numeric is nan"),
        ("refinedweb", {"min_line_words": -1}, "min_line_words is -1: use 0 to 10,000"),
        ("refinedweb", {"phrase_line_words": -1}, "phrase_line_words is -1"),
    ],
)
def test_what_cannot_be_is_refused(name, settings, said):
    (complaint,) = complaints(name, settings)
    assert said in complaint
    if name in EDITS:
        with pytest.raises(Refused, match="edit"):
            measure(block_of(["a"]), {}, [(name, settings)])


def test_every_complaint_is_made():
    assert len(list(complaints("c4", {"a": 1, "policy": 2, "min_line_words": 4}))) == 2
    assert not list(complaints("refinedweb", {"max_uppercase": 1, "phrases": False, "min_line_words": 0}))
    assert not list(complaints("c4", {"min_line_words": -1, "max_word_length": -1}))


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_does_unasked_is_allowed(name):
    assert not list(complaints(name, EDITS[name].defaults))


def test_the_view_names_what_is_done():
    """Settings left out are those of the defaults; another value is another view."""
    plain, said = settled([("c4", {})]), settled([("c4", {"min_line_words": 3})])
    assert view_of(plain) == view_of(said)
    assert view_of(plain) != view_of(settled([("c4", {"min_line_words": 5})]))
    assert view_of(plain) != view_of(settled([("c4", {}), ("c4", {})]))
