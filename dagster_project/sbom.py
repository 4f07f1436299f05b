"""The bill of materials of Florilegium itself: the installed distributions that it runs with, as CycloneDX 1.6.

Read from their metadata as they are installed, so that it says what runs and not what was asked for. Licenses are
concluded from that metadata by our own rules. It holds no time and no path: the same installation gives the same bill.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_project.corpus.licenses.conclusions import conclude
from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.standards.cyclonedx import SCHEMA
from dagster_project.corpus.standards.terms import SOFTWARE, document, uuid_of

Said = Mapping[str, Any]


@dataclass
class Installed:
    """A distribution as it is installed, and what it needs by name."""

    name: str
    version: str
    metadata: Any
    needs: set[str] = field(default_factory=set)

    @property
    def ref(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def software_bill(extras: Sequence[str] = ()) -> bytes:
    """CycloneDX as JSON of Florilegium and everything below it, with its own extras of these names."""
    found = installed(extras)
    ours, *others = (found[name] for name in sorted(found, key=lambda name: (name != SOFTWARE, name)))
    components = [_component(item, "library") for item in others]
    said = digest([_component(ours, "application"), components])
    return document(
        {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid_of('software', said)}",
            "version": 1,
            "metadata": {
                "lifecycles": [{"phase": "operations"}],
                "tools": {"components": [{"type": "application", "name": SOFTWARE}]},
                "component": _component(ours, "application"),
            },
            "components": components,
            "dependencies": [
                {"ref": item.ref, "dependsOn": sorted(found[name].ref for name in item.needs)}
                for item in (ours, *others)
            ],
        }
    )


def installed(extras: Sequence[str] = ()) -> dict[str, Installed]:
    """Florilegium and all distributions that it needs on this machine, by normalized name."""
    _refuse_unknown(_distribution(SOFTWARE, ""), extras)
    found: dict[str, Installed] = {}
    seen: set[tuple[str, str]] = set()
    left = deque([(SOFTWARE, extra, "") for extra in ("", *extras)])
    while left:
        name, extra, asked_by = left.popleft()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        there = _distribution(name, asked_by)
        item = found.setdefault(name, Installed(name, there.version, there.metadata))
        for needed in _requirements(there, extra):
            below = canonicalize_name(needed.name)
            item.needs.add(below)
            left += [(below, more, name) for more in ("", *sorted(needed.extras))]
    return found


def _requirements(item: Distribution, extra: str) -> Iterator[Requirement]:
    """What a distribution asks for on this machine: always, or with an extra of this name."""
    for text in item.requires or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            yield needed


def _distribution(name: str, asked_by: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        why = f"{asked_by} needs {name}, which is not installed" if asked_by else f"{name} is not installed"
        raise Refused(f"{why}: install florilegium again, with the extras that you ask for") from None


def _refuse_unknown(ours: Distribution, extras: Sequence[str]) -> None:
    known = ours.metadata.get_all("Provides-Extra") or []
    if unknown := [name for name in extras if name not in known]:
        raise Refused(f"{unknown[0]!r} is no extra of florilegium: use one of {', '.join(known)}")


def _component(item: Installed, kind: str) -> Said:
    evidence = list(_evidence(item.metadata))
    expression = conclude(evidence).expression
    summary = item.metadata.get("Summary")  # [] of importlib_metadata's own reader raises, that of Python's does not
    # the standard has no word for a license that nobody knows: what was said of it stands beside it
    licensed = {"licenses": [{"expression": expression, "acknowledgement": "concluded"}]}
    unread = [{"name": f"{SOFTWARE}:{said['kind']}", "value": said["value"][:200]} for said in evidence]
    return {
        "type": kind,
        "bom-ref": item.ref,
        "name": item.name,
        "version": item.version,
        "purl": item.ref,
        **({"description": summary} if summary else {}),
        **(licensed if expression != NOASSERTION else {"properties": unread} if unread else {}),
    }


def _evidence(metadata: Any) -> Iterator[dict[str, str]]:
    """What METADATA says of the license, in its own words."""
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License ::")]
    said = [
        ("package.license_expression", metadata.get("License-Expression") or ""),
        *(("package.classifier", text) for text in classifiers),
        ("package.license_field", metadata.get("License") or ""),
    ]
    yield from ({"kind": kind, "value": value.strip()} for kind, value in said if value.strip())
