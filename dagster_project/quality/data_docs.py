"""Data Docs: the last judgement of the newest version of every partition, as pages and as Great Expectations' JSON.

Great Expectations' own templates load scripts and styles from other hosts, let markup in names stand, and hang a
browser at thousands of validations; so the pages are ours, and its validation results lie beside them. They hold
numbers and names (rules, sources, licenses), and no text of a document.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.corpus.building.judging import Judgement, judgement_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.corpus.publishing.checks.pages import index_page, path_of, version_page
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.quality.expected import expected
from dagster_project.quality.profiles import STAGES, worst
from dagster_project.quality.suites import Expectation

Facts = dict[str, Any]
MARK = "data-docs.json"  # by which a directory of ours is known, and may be replaced


def write_site(store: Store, auditor: GreatExpectationsAuditor, directory: Path) -> Facts:
    """A site in a directory of its own, which replaces the one before; what it holds, and where its index is."""
    directory = directory.resolve()  # a link is followed, and `.` has a name
    _refuse_other(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        rows = list(_written(store, auditor, draft))
        told = {"partitions": len(rows), "failed": [row["partition"] for row in rows if row["failed"]]}
        (draft / "index.html").write_bytes(index_page(rows))
        (draft / MARK).write_text(f"{json.dumps(told)}\n")
        draft.chmod(0o755)
        shutil.rmtree(directory, ignore_errors=True)
        draft.rename(directory)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {"index": str(directory / "index.html"), **told}


def overview(store: Store, auditor: GreatExpectationsAuditor, below: str = "") -> list[Facts]:
    """A row for the newest version of every partition, or of those below a stage or a key of it."""
    return [row_of(found) for found in judgements(store, auditor, below)]


def judgements(store: Store, auditor: GreatExpectationsAuditor, below: str = "") -> Iterator[Judgement]:
    """The last judgement of the newest version of every partition; what was published unjudged is left out."""
    for partition in refs.published(store, below):
        if partition.stage in STAGES:
            try:
                yield judgement_of(store, auditor, partition)
            except Refused:
                continue


def row_of(found: Judgement) -> Facts:
    """What a judgement came to."""
    return {
        "place": found.partition,
        "partition": str(found.partition),
        "version": found.ref.id,
        "current": found.current,
        "checks": len(found.outcomes),
        "failed": len(found.failed),
        "warned": len(found.warned),
    }


def facts_of(found: Judgement, auditor: GreatExpectationsAuditor) -> Facts:
    """A judgement with every check, those that failed first."""
    suite = auditor.suite(found.manifest.stage)
    by_name = {item.check: item for item in suite.expectations} if found.current else {}
    ranked = sorted(found.outcomes, key=lambda item: (item.passed, item.severity != "error"))
    return {
        **row_of(found),
        "passed": sum(item.passed for item in found.outcomes),
        "published": datetime.fromtimestamp(found.ref.published, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "number": found.ref.number,
        "suite": suite.file.name,
        "bounds": sorted(found.bounds.items()),
        "checks": [_check(item, by_name.get(item.check)) for item in ranked],
    }


def result_of(found: Judgement, auditor: GreatExpectationsAuditor) -> Facts:
    """A judgement as a validation result of Great Expectations, which its own tools read."""
    suite = {item.check: item for item in auditor.suite(found.manifest.stage).expectations}
    results = [_result(item, suite.get(item.check), found.bounds) for item in found.outcomes]
    successes = sum(item["success"] for item in results)
    return {
        "success": not found.failed,
        "suite_name": found.manifest.stage,
        "results": results,
        "suite_parameters": dict(found.bounds),
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": successes,
            "unsuccessful_expectations": len(results) - successes,
            "success_percent": 100 * successes / len(results) if results else None,
        },
        "meta": {"partition": str(found.partition), "version": found.ref.id, "published": found.ref.published},
    }


def _written(store: Store, auditor: GreatExpectationsAuditor, directory: Path) -> Iterator[Facts]:
    for found in judgements(store, auditor):
        page = directory / path_of(found.partition, "html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(version_page(facts_of(found, auditor)))
        page.with_suffix(".json").write_text(f"{json.dumps(result_of(found, auditor), indent=2)}\n")
        yield row_of(found)


def _check(outcome: Outcome, expectation: Expectation | None) -> Facts:
    offenders = outcome.observed.get("offenders", {})
    return {
        "name": outcome.check,
        "passed": outcome.passed,
        "severity": outcome.severity,
        "said": outcome.description,
        "expected": expected(expectation) if expectation else "",
        "observed": [(name, value) for name, value in outcome.observed.items() if name != "offenders"],
        "offenders": [] if outcome.passed else list(worst(offenders).items()),  # a record has lost their order
    }


def _result(outcome: Outcome, expectation: Expectation | None, bounds: Mapping[str, Any]) -> Facts:
    """An outcome whose suite is gone keeps its name, its sentence and its numbers."""
    data = expectation.data if expectation else {"type": outcome.check, "kwargs": {}}
    return {
        "success": outcome.passed,
        "expectation_config": {
            "type": data["type"],
            "kwargs": {name: _given(value, bounds) for name, value in data["kwargs"].items()},
            "severity": data.get("severity", "critical"),
            "meta": {"check": outcome.check, "description": outcome.description},
        },
        "result": {"element_count": 1, "unexpected_count": int(not outcome.passed), "observed": dict(outcome.observed)},
        "exception_info": {"raised_exception": False, "exception_message": None, "exception_traceback": None},
        "meta": {},
    }


def _given(value: Any, bounds: Mapping[str, Any]) -> Any:
    return bounds.get(value["$PARAMETER"]) if isinstance(value, Mapping) else value


def _refuse_other(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise Refused(f"{directory} is a file: name a directory for the Data Docs")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARK).is_file():
        raise Refused(f"{directory} holds other files than Data Docs: name a directory that is new or empty")
