"""The repetition group stores the kernel's counts; its rules divide them."""

import pyarrow as pa
import pytest

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.filtering.repetition_rules import REPETITION_RULES
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.signals.repetition import SCHEMA, measure

TEXTS = ["v w x y z v w x y z", "", "Nothing here is said again."]


def measured(texts):
    ids = pa.array([bytes([i]) * ID.byte_width for i in range(len(texts))], ID)
    return measure(Block(pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string())})), {})


def test_measure():
    table, sums = measured(TEXTS)
    assert table.schema == SCHEMA
    assert table["duplicated_5_n_grams"].to_pylist() == [5, 0, 0]
    assert sums == {"word_characters": 32, "duplicated_5_n_grams": 5, "duplicated_10_n_grams": 0}


def test_no_documents():
    table, sums = measured([])
    assert (table.schema, table.num_rows) == (SCHEMA, 0)
    assert set(sums.values()) == {0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_2_gram", 6 / 19),
        ("duplicated_5_n_grams", 5 / 19),
        ("dclm_top_2_gram", 4 / 10),
        ("dclm_duplicated_5_n_grams", 1),
        ("rps_doc_frac_chars_top_2gram", 4 / 10),
        ("rps_doc_frac_chars_dupe_5grams", 1),
        ("dolma_top_4_gram", 8 / 10),
        ("dolma_duplicated_5_n_grams", 10 / 30),
        ("dolma_duplicated_10_n_grams", 0),
    ],
)
def test_rules(name, value):
    table, _ = measured(TEXTS)
    signals = table.append_column("characters", pa.array([len(text) for text in TEXTS], pa.int64()))
    values = REPETITION_RULES[name].value(signals)
    assert values[:2].tolist() == [value, 0]


def test_every_rule_reads_what_is_measured():
    assert len(REPETITION_RULES) == 36
    assert {name for rule in REPETITION_RULES.values() for name in rule.reads} <= {*SCHEMA.names, "characters"}
