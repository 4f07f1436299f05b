"""ATTRIBUTION: what each license asks to be said, and the works that it is said of; works of unknown license apart."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from dagster_project.corpus.licenses.table import Terms
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.publishing.licensing import asking, terms
from dagster_project.corpus.publishing.subject import Subject
from dagster_project.corpus.publishing.works import Work, works_of

RULE = "=" * 78
LICENSE_CHARS = 500

GNU = "Keep copyright and license notices, pass on a copy of the license, and say that and when the work was changed."
NOTICE = "Keep the copyright notice and this permission notice in all copies."
ORIGIN = "Keep notices of this license, and say where the content of the produced work comes from."
PUBLISHER = "Name the publisher as the publisher asks, with the address of the license where there is one."
AGREEMENT = "Pass on a copy of this agreement or its address, and keep all credits and notices."

# By the beginning of an identifier: what its text asks of whoever passes the work on, in short.
ASKED: Mapping[str, str] = {
    "CC-BY": "Name the author as the author asks, the title, and this license with its address; say what was changed.",
    "Apache-": "Pass on a copy of the license, keep all notices and the NOTICE file, and mark changed files.",
    "MIT": NOTICE,
    "ISC": NOTICE,
    "BSD-": "Keep the copyright notice, the list of conditions and the disclaimer.",
    "PSF-": "Keep the license agreement and its copyright notice, and say briefly what was changed.",
    "MPL-": "Keep license notices, and say where the source under this license can be had.",
    "GPL-": GNU,
    "LGPL-": GNU,
    "AGPL-": GNU,
    "ODC-By": ORIGIN,
    "ODbL": ORIGIN,
    **dict.fromkeys(("OGL-", "OGDL-", "OPL-UK-", "NCGL-", "NLOD-", "IODL-", "KOGL-", "GODL-", "DL-DE-BY-"), PUBLISHER),
    **dict.fromkeys(("etalab-", "Licence-Ouverte-", "PDL-", "Japan-Standard-Terms-"), PUBLISHER),
    **dict.fromkeys(("CDLA-", "C-UDA-", "O-UDA-", "R-UDA-"), AGREEMENT),
}
OTHERWISE = "Keep the copyright and license notices of the work; the text of the license says what else it asks."


def attribution(subject: Subject) -> bytes:
    """The whole file, in UTF-8."""
    out = io.BytesIO()
    for line in lines(subject):
        out.write(line.encode() + b"\n")
    return out.getvalue()


def lines(subject: Subject) -> Iterator[str]:
    """The file line by line; a work is held no longer than its line."""
    yield from _head(subject)
    licenses: Mapping[str, Any] = subject.mixed.profile["by_license"]
    unknown = {name for name in licenses if terms(name)["class"] == "unknown"}
    quiet = [name for name in sorted(licenses) if name not in unknown and not asking(name)]
    if quiet:
        yield from _section("No attribution asked for")
        yield from (f"  {visible(name, LICENSE_CHARS)}: {licenses[name]['documents']:,} documents" for name in quiet)
    yield from _listed(subject, {name for name in licenses if name not in unknown and name not in quiet})
    if unknown:
        yield from _section("Works whose license nobody knows, or that our table does not list")
        yield "Nothing here says that they may be used. Each needs a person to look at it."
        yield from _listed(subject, unknown)


def _head(subject: Subject) -> Iterator[str]:
    yield f"ATTRIBUTION for the mix {subject.mix.key}"
    yield f"version {subject.mixed.id}"
    yield ""
    yield "The works below are in this mix. Under each license stands what it asks of those who pass"
    yield "the works on, then the works, by source. Of licenses joined by AND all bind. Authors are named"
    yield "where the source names them, in a title or at an address. This is not legal advice."


def _listed(subject: Subject, wanted: set[str]) -> Iterator[str]:
    """Works under the wanted licenses, by license and source."""
    works = (work for work in works_of(subject) if work.license in wanted) if wanted else iter(())
    for license, under in groupby(works, key=lambda work: work.license):
        yield from _section(visible(license, LICENSE_CHARS))
        yield from _asked(asking(license))
        for source, of_source in groupby(under, key=lambda work: work.source):
            yield ""
            yield f"From {source} ({_publisher(subject, source)}):"
            yield from map(_line, of_source)


def _asked(binding: Sequence[Terms]) -> Iterator[str]:
    for item in binding:
        yield visible(f"{item.name} ({item.id})" if item.name != item.id else item.id, LICENSE_CHARS)
        if item.url:
            yield f"  {item.url}"
        yield f"  {wording(item.id)}"


def wording(license_id: str) -> str:
    """What a license asks, in one sentence."""
    return next(
        (said for beginning, said in ASKED.items() if license_id.removeprefix("LicenseRef-").startswith(beginning)),
        OTHERWISE,
    )


def _publisher(subject: Subject, source: str) -> str:
    registry = next(member.tables["licensed"].identity.recipe for member in subject.covering if member.key == source)
    said = [str(registry.get(name) or "") for name in ("title", "publisher", "homepage")]
    return visible("; ".join(filter(None, said)) or "title and publisher are missing", LICENSE_CHARS)


def _line(work: Work) -> str:
    if not work.title or work.title == work.address:
        return f"  - {work.address}"
    return f"  - {work.title}, {work.address}"


def _section(title: str) -> Iterator[str]:
    yield from ("", RULE, title, RULE)
