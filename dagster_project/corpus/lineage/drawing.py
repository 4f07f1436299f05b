"""Lineage as graphs: the versions that a partition stands on or that stand on it, the way of a document, the mixes of
an answer; written for Graphviz and for Mermaid.

Labels come from recipes and documents, so that each syntax escapes whatever could end a label or begin another thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.corpus.model.escaping import visible

LABEL = 200  # characters of a line of a label


@dataclass(frozen=True)
class Node:
    """A thing in a graph: a version, a document, a mix. `id` tells it from others and is never shown."""

    id: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes in their order, and edges in the direction in which data flows."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


def drawn(graph: Graph, form: str) -> str:
    """The text of a graph for a program that draws it."""
    return FORMS[form](graph)


def _dot(graph: Graph) -> str:
    names = _names(graph)
    lines = [f'  {names[node.id]} [label="{_lines(node, _in_dot, chr(92) + "n")}"];' for node in graph.nodes]
    lines += [f"  {names[above]} -> {names[below]};" for above, below in graph.edges]
    return "\n".join(["digraph lineage {", "  rankdir=LR;", "  node [shape=box];", *lines, "}"])


def _mermaid(graph: Graph) -> str:
    names = _names(graph)
    lines = [f'  {names[node.id]}["{_lines(node, _in_mermaid, "<br/>")}"]' for node in graph.nodes]
    lines += [f"  {names[above]} --> {names[below]}" for above, below in graph.edges]
    return "\n".join(["flowchart LR", *lines])


FORMS: dict[str, Callable[[Graph], str]] = {"dot": _dot, "mermaid": _mermaid}


def _names(graph: Graph) -> dict[str, str]:
    """Names of our own: no id of a store stands where a syntax could read it."""
    return {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}


def _lines(node: Node, escaped: Callable[[str], str], end: str) -> str:
    return end.join(escaped(visible(line, LABEL)) for line in node.lines)


def _in_dot(text: str) -> str:
    """Within double quotes: backslashes begin escapes such as \\N and \\l, a quote ends the label."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _in_mermaid(text: str) -> str:
    """Within double quotes: every character but letters, digits and a few signs as its number, which HTML and Mermaid
    both read as the character alone. Mermaid writes these #…; without the ampersand."""
    plain = "".join(
        character if character.isalnum() or character in " .,-_/@+:=()" else f"#{ord(character)};" for character in text
    )
    return plain.replace("://", "#58;//")  # no link of its own


# ---- what is drawn ------------------------------------------------------------------------------------------------


def of_versions(versions: Sequence[Mapping[str, Any]], edges: Iterable[tuple[str, str]]) -> Graph:
    """Versions as `partitions.py` tells them, with their counts."""
    nodes = [Node(item["id"], (item["partition"], item["id"][:12], *_counts(item))) for item in versions]
    return Graph(tuple(nodes), tuple(edges))


def of_documents(found: Sequence[Mapping[str, Any]]) -> Graph:
    """The way of each document through the versions that decided on it."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], None] = {}
    for traced in found:
        document = traced["document"]
        last = f"{traced['raw']['object']}\0raw"
        nodes.setdefault(last, Node(last, ("raw object", traced["raw"]["object"])))
        own = f"{document['doc_id']}\0document"
        title = [line for line in (document["title"], document["locator"]) if line]
        nodes[own] = Node(own, (f"document {document['doc_id']}", *title))
        edges[last, own] = None
        last = own
        for item in traced["decisions"]:
            here = f"{item['id']}\0{item['decision']}\0{item['rule']}\0{item['value']}"
            because = [] if item["rule"] is None else [f"{item['rule']}: {item['value']}"]
            nodes.setdefault(here, Node(here, (item["partition"], item["id"][:12], item["decision"], *because)))
            edges[last, here] = None
            last = here
    return Graph(tuple(nodes.values()), tuple(edges))


def of_impact(answer: Mapping[str, Any]) -> Graph:
    """What was asked about, the mixes that hold it and the shards of these."""
    asked = ", ".join(f"{name}: {value}" for name, value in answer["asked"].items())
    nodes, edges = [Node("asked", (asked,))], []
    for item in answer["mixes"]:
        counts = f"{item['documents']:,} documents, {item['members']:,} members, {len(item['shards']):,} shards"
        derived = [f"{item['derived']:,} derived documents"] if item["derived"] else []
        nodes.append(Node(item["version"], (f"mixed/{item['mix']}", item["version"][:12], counts, *derived)))
        edges.append(("asked", item["version"]))
    return Graph(tuple(nodes), tuple(edges))


def _counts(item: Mapping[str, Any]) -> list[str]:
    return [f"{item['rows']:,} rows"] if item.get("rows") is not None else []
