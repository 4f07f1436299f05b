"""Repeated substrings by a dictionary of all windows, and what is left when later copies are cut, byte by byte."""

from collections import defaultdict


def spans(texts, length, *, inside=False):
    """Texts (bytes) by rank: tuples (rank, start, end, copies, first rank, first start, is first) in order."""
    places = defaultdict(list)
    for rank in sorted(texts):
        for start in range(len(texts[rank]) - length + 1):
            places[texts[rank][start : start + length]].append((rank, start))
    windows = []
    for found in places.values():
        copies = len(found) if inside else len({rank for rank, _ in found})
        if copies > 1:
            for rank, start in found:
                is_first = (rank, start) == found[0] if inside else rank == found[0][0]
                windows.append((rank, start, copies, (rank, start) if is_first else found[0], is_first))
    runs = []
    for window in sorted(windows):
        if runs and _goes_on(runs[-1], window, length):
            runs[-1].append(window)
        else:
            runs.append([window])
    return [_narrowed(run, texts, length) for run in runs]


def _goes_on(run, window, length):
    """Is this the next window, as first as those before, and of the same document?"""
    (_, _, _, (first_rank, first_start), was_first), (rank, start, _, first, is_first) = run[0], window
    if (run[-1][0], run[-1][1] + 1, was_first, first_rank) != (rank, start, is_first, first[0]):
        return False
    return is_first or rank != first_rank or first[1] >= first_start or start >= first_start + length


def _narrowed(run, texts, length):
    rank, start, _, (first_rank, first_start), is_first = run[0]
    text, end, begin = texts[rank], run[-1][1] + length, start
    while text[start] & 0xC0 == 0x80:
        start += 1
    while end < len(text) and text[end] & 0xC0 == 0x80:
        end -= 1
    return rank, start, end, max(window[2] for window in run), first_rank, first_start + start - begin, is_first


def occurrences(texts, length, *, inside=False):
    """How often each repeated window stands."""
    places = defaultdict(list)
    for rank, text in enumerate(texts):
        for start in range(len(text) - length + 1):
            places[text[start : start + length]].append(rank)
    return [len(ranks) for ranks in places.values() if len(ranks if inside else set(ranks)) > 1]
