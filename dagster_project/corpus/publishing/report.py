"""Reports as pages that open offline: nothing loaded, every value from data escaped at one door."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from dagster_project.corpus.model.escaping import visible, web_address
from dagster_project.corpus.publishing.card_wording import years
from dagster_project.corpus.publishing.sentences import Code, Sentence
from dagster_project.corpus.publishing.wording import FILTERS, counted

SHOWN_CHARS = 4000  # of any one value
LINK = Markup('<a href="{}" rel="noreferrer noopener nofollow">{}</a>')
LINK_CHARS = 300
CODE, MAY_BREAK = Markup("<code>{}</code>"), Markup("<wbr>")
JOINTS = re.compile(r"(?<=[/._])(?=[^\W_])|(?=[\[@+])")  # where a long name may go on in the next line
SERIES = ("sources", "mix")
LISTED = 500  # rows of one table; the JSON report has all of them
CHARTED = 15  # bars of one chart, the rest as one
CHARTED_SHARE = 0.003  # below which a bar joins the rest


@cache
def template(name: str) -> Template:
    """A page of this room, whose every value goes through `shown`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {
            **FILTERS,
            "link": link,
            "name": name_of,
            "code": code,
            "bars": bars,
            "charted": charted,
            "years": years,
            "yearly": yearly,
        }
    )
    return environment.get_template(name)


def shown(value: Any) -> Any:
    """Every value on its way into the page: numbers grouped by thousands, hidden characters visible, length bounded."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Sentence):
        return Markup("").join(code(piece) if isinstance(piece, Code) else shown(str(piece)) for piece in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return visible(value, SHOWN_CHARS) if isinstance(value, str) else value


def name_of(text: str) -> Markup:
    """A name that may be broken at its joints: `filtered/web@1+gopher` at / @ +, a rule after its underscores."""
    return MAY_BREAK.join(JOINTS.split(visible(text, SHOWN_CHARS)))


def code(text: str) -> Markup:
    """A name or a command as code."""
    return CODE.format(name_of(text))


def link(text: str, said: str = "") -> Markup | str:
    """A web address as a link, anything else as it is."""
    address = web_address(text)
    if address is None:
        return said or text
    return LINK.format(address, visible(said or address, LINK_CHARS))


def charted(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The largest of named counts as rows of a chart, the rest of them as one row, by name where it is one."""
    least = sum(counts.values()) * CHARTED_SHARE
    largest = [(name, count) for name, count in list(counts.items())[:CHARTED] if count >= least]
    largest = [*counts.items()] if len(largest) + 1 == len(counts) <= CHARTED else largest
    rows: list[dict[str, Any]] = [{"name": name, "documents": count} for name, count in largest]
    if rest := sum(counts.values()) - sum(row["documents"] for row in rows):
        rows.append({"name": counted(len(counts) - len(rows), "other"), "documents": rest})
    return rows


def yearly(counts: Mapping[int, int]) -> list[dict[str, Any]]:
    """Years as rows of a chart, the latest of them; earlier ones as one row."""
    names = sorted(counts)
    early, late = names[:-CHARTED], names[-CHARTED:]
    rows: list[dict[str, Any]] = [{"name": str(year), "documents": counts[year]} for year in late]
    before = {"name": f"until {early[-1]}", "documents": sum(counts[year] for year in early)} if early else None
    return [before, *rows] if before else rows


def bars(rows: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    """Rows with the width of their bar, in percent of the longest; nothing has no bar."""
    longest = max((int(row[name] or 0) for row in rows), default=0) or 1
    return [{**row, "width": f"{100 * row[name] / longest:.2f}" if row[name] else ""} for row in rows]


def bins(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The two histograms of words per document, in percent of each one's documents, from its first bin to its last."""
    sources, mix = (facts["words_histogram"][name] for name in SERIES)
    numbers = [int(name) for name in (*sources, *mix)]
    found = [_bin(number, sources, mix) for number in range(min(numbers), max(numbers) + 1)] if numbers else []
    highest = max(_parts(found), default=0) or 1
    return [{**item, **{f"{name}_height": f"{100 * item[name] / highest:.2f}" for name in SERIES}} for item in found]


def _bin(number: int, sources: Mapping[str, int], mix: Mapping[str, int]) -> dict[str, Any]:
    name = str(number)
    return {
        "from": 2**number if number >= 0 else 0,
        "to": 2 ** (number + 1) - 1 if number >= 0 else 0,
        "sources": 100 * sources.get(name, 0) / (sum(sources.values()) or 1),
        "mix": 100 * mix.get(name, 0) / (sum(mix.values()) or 1),
        "documents": {"sources": sources.get(name, 0), "mix": mix.get(name, 0)},
    }


def _parts(found: Iterable[Mapping[str, Any]]) -> Iterable[float]:
    return (item[name] for item in found for name in SERIES)
