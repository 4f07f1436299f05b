"""Sketches and their similarity, by sets."""

GOLDEN, MASK = 0x9E3779B97F4A7C15, 2**64 - 1


def mix64(value):
    """One step of splitmix64."""
    value = (value + GOLDEN) & MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    return value ^ value >> 31


def short_hashes(hashes):
    """What sketches choose from: the high halves of the mixed hashes."""
    return {mix64(value) >> 32 for value in hashes}


def sketch(values, k):
    """The k least of a set."""
    return sorted(values)[:k]


def jaccard(left, right):
    """Of two sets."""
    return len(left & right) / len(left | right) if left | right else 0.0


def estimate(left, right, k):
    """Of two sketches: exact if both are whole, else by the k least of the union."""
    left, right = set(left), set(right)
    if len(left) < k and len(right) < k:
        return jaccard(left, right)
    least = set(sorted(left | right)[:k])
    return len(left & right & least) / len(least)
