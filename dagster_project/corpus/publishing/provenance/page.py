"""The page itself: one file that opens offline, or the same page on a server that answers its searches.

No script but the one that searches the index within the page, allowed by its hash; every value from data is escaped at
one door, and what the index holds of data are names in JSON that ends no element.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.publishing.provenance.figures import (
    copies_of,
    domain_rows,
    figures_of,
    flow_rows,
    overlap_rows,
    year_rows,
)
from dagster_project.corpus.publishing.report import LISTED, bins, template
from dagster_project.corpus.publishing.wording import attention
from dagster_project.corpus.statements.statements import Statement, ended

Facts = Mapping[str, Any]
SCRIPT = Path(__file__).parent / "search.js"


def page(
    facts: Facts, index: Facts | None = None, *, served: bool = False, statements: Sequence[Statement] = ()
) -> bytes:
    """The page, in UTF-8. `index` is what it searches by itself; a served page asks its server and has links to
    manifests there. `statements` are those that were made on the version, oldest first."""
    script = Markup(_script()) if index else None
    text = template("provenance/page.html").render(
        facts=facts,
        attention=attention(facts),
        bins=bins(facts),
        figures=figures_of(facts),
        ages={name: year_rows(age["years"]) for name, age in facts["ages"].items()},
        copies=[{"name": name, "documents": count} for name, count in copies_of(facts).items()],
        domains=domain_rows(facts),
        languages=[{"name": name, "documents": count} for name, count in facts["languages"].items()],
        flow=flow_rows(facts),
        overlap=overlap_rows(facts),
        index=Markup(encoded(index, indent=None).decode().strip()) if index else None,
        script=script,
        runs=Markup(f"; script-src 'sha256-{_digest(script)}'" if script else "; script-src 'none'"),
        sends=Markup("'self'" if served else "'none'"),
        served=served,
        statements=statements,
        end=ended(statements),
        known_ids={row["id"] for row in facts["versions"]},
        LISTED=LISTED,
    )
    return f"{text}\n".encode()


@cache
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """As a Content-Security-Policy names what may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
