"""Croissant 1.1 (docs.mlcommons.org/croissant): files with hashes, columns of Parquet shards, RAI and PROV.

Files lie where `florilegium fetch MIX --format F --to F` puts them beside this document. Every Parquet shard is a
record set of its own, since a file set of several shards is read only out of an archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dagster_project.corpus.licenses.expressions import NOASSERTION, NONE
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
)

VERSION = "http://mlcommons.org/croissant/1.1"
TERMS = """arrayShape citeAs column containedIn equivalentProperty extract field fileProperty fileObject fileSet format
includes isArray isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace
samplingRate separator source subField transform"""
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{term: f"cr:{term}" for term in TERMS.split()},
}
PARQUET = "application/x-parquet"
UNLISTED = ("LicenseRef-", NOASSERTION, NONE)  # licenses without a page there
MEDIA_TYPES = {"parquet": PARQUET, "zst": "application/zstd", "json": "application/json", "tar": "application/x-tar"}
UNTYPED = "application/octet-stream"
DATA_TYPES = {
    "string": "sc:Text",
    "int64": "cr:Int64",
    "int32": "cr:Int32",
    "fixed_size_binary[16]": "sc:Text",  # there is no type for bytes
}
ONLY_PEOPLE_KNOW = ("dataBiases", "dataLimitations", "dataUseCases", "dataSocialImpact")
SPDX = "https://spdx.org/licenses/"


def croissant(facts: Facts) -> bytes:
    """The document, as JSON-LD."""
    mix = facts["mix"]
    return document(
        {
            "@context": CONTEXT,
            "@type": "sc:Dataset",
            "@id": urn("version", mix["id"]),
            "conformsTo": VERSION,
            "name": title_of(facts),
            "alternateName": mix["key"],
            "identifier": mix["id"],
            "version": f"1.0.0+{mix['id'][:12]}",
            "description": description(facts),
            "url": urn("version", mix["id"]),
            "datePublished": published_at(facts),
            "license": _licenses(facts),
            "creator": {"@type": "sc:Organization", "name": "not stated"},
            "publisher": [{"@type": "sc:Organization", "name": name} for name in _publishers(facts)],
            "citeAs": f"{mix['key']}, version {mix['id']}",
            "isLiveDataset": False,
            "inLanguage": [name for name in facts["languages"] if name != "und"],
            **_responsible(facts),
            "prov:wasDerivedFrom": [_origin(source) for source in sources_in(facts)],
            "prov:wasGeneratedBy": {
                "@id": urn("build", mix["id"]),
                "@type": "prov:Activity",
                "prov:label": f"build of {mix['partition']}",
            },
            "prov:wasAttributedTo": {"@id": urn("agent", SOFTWARE), "@type": "prov:SoftwareAgent"},
            "distribution": [_file(file) for file in facts["exports"]],
            "recordSet": list(_record_sets(facts)),
        }
    )


def _licenses(facts: Facts) -> list[str]:
    """Every license of the mix: the page of a plain SPDX identifier, else the expression."""
    names = (expression(row["license"]) for row in facts["licenses"])
    return [name if " " in name or name.startswith(UNLISTED) else f"{SPDX}{name}" for name in names]


def _publishers(facts: Facts) -> list[str]:
    """Publishers of the sources, each once."""
    return sorted({name for source in sources_in(facts) if (name := known(source["publisher"]))})


def _responsible(facts: Facts) -> dict[str, Any]:
    """The terms of RAI 1.0; what only a person knows says that nobody stated it."""
    sources = list(sources_in(facts))
    rules = sorted({rule["rule"] for member in facts["funnel"]["members"] for rule in member["rules"]})
    return {
        "rai:dataCollection": "; ".join(
            f"{item['source']}: {stated(item['collection']['method'])}" for item in sources
        ),
        "rai:dataCollectionType": sorted({"Web scraping" if item["crawled"] else "Others" for item in sources}),
        "rai:dataCollectionRawData": "; ".join(
            f"{item['source']}: {item['raw_objects']:,} objects of {item['raw_bytes']:,} bytes, {item['format']}"
            for item in sources
        ),
        "rai:dataCollectionTimeframe": [day for item in sources for day in _days(item)] or "not stated",
        "rai:dataCollectionMissingData": "; ".join(
            f"{item['source']}: {sum(item['dead_letters'].values()):,} records became no document" for item in sources
        ),
        "rai:dataPreprocessingProtocol": [
            f"documents are kept by the rules {', '.join(rules) or 'of no policy'}",
            "of exact and near copies one document is kept",
            "licenses are concluded from the evidence of every document, and admitted by a license policy",
        ],
        "rai:dataManipulationProtocol": f"seed {facts['mix']['seed']}; the recipe is part of the version id",
        "rai:personalSensitiveInformation": [
            f"{item['source']}: personal data {stated(item['personal_data'])}" for item in sources
        ],
        **{f"rai:{name}": "not stated" for name in ONLY_PEOPLE_KNOW},
        "rai:dataReleaseMaintenancePlan": "documents that are taken down leave in a new version",
    }


def _days(source: Facts) -> Iterator[str]:
    return (day for name in ("start", "end") if (day := known(source["collection"][name])))


def _origin(source: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": urn("version", source["snapshot"]),
        "@type": "prov:Entity",
        "prov:label": known(source["title"]) or source["source"],
        "sc:license": [expression(name) for name in source["licenses"]],
    }
    if publisher := known(source["publisher"]):
        found["prov:wasAttributedTo"] = {"@type": "prov:Agent", "prov:label": publisher}
    if homepage := address(source["homepage"]):
        found["sc:url"] = homepage
    return found


def _file(file: Facts) -> dict[str, Any]:
    path = _path(file)
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{file['size_bytes']} B",
        "encodingFormat": MEDIA_TYPES.get(file["name"].rpartition(".")[2], UNTYPED),
        "sha256": file["sha256"],
    }


def _path(file: Facts) -> str:
    """Where a file lies beside the document."""
    return f"{file['format']}/{file['name']}"


def _record_sets(facts: Facts) -> Iterator[dict[str, Any]]:
    columns = [(name, DATA_TYPES[kind]) for name, kind in facts["mix"]["columns"] if kind in DATA_TYPES]
    shards = [file for file in facts["exports"] if file["format"] == "parquet"]
    for number, file in enumerate(shards):
        name = f"documents-{number:05d}"
        yield {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": f"The entries of {_path(file)} in the order of the mix; masked and turns have no type here.",
            "field": [*(_field(name, column, kind, file) for column, kind in columns), *_tokens(facts, name, file)],
        }


def _tokens(facts: Facts, records: str, file: Facts) -> Iterator[dict[str, Any]]:
    """The column of tokens, where the mix has a tokenizer."""
    if facts["mix"]["tokens"] is not None:
        yield {**_field(records, "tokens", "cr:UInt32", file), "isArray": True, "arrayShape": "-1"}


def _field(records: str, column: str, kind: str, file: Facts) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{records}/{column}",
        "name": column,
        "dataType": kind,
        "source": {"fileObject": {"@id": _path(file)}, "extract": {"column": column}},
    }
