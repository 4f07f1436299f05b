"""Lines and paragraphs stand where Python finds them, and have one hash where they say the same."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.segments import segments
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import segments as oracle

PIECES = ["a", "bé", " ", "\n", "\n\n", "漢字", "\t", "\r\n", "\u00a0", "\u2028"]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), min_size=1, max_size=4)


def found_in(texts, shortest, paragraphs):
    return segments(*buffers(pa.array(texts, pa.large_string())), shortest, paragraphs=paragraphs)


@given(TEXTS | CORPORA, st.sampled_from([0, 1, 3]), st.booleans())
def test_segments(texts, shortest, paragraphs):
    found, expected = found_in(texts, shortest, paragraphs), []
    for i, text in enumerate(texts):
        expected += [(i, *told) for told in oracle.segments(text, shortest, paragraphs=paragraphs)]
    places = zip(found.documents.tolist(), found.starts.tolist(), found.ends.tolist(), strict=True)
    assert list(places) == [told[:3] for told in expected]
    hashes, said = [tuple(pair) for pair in found.hashes.tolist()], [told[3] for told in expected]
    assert [hashes.index(one) for one in hashes] == [said.index(one) for one in said]


@pytest.mark.parametrize(
    ("text", "lines", "paragraphs"),
    [
        ("a\n\n b\nc \n\n\n", [(0, 2), (3, 6), (6, 9)], [(0, 3), (3, 11)]),
        ("\n \na", [(3, 4)], [(3, 4)]),
        ("", [], []),
        ("\n", [], []),
    ],
    ids=["both", "blank first", "nothing", "blank"],
)
def test_places(text, lines, paragraphs):
    for expected, wanted in ((lines, False), (paragraphs, True)):
        found = found_in([text], 1, wanted)
        assert list(zip(found.starts.tolist(), found.ends.tolist(), strict=True)) == expected
