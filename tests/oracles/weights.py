"""Weights by sorting a list of documents."""

import math


def weights(costs, segments, least, whole=1000):
    """By document (costs of a word in thousandths of a nat): its segment from 1 on, the most common, and its weight."""
    ordered = sorted(costs)
    cuts = sorted({ordered[-(-number * len(ordered) // segments) - 1] for number in range(1, segments + 1)})
    members = {cut: [] for cut in cuts}
    for cost in ordered:
        members[min(cut for cut in cuts if cost <= cut)].append(cost)
    middles = [found[(len(found) - 1) // 2] for found in members.values()]
    weighed = [max(round(whole * math.exp((middle - middles[-1]) / 1000)), round(whole * least)) for middle in middles]
    numbers = [next(number for number, cut in enumerate(cuts) if cost <= cut) for cost in costs]
    return [(number + 1, weighed[number]) for number in numbers]
