"""Verification of a version: walk its records, look at every object, and make a sample of its rows again."""

from __future__ import annotations

import time
from itertools import chain

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.balances import balances
from dagster_project.corpus.verification.exports import check_exports, export_tasks, stream_problem
from dagster_project.corpus.verification.members import check_members, member_tasks
from dagster_project.corpus.verification.ordering import disordered
from dagster_project.corpus.verification.problems import Problem, Report, is_echo, noting
from dagster_project.corpus.verification.raw import check_raw, note, raw_tasks
from dagster_project.corpus.verification.samples import check_documents, check_texts, document_tasks, text_tasks
from dagster_project.corpus.verification.segments import uncut
from dagster_project.corpus.verification.survey import Progress, Survey, no_progress, survey, watched
from dagster_project.corpus.verification.versions import Below, walk

SAMPLE = 200  # documents


def verify(
    store: Store,
    engine: Engine,
    partition: Partition,
    version: str,
    *,
    sample: int | None = SAMPLE,
    seed: int | None = None,
    quick: bool = False,
    progress: Progress = no_progress,
) -> Report:
    """Everything at and below one version. `sample`: how many documents are made again, None all; `seed`: which, by
    default those that the id of the version says. `quick`: sizes and ids alone."""
    begun = time.monotonic()
    seed = int(version[:8], 16) if seed is None else seed
    report = Report(str(partition), version, seed, sample, quick)
    below = walk(store, partition, version)
    for stage, problem in below.problems:
        report.add(stage, [problem])
    found = survey(store, engine, below, report, progress)
    for stage, problem in balances(below, found, quick):
        report.add(stage, [problem])
    if not quick:
        _exports(store, engine, below, found, report, progress)
        _members(store, engine, below, found, report, progress)
        _segments(store, below, found, report)
        _samples(store, engine, below, found, report, progress)
        _raw(engine, below, report, progress)
    report.seconds = round(time.monotonic() - begun, 3)
    return report


def _exports(store: Store, engine: Engine, below: Below, found: Survey, report: Report, progress: Progress) -> None:
    for version in below.versions:
        if version.stage == "published":
            tasks = list(export_tasks(store, version, found.damaged | found.replaced))
            report.add(version.stage, list(stream_problem(version)))
            for problems in watched(engine.map(check_exports, tasks), len(tasks), "exports", progress):
                report.add(version.stage, problems)


def _members(store: Store, engine: Engine, below: Below, found: Survey, report: Report, progress: Progress) -> None:
    for version in below.versions:
        if version.stage == "mixed":
            problems: list[Problem] = []
            with noting(problems, version.path, version.partition, "its members"):
                if found.versions[version.manifest.id].is_whole:
                    problems += [*disordered(store, version)]
                tasks = list(member_tasks(store, below, version, found.damaged))
                for wrong in watched(engine.map(check_members, tasks), len(tasks), "members", progress):
                    problems += wrong
            report.add(version.stage, [item for item in problems if not is_echo(item, found.damaged)])


def _segments(store: Store, below: Below, found: Survey, report: Report) -> None:
    for version in below.versions:
        if version.stage == "weights" and found.versions[version.manifest.id].is_whole:
            problems: list[Problem] = []
            with noting(problems, version.path, version.partition, "its segments"):
                problems += uncut(store, version)
            report.add(version.stage, problems)


def _samples(store: Store, engine: Engine, below: Below, found: Survey, report: Report, progress: Progress) -> None:
    documents = list(document_tasks(store, below, found, report.sample, report.seed))
    published = [item for item in below.versions if item.stage == "published"]
    texts = [task for item in published for task in text_tasks(store, item, found, report.sample, report.seed)]
    results = chain(engine.map(check_documents, documents), engine.map(check_texts, texts))
    for sampled in watched(results, len(documents) + len(texts), "sample", progress):
        for stage, rows in sampled.rows.items():
            report.of(stage).sampled += rows
        for stage, rows in sampled.not_made.items():
            report.of(stage).not_made += rows
        for stage, problem in sampled.problems:
            if not is_echo(problem, found.damaged):
                report.add(stage, [problem])


def _raw(engine: Engine, below: Below, report: Report, progress: Progress) -> None:
    tasks = raw_tasks(below)
    results = watched(engine.map(check_raw, tasks), len(tasks), "raw objects", progress)
    for task, found in zip(tasks, results, strict=True):
        note(report, task, found)
