"""OpenLineage 2-0-2: one COMPLETE event for every build below a mix, inputs before what is made of them, as JSON lines.

A dataset is a partition, its version our version id, its run a UUID of that id; so an event that is sent twice is the
same event. The facet `florilegium_license` is our own: LicenseDatasetFacet.json is its schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from dagster_project.corpus.standards.columns import Column, columns_behind
from dagster_project.corpus.standards.terms import (
    ROOT,
    SOFTWARE,
    Facts,
    address,
    document,
    expression,
    published_at,
    sources_in,
    urn,
    uuid_of,
)

PRODUCER = f"{ROOT}producer"
SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
}
SUBSET = f"{SPEC}/facets/1-0-0/BaseSubsetDatasetFacet.json#/$defs/InputSubsetInputDatasetFacet"
LICENSE = f"{ROOT}facets/1-0-0/LicenseDatasetFacet.json"
RESTRICTIONS = ("sources", "languages", "domains", "licenses", "where", "quantile", "sample")  # of a component
IDENTITY, TRANSFORMATION = "IDENTITY", "TRANSFORMATION"
Data = dict[str, Any]


def openlineage(facts: Facts) -> bytes:
    """The events, one a line."""
    return b"".join(document(event, indent=None) for event in events(facts))


def events(facts: Facts) -> Iterator[Data]:
    """The events as data, in the order of builds."""
    versions = {version["id"]: version for version in facts["versions"]}
    below = {version["id"]: version["inputs"] for version in facts["versions"]}
    for number in TopologicalSorter(below).static_order():
        yield _event(facts, versions[number], versions)


def _event(facts: Facts, version: Facts, versions: Mapping[str, Facts]) -> Data:
    inputs = [versions[number] for number in version["inputs"]]
    return {
        "eventType": "COMPLETE",
        "eventTime": version["published_at"] or published_at(facts),
        "producer": PRODUCER,
        "schemaURL": RUN_EVENT,
        "run": {"runId": uuid_of("build", version["id"]), "facets": {}},
        "job": {"namespace": SOFTWARE, "name": version["partition"], "facets": {}},
        "inputs": [_input(facts, version, item) for item in inputs] or list(_registered(facts, version)),
        "outputs": [_output(facts, version, inputs)],
    }


def _input(facts: Facts, version: Facts, item: Facts) -> Data:
    parts = list(_parts(facts, item)) if version["id"] == facts["mix"]["id"] else []
    condition = {"type": "partition", "partitions": parts}
    subset = {"subset": {"_producer": PRODUCER, "_schemaURL": SUBSET, "inputCondition": condition}} if parts else {}
    return {**_dataset(item["partition"]), "facets": _common(item), "inputFacets": subset}


def _parts(facts: Facts, item: Facts) -> Iterator[Data]:
    """What components take of a corpus or of an earlier mix, if one of them takes a part."""
    taking = [part for part in facts["mix"]["recipe"]["components"] if _origin(part) == item["partition"]]
    if any(part.get(name) for part in taking for name in RESTRICTIONS):
        for part in taking:
            limits = {name: _said(part[name]) for name in RESTRICTIONS if part.get(name)}
            yield {"identifier": part["name"], "dimensions": {"component": part["name"], **limits}}


def _origin(component: Facts) -> str:
    return f"deduplicated/{component['corpus']}" if component["corpus"] else f"mixed/{component['replay']}"


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _registered(facts: Facts, version: Facts) -> Iterator[Data]:
    """The source of a snapshot, as it is registered."""
    for source in facts["sources"]:
        if source["snapshot"] == version["id"]:
            uri = address(source["homepage"]) or urn("source", source["source"])
            yield {
                **_dataset(f"sources/{source['source']}"),
                "facets": {
                    **_facet("dataSource", name=source["source"], uri=uri),
                    **_license(source["license"], {source["source"]: source}),
                },
                "inputFacets": {},
            }


def _output(facts: Facts, version: Facts, inputs: list[Facts]) -> Data:
    fields = {
        column: {"inputFields": [_field(behind) for behind in found]}
        for column, found in columns_behind(facts, version, inputs).items()
    }
    size = _facet("outputStatistics", rowCount=version["rows"], size=version["size_bytes"])
    lineage = _facet("columnLineage", fields=fields, dataset=[]) if fields else {}
    return {
        **_dataset(version["partition"]),
        "facets": {**_common(version), **lineage, **_licensed(facts, version)},
        "outputFacets": size,
    }


def _field(behind: Column) -> Data:
    subtype = IDENTITY if behind.same else TRANSFORMATION
    transformation = {"type": "DIRECT", "subtype": subtype, "description": "", "masking": False}
    return {**_dataset(behind.partition), "field": behind.name, "transformations": [transformation]}


def _dataset(name: str) -> Data:
    return {"namespace": SOFTWARE, "name": name}


def _common(version: Facts) -> Data:
    columns = [{"name": name, "type": kind} for name, kind in version["columns"]]
    return {
        **_facet("version", datasetVersion=version["id"]),
        **(_facet("schema", fields=columns) if columns else {}),
        **_facet("dataSource", name=SOFTWARE, uri=f"{ROOT}store"),
    }


def _facet(name: str, /, **fields: Any) -> Data:
    schema, _, title = FACETS[name].partition("/")
    url = f"{SPEC}/facets/{schema}/{title}.json#/$defs/{title}"
    return {name: {"_producer": PRODUCER, "_schemaURL": url, **fields}}


def _licensed(facts: Facts, version: Facts) -> Data:
    """The license of a version of which we know it: a snapshot, what was concluded of one, the mix and its files."""
    if version["stage"] in ("snapshots", "licensed"):
        key = version["partition"].partition("/")[2]
        own = [item for item in facts["sources"] if item["snapshot"] in (version["id"], *version["inputs"])]
        return _license(own[0]["concluded"], {key: own[0]}) if own else {}
    if version["id"] in (facts["mix"]["id"], facts["mix"]["published_id"]):
        return _license(facts["mix"]["license"], {source["source"]: source for source in sources_in(facts)})
    return {}


def _license(license: str, sources: Mapping[str, Facts]) -> Data:
    parts = [
        {"source": key, "declared": expression(item["license"]), "concluded": expression(item["concluded"])}
        for key, item in sources.items()
    ]
    return {
        "florilegium_license": {
            "_producer": PRODUCER,
            "_schemaURL": LICENSE,
            "expression": expression(license),
            "sources": parts,
        }
    }
