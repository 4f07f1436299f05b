"""From records to phases as a graph of amounts, in documents or in words: what goes in anywhere comes out again.

Columns are the stages of STAGES. Every node beyond the first column has as much coming in as its amount, and every node
that is no end as much going out; `law` is what a test asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dagster_project.corpus.publishing.funnel import TURNED_AWAY, takes_from

Facts = Mapping[str, Any]
Kind = Literal["source", "component", "phase", "loss", "gain"]
READ, DOCUMENTS, KEPT, SURVIVORS, ASKED, MIXED, PHASES = range(7)
STAGES = ("read", "documents", "kept", "survivors", "looked at", "in the mix", "phases")
UNITS = ("documents", "words")
MOST = 8  # nodes of one kind in a column; the others as one
OTHERS = "all others"


@dataclass(frozen=True)
class Node:
    """An amount at a stage; the number tells sources, components and phases of one column apart."""

    column: int
    kind: Kind
    name: str
    number: int = 0


@dataclass
class Flow:
    """Amounts that go from one node to another, each pair once, in the order in which they were first named."""

    links: dict[tuple[Node, Node], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, source: Node, target: Node, amount: int) -> None:
        if amount:
            self.links[source, target] += amount

    def lose(self, source: Node, target: Node, name: str, amount: int) -> None:
        """What a stage takes away on the way from source to target; less than nothing is what it adds."""
        if amount > 0:
            self.add(source, Node(source.column + 1, "loss", name), amount)
        else:
            self.add(Node(source.column, "gain", name), target, -amount)

    @property
    def nodes(self) -> list[Node]:
        """Column by column: sources, components and phases by number, then what is lost and gained."""
        found = dict.fromkeys(node for pair in self.links for node in pair)
        return sorted(found, key=lambda node: (node.column, node.kind in ("loss", "gain"), node.number))

    def coming(self, node: Node) -> int:
        return sum(amount for (_, target), amount in self.links.items() if target == node)

    def going(self, node: Node) -> int:
        return sum(amount for (source, _), amount in self.links.items() if source == node)

    def amount(self, node: Node) -> int:
        return max(self.coming(node), self.going(node))

    def law(self) -> list[Node]:
        """Nodes through which more or less goes than comes; of a sound report there are none."""
        inner = [node for node in self.nodes if node.kind not in ("loss", "gain") and READ < node.column < PHASES]
        return [node for node in inner if self.coming(node) != self.going(node)]


def flow_of(facts: Facts, unit: str) -> Flow:
    """The graph of a mix in one unit."""
    flow = Flow()
    members = _numbered(facts["funnel"]["members"], lambda row: row["documents"]["documents"], _member_name)
    components = _numbered(facts["funnel"]["components"], lambda row: row["members"]["documents"], _component_name)
    for member, (number, name) in members:
        _add_member(flow, member, unit, number, name)
    _add_choice(flow, facts, unit, members, components)
    for component, (number, name) in components:
        _add_component(flow, component, unit, number, name, facts["flows"])
    order = [phase["name"] for phase in facts["mix"]["recipe"].get("phases") or ()]
    phases = _numbered(_phases(facts["flows"], order), lambda row: row[unit], lambda row: str(row["phase"]))
    places = {row["phase"]: Node(PHASES, "phase", name, number) for row, (number, name) in phases}
    names = {row["component"]: Node(MIXED, "component", name, number) for row, (number, name) in components}
    for row in facts["flows"]:
        flow.add(names[row["component"]], places[row["phase"]], row[unit])
    return flow


def _add_member(flow: Flow, member: Facts, unit: str, number: int, name: str) -> None:
    """A source in a corpus, from its records to its survivors."""
    read, documents, kept, survivors = (Node(column, "source", name, number) for column in range(READ, ASKED))
    in_documents = unit == "documents"
    flow.add(read, documents, member["documents"][unit])
    if in_documents:
        for reason, count in member["dead_letters"].items():
            flow.lose(read, documents, f"no document: {reason}", count)
        flow.lose(documents, kept, f"by policy {member['policy']}", member["rejected"][unit])
    else:
        flow.lose(documents, kept, f"by policy {member['policy']}", sum(rule["words"] for rule in member["rules"]))
        flow.lose(documents, kept, "taken out by edits", (member["edited"] or {"words": 0})["words"])
    flow.add(documents, kept, member["kept"][unit])
    left = member["kept"][unit] - member["survivors"][unit]
    for kind, copies in member["duplicates"].items():
        flow.lose(kept, survivors, f"{kind} copies", copies[unit])
        left -= copies[unit]
    for reason, counts in (("emptied by cuts", member["emptied"]), ("taken down", member["withdrawn"])):
        flow.lose(kept, survivors, reason, counts[unit])
        left -= counts[unit]
    flow.lose(kept, survivors, "cut as repeated passages", left)
    flow.add(kept, survivors, member["survivors"][unit])


def _add_choice(flow: Flow, facts: Facts, unit: str, members: Sequence[Any], components: Sequence[Any]) -> None:
    """Survivors on their way to each component that looks at them; from the second on they count once more."""
    recipes = {recipe["name"]: recipe for recipe in facts["mix"]["recipe"]["components"]}
    again = Node(SURVIVORS, "gain", "counted for each further component")
    for member, (number, name) in members:
        survivors, amount = Node(SURVIVORS, "source", name, number), member["survivors"][unit]
        taking = [
            Node(ASKED, "component", title, place)
            for row, (place, title) in components
            if takes_from(recipes[row["component"]], member["corpus"], member["source"])
        ]
        if not taking:
            flow.add(survivors, Node(ASKED, "loss", "no component takes it"), amount)
        for count, node in enumerate(taking):
            flow.add(again if count else survivors, node, amount)
    for row, (number, name) in components:
        replayed = row["replayed"] if unit == "documents" else row["eligible"]["words"] * bool(row["replayed"])
        flow.add(Node(SURVIVORS, "gain", "replayed"), Node(ASKED, "component", name, number), replayed)


def _add_component(flow: Flow, row: Facts, unit: str, number: int, name: str, flows: Sequence[Facts]) -> None:
    """A component, from what it looked at to what it put into the mix. Of words that its filters and the license policy
    refused only the sum is known, and the words of a document that a budget cut are those that are left."""
    asked, mixed = Node(ASKED, "component", name, number), Node(MIXED, "component", name, number)
    taken = [item for item in flows if item["component"] == row["component"]]
    if unit == "documents":
        first = row["distinct"]
        for reason, count in row["turned_away"].items():
            flow.lose(asked, mixed, TURNED_AWAY[reason], count)
        flow.lose(asked, mixed, "by the license policy", row["excluded_by_license"])
        flow.lose(asked, mixed, "repeating benchmarks", row["excluded_by_contamination"])
        flow.lose(asked, mixed, "beyond the budget", row["beyond_budget"])
        flow.lose(asked, mixed, "taken down later", row["taken_down"])
    else:
        first = sum(item["first_words"] for item in taken)
        looked_at = row["looked_at_words"] if not row["replayed"] else row["looked_at_words"] + row["eligible"]["words"]
        flow.lose(asked, mixed, "turned away or refused", looked_at - row["eligible"]["words"])
        flow.lose(asked, mixed, "beyond the budget", row["eligible"]["words"] - first)
    flow.add(asked, mixed, first)
    flow.add(Node(ASKED, "gain", "repeated in epochs"), mixed, row["members"][unit] - first)


def _phases(flows: Iterable[Facts], order: Sequence[str]) -> list[dict[str, Any]]:
    total = {name: {"phase": name, **dict.fromkeys(UNITS, 0)} for name in order}
    for row in flows:
        sums = total.setdefault(row["phase"], {"phase": row["phase"], **dict.fromkeys(UNITS, 0)})
        for unit in UNITS:
            sums[unit] += row[unit]
    return list(total.values())


def _numbered(rows: Sequence[Facts], amount: Any, name: Any) -> list[tuple[Facts, tuple[int, str]]]:
    """Rows with their number and name; the smallest of more than MOST share the last number, and the name OTHERS."""
    largest = sorted(range(len(rows)), key=lambda place: (-amount(rows[place]), place))
    own = set(largest if len(rows) <= MOST else largest[: MOST - 1])
    return [
        (row, (sorted(own).index(place), name(row)) if place in own else (MOST - 1, OTHERS))
        for place, row in enumerate(rows)
    ]


def _member_name(row: Facts) -> str:
    return str(row["source"])


def _component_name(row: Facts) -> str:
    return str(row["component"])
