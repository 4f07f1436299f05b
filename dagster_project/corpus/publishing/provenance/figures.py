"""Which charts the page has, of which facts; each stands beside a table of the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dagster_project.corpus.publishing.observed import UNDATED
from dagster_project.corpus.publishing.provenance.charts import bars, columns, funnel, matrix
from dagster_project.corpus.publishing.provenance.flows import UNITS, Flow, Node, flow_of
from dagster_project.corpus.publishing.provenance.pictures import BAR, HALF, PALE, both, picture
from dagster_project.corpus.publishing.provenance.sankey import HEADS, sankey
from dagster_project.corpus.publishing.report import bins, charted
from dagster_project.corpus.publishing.wording import counted, percent, power

Facts = Mapping[str, Any]
CHARTED = 12  # bars of one chart
YEARS = 40  # columns of one, the latest
PAIRED = 15  # sources of the matrix, those with most pairs
LOSSES = 12  # lines under one stage of the funnel
SERIES = {"sources": PALE, "mix": BAR}


def figures_of(facts: Facts) -> dict[str, Markup]:
    """Every chart by name, as SVG; of what there is nothing there is none."""
    found = {f"flow_{unit}": picture(sankey(flow_of(facts, unit), unit), "wide") for unit in UNITS}
    found["license"] = both(bars, _shared(facts["composition"]["license"]))
    for name in ("source", "component", "phase"):
        found[name] = both(bars, _shared(facts["composition"][name]), wide=HALF)
    found["languages"] = both(bars, _counted(facts["languages"], "entries"), wide=HALF)
    found["domains"] = both(bars, _shared(domain_rows(facts)), wide=HALF)
    found["copies"] = both(bars, _counted(copies_of(facts), "documents"), wide=HALF)
    found["funnel"] = both(funnel, _stages(facts["funnel"]))
    found["lengths"] = both(columns, _lengths(facts), SERIES)
    for name, age in facts["ages"].items():
        if rows := year_rows(age["years"]):
            found[name] = both(columns, rows, {"mix": BAR})
    names, cells = _pairs(facts)
    if cells:
        found["overlap"] = both(matrix, names, cells, "pairs")
    return found


def domain_rows(facts: Facts) -> list[dict[str, Any]]:
    """The domains with most words, with their share of the words that have an address."""
    words = facts["domains"]["words"] or 1
    return [{**row, "name": row["domain"], "share": row["words"] / words} for row in facts["domains"]["listed"]]


def copies_of(facts: Facts) -> dict[str, int]:
    """Documents by how often they are in the mix."""
    return {"once" if name == "1" else f"{name} times": count for name, count in facts["repetition"]["copies"].items()}


def year_rows(years: Mapping[str, int]) -> list[dict[str, Any]]:
    """Entries by year, each year from the first to the last; of more than YEARS the early ones are one column."""
    known = {int(year): count for year, count in years.items() if year != UNDATED}
    if not known:
        return []
    last, total = max(known), sum(known.values())
    first = max(min(known), last - YEARS + 1)
    rows = [(str(year), known.get(year, 0)) for year in range(first, last + 1)]
    if early := sum(count for year, count in known.items() if year < first):
        rows = [(f"<{first}", early), *rows]
    return [
        {"name": name, "told": name, "documents": count, "mix": 100 * count / total, "said": {"mix": f"{count:,}"}}
        for name, count in rows
    ]


def flow_rows(facts: Facts) -> list[dict[str, Any]]:
    """Every band of the flow with its amount in each unit; of words some steps are told apart, and some are not."""
    flows = {unit: flow_of(facts, unit) for unit in UNITS}
    pairs = dict.fromkeys(pair for flow in flows.values() for pair in flow.links)
    rows = sorted(pairs, key=lambda pair: (pair[0].column, pair[0].number, pair[1].column, pair[1].number))
    return [
        {
            "stage": HEADS[target.column],
            "from": _where(source),
            "to": _where(target),
            **{unit: _amount(flows[unit], (source, target)) for unit in UNITS},
        }
        for source, target in rows
    ]


def overlap_rows(facts: Facts) -> list[dict[str, Any]]:
    """Pairs of documents found alike, by the two sources that they are in, the most frequent first."""
    rows = [{"one": one, "other": other, "kinds": kinds} for (one, other), kinds in _edges(facts).items()]
    return sorted(rows, key=lambda row: (-sum(row["kinds"].values()), row["one"], row["other"]))


def _edges(facts: Facts) -> dict[tuple[str, str], Counter[str]]:
    total: dict[tuple[str, str], Counter[str]] = {}
    for family in facts["families"]:
        for one, others in family["overlap"].items():
            for other, kinds in others.items():
                total.setdefault((one, other), Counter()).update({kind: n for kind, n in kinds.items() if n})
    return total


def _pairs(facts: Facts) -> tuple[list[str], dict[tuple[int, int], int]]:
    """The sources with most pairs, by name, and the pairs of each two of them, the lower number first."""
    edges = {pair: kinds.total() for pair, kinds in _edges(facts).items()}
    most: Counter[str] = Counter()
    for pair, count in edges.items():
        most.update(dict.fromkeys(pair, count))
    names = sorted(name for name, _ in sorted(most.items(), key=lambda item: (-item[1], item[0]))[:PAIRED])
    numbers = {name: number for number, name in enumerate(names)}
    cells = {
        (numbers[one], numbers[other]): count
        for (one, other), count in edges.items()
        if one in numbers and other in numbers and count
    }
    return names, {(min(pair), max(pair)): count for pair, count in cells.items()}


def _shared(rows: Sequence[Facts]) -> list[dict[str, Any]]:
    """Rows of a chart by words; the smallest of more than CHARTED as one."""
    shown = list(rows if len(rows) <= CHARTED else rows[: CHARTED - 1])
    found = [_bar(row["name"], row["share"], row["documents"]) for row in shown]
    if rest := rows[len(shown) :]:
        share, documents = (sum(row[name] for row in rest) for name in ("share", "documents"))
        found.append(_bar(counted(len(rest), "other"), share, documents))
    return found


def _bar(name: str, share: float, documents: int) -> dict[str, Any]:
    return {"name": name, "share": share, "said": f"{percent(share)} of words · {documents:,}"}


def _counted(counts: Mapping[str, int], unit: str) -> list[dict[str, Any]]:
    total = sum(counts.values()) or 1
    return [
        {
            "name": row["name"],
            "share": row["documents"] / total,
            "said": f"{percent(row['documents'] / total)} · {row['documents']:,} {unit}",
        }
        for row in charted(counts)
    ]


def _lengths(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "name": power(row["from"]),
            "told": f"{row['from']:,} to {row['to']:,} words",
            "said": {
                "sources": f"{row['documents']['sources']:,} documents of the sources",
                "mix": f"{row['documents']['mix']:,} entries of the mix",
            },
        }
        for row in bins(facts)
    ]


def _stages(found: Facts) -> list[dict[str, Any]]:
    """The stages of the funnel with what stays of each for the next, and why the rest does not."""
    steps = [*found["steps"], {"after": found["stages"][-1]["documents"], "losses": []}]
    return [
        {
            "name": stage["stage"],
            "value": stage["documents"],
            "said": f"{stage['documents']:,}",
            "stays": step["after"],
            "losses": list(_losses(step["losses"])),
        }
        for stage, step in zip(found["stages"], steps, strict=True)
    ]


def _losses(losses: Sequence[Facts]) -> Iterator[str]:
    for loss in losses[:LOSSES]:
        yield f"{'−' if loss['documents'] > 0 else '+'} {abs(loss['documents']):,} {loss['reason']}"
    if rest := losses[LOSSES:]:
        yield f"− {sum(loss['documents'] for loss in rest):,} for {counted(len(rest), 'other reason')}"


def _where(node: Node) -> str:
    return node.name if node.kind in ("loss", "gain", "phase") else f"{node.name}, {HEADS[node.column]}"


def _amount(flow: Flow, pair: tuple[Node, Node]) -> int | None:
    return flow.links.get(pair)
