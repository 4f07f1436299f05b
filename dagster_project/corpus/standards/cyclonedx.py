"""CycloneDX 1.6 (ECMA-424) as a bill of materials for machine learning: the mix and its sources as data, its files."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.standards.terms import (
    MISSING,
    SOFTWARE,
    Facts,
    address,
    description,
    document,
    expression,
    known,
    published_at,
    sources_in,
    stated,
    title_of,
    urn,
    uuid_of,
)

REGISTERED = ("license", "collection_license", "terms", "redistribution", "commercial", "opt_out")
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"


def cyclonedx(facts: Facts) -> bytes:
    """The bill, as JSON; its serial number derives from the version of the mix."""
    mix, sources = facts["mix"], list(sources_in(facts))
    return document(
        {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid_of('version', mix['id'])}",
            "version": 1,
            "metadata": {
                "timestamp": published_at(facts),
                "tools": {"components": [{"type": "application", "name": SOFTWARE}]},
                "component": _mix(facts),
            },
            "components": [*map(_source, sources), *map(_file, facts["exports"])],
            "dependencies": [
                {
                    "ref": urn("version", mix["id"]),
                    "dependsOn": [urn("version", source["snapshot"]) for source in sources],
                }
            ],
        }
    )


def _mix(facts: Facts) -> dict[str, Any]:
    mix = facts["mix"]
    counts = {name: mix[name] for name in ("documents", "members", "words", "seed")}
    rows = [(f"license:{row['license']}", f"{row['documents']} entries") for row in facts["licenses"]]
    return {
        "type": "data",
        "bom-ref": urn("version", mix["id"]),
        "name": mix["key"],
        "version": mix["id"],
        "description": description(facts),
        **_licensed("concluded", mix["license"]),
        "data": [
            {
                "type": "dataset",
                "name": title_of(facts),
                "classification": stated(mix["access"]),
                "description": description(facts),
                "sensitiveData": [f"{item['source']}: {stated(item['personal_data'])}" for item in sources_in(facts)],
            }
        ],
        "properties": _properties([*counts.items(), ("license", mix["license"]), *rows]),
    }


def _source(source: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "data",
        "bom-ref": urn("version", source["snapshot"]),
        "name": source["source"],
        "version": source["snapshot"],
        "description": f"{known(source['title']) or source['source']}: {source['documents']:,} documents",
        **_licensed("declared", source["license"]),
        "data": [_data(source)],
        "properties": _properties(_told(source)),
    }
    if publisher := known(source["publisher"]):
        found["publisher"] = publisher
    if concluded := _licensed("concluded", source["concluded"]):
        found["evidence"] = concluded
    if homepage := address(source["homepage"]):
        found["externalReferences"] = [{"type": "website", "url": homepage}]
    return found


def _data(source: Facts) -> dict[str, Any]:
    """What CycloneDX says of data: its kind, what is sensitive in it, and who governs it."""
    homepage = address(source["homepage"])
    return {
        "type": "dataset",
        "name": known(source["title"]) or source["source"],
        **({"contents": {"url": homepage}} if homepage else {}),
        "classification": stated(source["access"]),
        "sensitiveData": [f"personal data: {stated(source['personal_data'])}"],
        "description": stated(source["notes"]),
        "governance": {"owners": [{"organization": {"name": stated(source["publisher"])}}]},
    }


def _told(source: Facts) -> list[tuple[str, Any]]:
    """Facts for which the standard has no word; those that are missing are said to be."""
    registered = [(name, source[name]) for name in REGISTERED]
    collected = [(f"collection:{name}", value) for name, value in source["collection"].items()]
    licenses = [(f"license:{name}", f"{count} documents") for name, count in source["licenses"].items()]
    in_mix = [(f"in-mix:{name}", source["in_mix"][name]) for name in ("documents", "words")]
    absent = [(MISSING, name) for name in source["missing"]]
    return [*registered, *collected, *licenses, *in_mix, *absent]


def _file(file: Facts) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"{file['format']}/{file['name']}",
        "name": f"{file['format']}/{file['name']}",
        "hashes": [{"alg": "SHA-256", "content": file["sha256"]}],
        "properties": _properties([("rows", file["rows"]), ("size_bytes", file["size_bytes"])]),
    }


def _licensed(acknowledgement: str, license: str) -> dict[str, Any]:
    """An expression; nothing where nothing is known, for the standard has no word for that."""
    if (said := expression(license)) == NOASSERTION:
        return {}
    return {"licenses": [{"expression": said, "acknowledgement": acknowledgement}]}


def _properties(pairs: list[tuple[str, Any]]) -> list[dict[str, str]]:
    return [{"name": f"{SOFTWARE}:{name}", "value": str(value)} for name, value in pairs]
