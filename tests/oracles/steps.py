"""Who reads which sample, by dealing samples out one at a time."""

from __future__ import annotations


def dealt(total: int, start: int, ranks: int, batch: int) -> list[list[list[int]]]:
    """For each step, for each rank, its samples."""
    steps: list[list[list[int]]] = []
    for sample in range(start, total):
        if not steps or all(len(held) == batch for held in steps[-1]):
            steps.append([[] for _ in range(ranks)])
        next(held for held in steps[-1] if len(held) < batch).append(sample)
    return steps


def in_turn(workers: list[list[list[int]]]) -> list[list[int]]:
    """Batches taken from workers in turn, passing over those that are at their end."""
    taken, queues = [], [list(queue) for queue in workers]
    while any(queues):
        for queue in queues:
            if queue:
                taken.append(queue.pop(0))
    return taken
