"""SPDX 3.0.1 with its Dataset profile, as JSON-LD: the mix and its sources as dataset packages, licenses, ancestry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dagster_project.corpus.standards.terms import (
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

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
PROFILES = ("core", "software", "dataset", "simpleLicensing")
CREATION = "_:creation"
# what nothing in the registry answers (private, synthetic) has no availability
AVAILABILITY = {"public": "directDownload", "gated": "registration", "licensed": "registration"}
SENSITIVE = {"none": "no", "unlikely": "no", "possible": "yes", "likely": "yes"}  # else no assertion
Node = dict[str, Any]


def spdx(facts: Facts) -> bytes:
    """The document; identifiers derive from version ids."""
    elements = list(_elements(facts))
    creation = {
        "type": "CreationInfo",
        "@id": CREATION,
        "created": published_at(facts),
        "createdBy": [urn("agent", SOFTWARE)],
        "specVersion": "3.0.1",
    }
    whole = {
        "type": "SpdxDocument",
        "spdxId": urn("spdx", facts["mix"]["id"]),
        "name": facts["mix"]["key"],
        "profileConformance": list(PROFILES),
        "rootElement": [urn("version", facts["mix"]["id"])],
        "element": [element["spdxId"] for element in elements],
    }
    named = [{**element, "creationInfo": CREATION} for element in (whole, *elements)]
    return document({"@context": CONTEXT, "@graph": [creation, *named]})


def _elements(facts: Facts) -> Iterator[Node]:
    yield {"type": "SoftwareAgent", "spdxId": urn("agent", SOFTWARE), "name": SOFTWARE}
    sources = list(sources_in(facts))
    for name in sorted({stated(source["publisher"]) for source in sources} | {"not stated"}):
        yield {"type": "Organization", "spdxId": _publisher(name), "name": name}
    said = {facts["mix"]["license"], *(source[name] for source in sources for name in ("license", "concluded"))}
    for license in sorted(set(map(expression, said))):
        yield _license(license)
    yield _mix(facts)
    yield _licensed("hasConcludedLicense", facts["mix"]["id"], facts["mix"]["license"])
    for source in sources:
        yield _source(source, facts)
        yield _licensed("hasDeclaredLicense", source["snapshot"], source["license"])
        yield _licensed("hasConcludedLicense", source["snapshot"], source["concluded"])
        yield _relation("ancestorOf", source["snapshot"], [urn("version", facts["mix"]["id"])])
    for file in facts["exports"]:
        yield _file(file)
    if facts["exports"]:
        yield _relation("contains", facts["mix"]["id"], [_file(file)["spdxId"] for file in facts["exports"]])


def _mix(facts: Facts) -> Node:
    mix = facts["mix"]
    return {
        **_package(mix["id"], title_of(facts), published_at(facts)),
        "description": description(facts),
        "software_downloadLocation": urn("version", mix["id"]),
        "originatedBy": [_publisher("not stated")],
        "dataset_datasetSize": sum(file["size_bytes"] for file in facts["exports"]),
        "dataset_dataCollectionProcess": "mixed from the datasets that are ancestors of this one",
        "dataset_dataPreprocessing": ["filtered by policies", "deduplicated", "admitted by a license policy"],
        "dataset_hasSensitivePersonalInformation": _joined(sources_in(facts)),
        "dataset_intendedUse": "training of language models",
        "dataset_knownBias": ["not stated"],
    }


def _source(source: Facts, facts: Facts) -> Node:
    """A source as its snapshot; times that nobody recorded are those of the mix, by which it was there."""
    moments = {version["id"]: version["published_at"] for version in facts["versions"]}
    homepage = address(source["homepage"])
    availability = AVAILABILITY.get(source["access"])
    return {
        **_package(
            source["snapshot"],
            known(source["title"]) or source["source"],
            moments.get(source["snapshot"]) or published_at(facts),
        ),
        "summary": source["source"],
        "comment": f"missing of the registry entry: {', '.join(source['missing']) or 'nothing'}",
        "software_downloadLocation": homepage or urn("source", source["source"]),
        **({"software_homePage": homepage} if homepage else {}),
        "originatedBy": [_publisher(stated(source["publisher"]))],
        "dataset_datasetSize": source["raw_bytes"],
        "dataset_dataCollectionProcess": f"method of collection: {stated(source['collection']['method'])}",
        "dataset_hasSensitivePersonalInformation": SENSITIVE.get(source["personal_data"], "noAssertion"),
        "dataset_knownBias": ["not stated"],
        **({"dataset_datasetAvailability": availability} if availability else {}),
    }


def _package(version: str, name: str, moment: str) -> Node:
    return {
        "type": "dataset_DatasetPackage",
        "spdxId": urn("version", version),
        "name": name,
        "software_packageVersion": version,
        "software_primaryPurpose": "data",
        "builtTime": moment,
        "releaseTime": moment,
        "dataset_datasetType": ["text"],
    }


def _joined(sources: Iterator[Facts]) -> str:
    """Yes where one source may hold personal data, no where none does."""
    found = {SENSITIVE.get(source["personal_data"], "noAssertion") for source in sources}
    return next(answer for answer in ("yes", "noAssertion", "no") if answer in found or answer == "no")


def _file(file: Facts) -> Node:
    path = f"{file['format']}/{file['name']}"
    return {
        "type": "software_File",
        "spdxId": urn("file", uuid_of("file", f"{path}/{file['sha256']}")),
        "name": path,
        "software_primaryPurpose": "data",
        "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": file["sha256"]}],
    }


def _license(license: str) -> Node:
    return {
        "type": "simplelicensing_LicenseExpression",
        "spdxId": urn("license", uuid_of("license", license)),
        "simplelicensing_licenseExpression": license,
    }


def _licensed(kind: str, version: str, license: str) -> Node:
    return _relation(kind, version, [_license(expression(license))["spdxId"]])


def _relation(kind: str, version: str, to: Sequence[str]) -> Node:
    return {
        "type": "Relationship",
        "spdxId": urn("relation", uuid_of(kind, f"{version}/{'/'.join(to)}")),
        "from": urn("version", version),
        "relationshipType": kind,
        "to": list(to),
    }


def _publisher(name: str) -> str:
    return urn("publisher", uuid_of("publisher", name))
