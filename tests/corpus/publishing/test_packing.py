"""What packing cost, counted by hand, and settings that are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.publishing.packing import MODES, complaint, pack, report

LENGTHS = np.array([3, 4, 7, 12, 6], np.int64)


def reported(mode, size, least=1, lengths=LENGTHS):
    return report(pack(lengths, mode, size, least), lengths, mode, size)


def test_chunks():
    # 3 4 3 | 4 6 | 6 4 | 2: the 7 is cut at 10 and the 6 at 30 though they fit, the 12 must be
    assert reported("chunk", 10) == {
        "documents": 5,
        "sequences": 4,
        "tokens": 32,
        "dropped_tokens": 0,
        "padding_tokens": 8,
        "cut_documents": 3,
        "truncated_documents": 2,
        "truncated_tokens": 7 + 6,
        "shared_sequences": 3,
        "foreign_tokens": (4 + 3) + 6 + 4,
        "sequence_lengths": {"2": 1, "8": 3},
    }


def test_best_fit():
    # 3 7 | 4 6 | 10 | 2
    assert reported("best-fit", 10) == {
        "documents": 5,
        "sequences": 4,
        "tokens": 32,
        "dropped_tokens": 0,
        "padding_tokens": 8,
        "cut_documents": 1,
        "truncated_documents": 0,
        "truncated_tokens": 0,
        "shared_sequences": 2,
        "foreign_tokens": 7 + 6,
        "sequence_lengths": {"2": 1, "8": 3},
    }


def test_buckets():
    # 2 | 4 | 4 2 | 8 4 | 4 2: the 3 and the 7 lose a token, and all but 4 and 12 would fit into 8
    assert reported("buckets", 8, 2) == {
        "documents": 5,
        "sequences": 8,
        "tokens": 30,
        "dropped_tokens": 2,
        "padding_tokens": 0,
        "cut_documents": 4,
        "truncated_documents": 3,
        "truncated_tokens": 3 + 7 + 6,
        "shared_sequences": 0,
        "foreign_tokens": 0,
        "sequence_lengths": {"2": 3, "4": 4, "8": 1},
    }


def test_nothing():
    counts = reported("best-fit", 8, lengths=np.array([0], np.int64))
    assert counts.pop("sequence_lengths") == {}
    assert counts == {**dict.fromkeys(counts, 0), "documents": 1}


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=20), st.sampled_from(sorted(MODES)), st.sampled_from([1, 4, 16]))
def test_reports_add_up(lengths, mode, size):
    counts = reported(mode, size, lengths=np.array(lengths, np.int64))
    assert counts["tokens"] + counts["dropped_tokens"] == sum(lengths)
    assert sum(counts["sequence_lengths"].values()) == counts["sequences"]
    assert counts["tokens"] + counts["padding_tokens"] == counts["sequences"] * size or mode == "buckets"
    assert all(type(count) is int for name, count in counts.items() if name != "sequence_lengths")


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (("tight", 8, 1), 'there is no packing "tight": use one of best-fit, buckets, chunk'),
        (("chunk", 0, 1), "use a length of at least 1"),
        (("buckets", 2000, 256), "powers of two"),
        (("buckets", 2048, 4096), "powers of two"),
    ],
)
def test_settings_that_cannot_be_are_refused(chosen, message):
    with pytest.raises(Refused, match=message):
        pack(LENGTHS, *chosen)
    assert message in complaint(*chosen)


def test_settings_that_can_be():
    assert [complaint(mode, 2048, 256) for mode in MODES] == [None] * 3
    assert complaint("best-fit", 2000, 3) is None
