"""W3C PROV as PROV-JSON (w3.org/submissions/prov-json): versions are entities, builds activities, recipes plans.

The publisher of a source is an agent to whom its snapshot is attributed; the software is the agent of every build.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.standards.terms import (
    ROOT,
    SOFTWARE,
    Facts,
    address,
    document,
    expression,
    known,
    published_at,
    uuid_of,
)

PREFIX = "flori"
Record = tuple[str, str, Mapping[str, Any]]  # kind of record, its name, its attributes


def prov(facts: Facts) -> bytes:
    """The document."""
    found: dict[str, Any] = {"prefix": {PREFIX: ROOT}}
    for kind, name, attributes in _records(facts):
        found.setdefault(kind, {})[name] = attributes
    return document(found)


def _records(facts: Facts) -> Iterator[Record]:
    yield "agent", _name("agent", SOFTWARE), {"prov:type": _type("SoftwareAgent"), "prov:label": SOFTWARE}
    for version in facts["versions"]:
        yield from _version(version, published_at(facts))
    for source in facts["sources"]:
        yield from _source(source)
    for file in facts["exports"]:
        yield from _file(file, facts["mix"]["published_id"])


def _version(version: Facts, mixed_at: str) -> Iterator[Record]:
    """A version, the build that made it, what that used and by which recipe; one without a time of its own was there
    when the mix was."""
    entity, activity, plan = (_name(kind, version["id"]) for kind in ("version", "build", "plan"))
    moment = version["published_at"] or mixed_at
    yield (
        "entity",
        entity,
        {
            "prov:label": version["partition"],
            f"{PREFIX}:stage": version["stage"],
            f"{PREFIX}:rows": version["rows"],
            f"{PREFIX}:code": version["code_version"],
        },
    )
    yield "activity", activity, {"prov:endTime": moment, "prov:label": f"build of {version['partition']}"}
    yield "entity", plan, {"prov:type": _type("Plan"), f"{PREFIX}:recipe": version["recipe"]}
    generated = {"prov:entity": entity, "prov:activity": activity, "prov:time": moment}
    associated = {"prov:activity": activity, "prov:agent": _name("agent", SOFTWARE), "prov:plan": plan}
    yield "wasGeneratedBy", _relation("generated", version["id"]), generated
    yield "wasAssociatedWith", _relation("associated", version["id"]), associated
    for item in version["inputs"]:
        of = f"{version['id']}/{item}"
        used = {"prov:activity": activity, "prov:entity": _name("version", item)}
        derived = {"prov:generatedEntity": entity, "prov:usedEntity": _name("version", item), "prov:activity": activity}
        yield "used", _relation("used", of), used
        yield "wasDerivedFrom", _relation("derived", of), derived


def _source(source: Facts) -> Iterator[Record]:
    entity, snapshot = _name("source", source["source"]), _name("version", source["snapshot"])
    homepage = address(source["homepage"])
    yield (
        "entity",
        entity,
        {
            "prov:label": known(source["title"]) or source["source"],
            f"{PREFIX}:license": expression(source["license"]),
            f"{PREFIX}:missing": source["missing"] or ["nothing"],
            **({"prov:location": homepage} if homepage else {}),
        },
    )
    derived = {"prov:generatedEntity": snapshot, "prov:usedEntity": entity}
    yield "wasDerivedFrom", _relation("derived", f"{source['snapshot']}/{source['source']}"), derived
    if publisher := known(source["publisher"]):
        agent = _name("publisher", uuid_of("publisher", publisher))
        yield "agent", agent, {"prov:type": _type("Organization"), "prov:label": publisher}
        attributed = {"prov:entity": entity, "prov:agent": agent}
        yield "wasAttributedTo", _relation("attributed", source["source"]), attributed


def _file(file: Facts, published: str) -> Iterator[Record]:
    path = f"{file['format']}/{file['name']}"
    entity = _name("file", uuid_of("file", f"{path}/{file['sha256']}"))
    yield "entity", entity, {"prov:label": path, f"{PREFIX}:sha256": file["sha256"], f"{PREFIX}:rows": file["rows"]}
    member = {"prov:collection": _name("version", published), "prov:entity": entity}
    yield "hadMember", _relation("member", f"{path}/{file['sha256']}"), member


def _name(kind: str, name: str) -> str:
    """A qualified name, in which nothing may stand that PROV-N reads otherwise."""
    return f"{PREFIX}:{kind}/{name.replace('@', '/')}"


def _relation(kind: str, of: str) -> str:
    return f"_:{kind}-{uuid_of(kind, of)}"


def _type(name: str) -> dict[str, str]:
    return {"$": f"prov:{name}", "type": "prov:QUALIFIED_NAME"}
