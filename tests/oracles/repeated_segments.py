"""Segments that stand in several documents, by a dictionary of what they say."""

from collections import defaultdict

from tests.oracles.segments import segments


def spans(texts, shortest, *, paragraphs):
    """Texts (str) by rank: tuples as `Spans` has them, in order."""
    places = defaultdict(list)
    for rank in sorted(texts):
        for start, end, said in segments(texts[rank], shortest, paragraphs=paragraphs):
            places[said].append((rank, start, end))
    found = []
    for same in places.values():
        copies, (first_rank, first_start, _) = len({rank for rank, _, _ in same}), same[0]
        for rank, start, end in same if copies > 1 else []:
            found.append((rank, start, end, copies, first_rank, first_start, rank == first_rank))
    return sorted(found)
