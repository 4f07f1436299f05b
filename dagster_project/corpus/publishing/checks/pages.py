"""The pages of the Data Docs: all partitions, and one of each with every check of its last judgement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.report import LISTED, template

Facts = Mapping[str, Any]


def index_page(rows: Sequence[Facts], *, served: bool = False) -> bytes:
    """Every partition with what its last judgement came to, those that failed first."""
    ranked = sorted(rows, key=lambda row: (-row["failed"], -row["warned"], row["partition"]))
    return _page("index", served, rows=[{**row, "href": _address(row["place"], served)} for row in ranked])


def version_page(facts: Facts, *, served: bool = False) -> bytes:
    """One judgement: every check with what was expected and what there was."""
    place: Partition = facts["place"]
    back = "/checks" if served else f"{'../' * len(_words(place)[:-1])}index.html"
    data = f"/checks/{place}/result.json" if served else f"{_words(place)[-1]}.json"
    return _page("version", served, facts=facts, back=back, data=data, told=_told)


def path_of(place: Partition, ending: str) -> str:
    """Where a site keeps the page of a partition; keys have no slashes and no `..`."""
    return f"{'/'.join(_words(place))}.{ending}"


def _words(place: Partition) -> list[str]:
    return [place.stage, place.key, place.part or "index"]


def _address(place: Partition, served: bool) -> str:
    return f"/checks/{place}" if served else path_of(place, "html")


def _told(value: Any) -> str:
    """A number or a name as the record has it."""
    return visible(value if isinstance(value, str) else json.dumps(value), 300)


def _page(name: str, served: bool, **facts: Any) -> bytes:
    return f"{template(f'checks/{name}.html').render(**facts, served=served, LISTED=LISTED)}\n".encode()
