"""Clusters of edges: those of the flood, whatever their order; frozen families never meet; chains come apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.deduplication.candidates import EDGE
from dagster_project.corpus.deduplication.clusters import NODE, Clusters, Guard, cluster
from dagster_project.corpus.deduplication.keys import EXACT, NEAR, NORMALIZED, URL, Rows
from dagster_project.corpus.kernels.components import NONE
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from tests.oracles import components as oracle

Edge = tuple[int, int, int, float]  # documents, kind, similarity
KINDS = st.sampled_from([EXACT, NORMALIZED, NEAR, URL])
EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), KINDS, st.floats(0.75, 1.0)), max_size=25)


def records(edges: list[Edge], shard_of: Any = lambda document: 0) -> Rows:
    """Document n has the id (n · 2^50, n), so that ids are in the order of numbers."""
    found = np.zeros(len(edges), EDGE)
    for at, (one, other, kind, similarity) in enumerate(edges):
        for side, document in (("left", one), ("right", other)):
            found[at][f"{side}_high"], found[at][f"{side}_low"] = document << 50, document
            found[at][f"{side}_shard"], found[at][f"{side}_row"] = shard_of(document), document
        found[at]["kind"], found[at]["similarity"] = kind, similarity
    return found


def clustered(
    edges: list[Edge], old: dict[int, int] | None = None, alike: Any = lambda one, other: True, splits: bool = True
) -> Clusters:
    """Documents of `old` are of earlier families, by number; `alike` says which pairs pass the guard."""
    known = old or {}

    def colors_of(nodes: Rows) -> Any:
        return np.array([known[int(row)] for row in nodes["row"]], np.int64)

    def likened(pairs: Rows) -> Rows:
        keep = [alike(int(pair["left_row"]), int(pair["right_row"])) for pair in pairs]
        found = np.zeros(sum(keep), EDGE)
        for name in pairs.dtype.names or ():
            found[name] = pairs[keep][name]
        return found

    heads = np.array([(document << 50, document, 0, document) for document in known], NODE)
    shard_of = (lambda document: 0 if document in known else 1) if known else (lambda document: 0)
    parts = [records(edges[start : start + 3], shard_of) for start in range(0, len(edges), 3)]
    with DiskArrays() as arrays:
        return cluster(arrays, parts, 1 if known else 0, colors_of, Guard(likened, splits, lambda: heads))


def groups(found: Clusters) -> list[list[int]]:
    """The documents of every family, as sets."""
    by_family: dict[int, list[int]] = {}
    for document, family in zip(found.nodes["row"].tolist(), found.family.tolist(), strict=True):
        by_family.setdefault(family, []).append(document)
    return sorted(sorted(each) for each in by_family.values())


@settings(deadline=None)
@given(EDGES, st.randoms())
def test_families_are_those_of_the_flood_in_any_order(edges: list[Edge], random: Any) -> None:
    edges = [edge for edge in edges if edge[0] != edge[1]]
    shuffled = random.sample(edges, len(edges))
    met = sorted({document for one, other, *_ in edges for document in (one, other)})
    labels = oracle.components(13, [(one, other) for one, other, *_ in edges])
    expected = sorted([d for d in met if labels[d] == label] for label in {labels[d] for d in met})
    assert groups(clustered(edges)) == groups(clustered(shuffled)) == expected


@settings(deadline=None)
@given(EDGES, st.randoms())
def test_of_two_edges_between_documents_the_surest_counts(edges: list[Edge], random: Any) -> None:
    edges = [(min(edge[:2]), max(edge[:2]), *edge[2:]) for edge in edges if edge[0] != edge[1]]
    found, again = clustered(edges), clustered(random.sample(edges, len(edges)))
    best: dict[tuple[int, int], int] = {}
    for one, other, kind, _ in edges:
        best[one, other] = min(kind, best.get((one, other), kind))
    told = {
        (int(found.nodes["row"][one]), int(found.nodes["row"][other])): int(kind)
        for (one, other), kind in zip(found.ends.tolist(), found.kinds.tolist(), strict=True)
    }
    assert told == best
    assert found.kinds.tolist() == again.kinds.tolist()


def test_two_earlier_families_are_never_joined_and_the_stronger_edge_wins() -> None:
    """3 is like 1 of one family, and liker 2 of another."""
    found = clustered([(1, 3, NEAR, 0.8), (2, 3, NEAR, 0.95), (3, 4, NEAR, 0.9)], old={1: 0, 2: 1})
    color = dict(zip(found.nodes["row"].tolist(), found.color.tolist(), strict=True))
    assert color == {1: 0, 2: 1, 3: 1, 4: 1}
    assert found.counts["bridges"] == 1


def test_new_documents_alone_have_no_color() -> None:
    found = clustered([(5, 6, NEAR, 0.8), (1, 7, EXACT, 1.0)], old={1: 0})
    assert dict(zip(found.nodes["row"].tolist(), found.color.tolist(), strict=True)) == {1: 0, 5: NONE, 6: NONE, 7: 0}


CHAIN: list[Edge] = [(n, n + 1, NEAR, 0.8) for n in range(6)]


def near_in_line(one: int, other: int) -> bool:
    return abs(one - other) < 3


def test_a_chain_comes_apart_into_families_that_are_like_their_leaders() -> None:
    """0 - 1 - … - 6: of those with two neighbors the smallest leads, and whoever is 3 steps from it leaves."""
    found = clustered(CHAIN, alike=near_in_line)
    assert groups(found) == [[0, 1, 2, 3], [4, 5, 6]]
    assert found.counts == {"chained": 1, "distant": 3, "bridges": 0}


def test_a_chain_may_be_reported_alone() -> None:
    found = clustered(CHAIN, alike=near_in_line, splits=False)
    assert groups(found) == [list(range(7))]
    assert found.counts["distant"] == 3


def test_a_url_joins_what_the_guard_would_not() -> None:
    found = clustered([*CHAIN[:2], (0, 9, URL, -1.0)], alike=lambda one, other: False)
    assert groups(found) == [[0, 1, 2, 9]]


def test_the_twin_of_a_link_leaves_with_it() -> None:
    """8 has the text of 6."""
    found = clustered([*CHAIN, (6, 8, EXACT, 1.0)], alike=lambda one, other: near_in_line(one, min(other, 6)))
    assert groups(found) == [[0, 1, 2, 3], [4, 5, 6, 8]]
    twins = dict(zip(found.nodes["row"].tolist(), found.nodes["row"][found.same_text].tolist(), strict=True))
    assert twins[8] == 6
    assert found.has_twin.sum() == 2


def test_no_edges_no_families() -> None:
    assert len(clustered([]).nodes) == 0
