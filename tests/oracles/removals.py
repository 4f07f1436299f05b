"""What is left of texts when every later copy of a repeated window is cut, byte by byte."""

from collections import defaultdict


def cuts(texts, length, *, inside, keep):
    """Texts (bytes) by rank: each (rank, byte) that goes, and where the first occurrence of a window has it."""
    places = defaultdict(list)
    for rank in sorted(texts):
        for start in range(len(texts[rank]) - length + 1):
            places[texts[rank][start : start + length]].append((rank, start))
    gone = {}
    for found in places.values():
        if len(found if inside else {rank for rank, _ in found}) < 2:
            continue
        first = found[0]
        for rank, start in found:
            is_first = (rank, start) == first if inside else rank == first[0]
            begin = start
            if keep == "first":
                if is_first:
                    continue
                begin = max(start, first[1] + length) if rank == first[0] else start
            for byte in range(begin, start + length):
                gone[rank, byte] = (first[0], first[1] + byte - start)
    return gone
