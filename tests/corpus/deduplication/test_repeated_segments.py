"""Lines and paragraphs that several documents hold are found with their counts, whatever order and memory there is."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.deduplication.repeated_segments import RepeatedSegments
from dagster_project.corpus.kernels.texts import buffers
from tests.oracles import repeated_segments as oracle

LINES = ["a", "b", " a ", "", "cc", "a\n\nb", "é"]
TEXTS = st.lists(st.lists(st.sampled_from(LINES), max_size=8).map("\n".join), min_size=1, max_size=6)


def found_in(texts, order, *, paragraphs, memory_bytes=1 << 20, batch=2, shortest=1):
    ranks = np.array(order, np.int64)

    def batches():
        for start in range(0, len(texts), batch):
            part = pa.array(texts[start : start + batch], pa.large_string())
            yield (ranks[start : start + batch], *buffers(part))

    with RepeatedSegments(batches, shortest, paragraphs=paragraphs, memory_bytes=memory_bytes) as found:
        rows = [row for spans in found.spans() for row in zip(*(column.tolist() for column in spans), strict=True)]
    return sorted(rows)


@settings(max_examples=60)
@given(TEXTS, st.booleans(), st.sampled_from([1, 1 << 20]), st.sampled_from([1, 3]), st.randoms())
def test_repeated_segments(texts, paragraphs, memory_bytes, batch, draw):
    order = list(range(len(texts)))
    draw.shuffle(order)
    found = found_in(texts, order, paragraphs=paragraphs, memory_bytes=memory_bytes, batch=batch)
    assert found == oracle.spans(dict(zip(order, texts, strict=True)), 1, paragraphs=paragraphs)


def test_a_line_in_more_documents_than_a_chunk_holds():
    texts = [f"all\n{number}\nsome" if number % 2 else f"all\n{number}" for number in range(70_000)]
    found = found_in(texts, range(70_000), paragraphs=False, memory_bytes=1 << 22, batch=10_000)
    assert [row[3] for row in found[:3]] == [70_000, 70_000, 35_000]
    assert len(found) == 105_000
    assert sum(row[6] for row in found) == 2


@pytest.mark.parametrize("shortest", [2, 100])
def test_short_segments_are_not_looked_at(shortest):
    found = found_in(["a\ncc", "a\ncc"], [0, 1], paragraphs=False, shortest=shortest)
    assert len(found) == (2 if shortest == 2 else 0)
