"""Components by flooding: every id takes its neighbors' smallest label until nothing changes."""


def components(n: int, edges: list[tuple[int, int]]) -> list[int]:
    labels, changed = list(range(n)), True
    while changed:
        before = labels[:]
        for i, j in edges:
            labels[i] = labels[j] = min(labels[i], labels[j])
        changed = labels != before
    return labels
