"""Robust winnowing as its paper tells it: a list of hashes, a window of them at a time."""

WORD = (1 << 64) - 1


def gram_hashes(text, gram, base, codes):
    hashes = []
    for start in range(len(text) - gram + 1):
        value = 0
        for byte in text[start : start + gram]:
            value = (value * base + codes[byte]) & WORD
        hashes.append(value)
    return hashes


def anchors(text, length, base, codes):
    """Of each anchor (hash, first window, last window, has one of its windows the hash twice)."""
    gram = length // 2
    hashes, grams = gram_hashes(text, gram, base, codes), length - gram + 1
    found, place = [], None
    for window in range(len(text) - length + 1):
        here = hashes[window : window + grams]
        least = min(here)
        if place is None or place < window or hashes[place] != least:
            place = window + max(i for i, value in enumerate(here) if value == least)
            found.append([least, window, window, False])
        found[-1][2] = window
        found[-1][3] |= here.count(least) > 1
    return [tuple(anchor) for anchor in found]
