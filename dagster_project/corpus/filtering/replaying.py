"""A verdict's cascade found again from its manifest alone: the steps, their limits, and the versions that they judged.

Nothing here reads recipes: they may say something else today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.filtering.cascade import Draw
from dagster_project.corpus.filtering.judging import BYTES, LANGUAGE, WORDS, Judging
from dagster_project.corpus.filtering.rule import Judged
from dagster_project.corpus.filtering.rules import rule_named
from dagster_project.corpus.filtering.selection import Threshold
from dagster_project.corpus.model.edits import told_of
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.measurements import ID_DIGITS, LISTED, RAW, EditStep, view_of
from dagster_project.corpus.storage.lists import RELEASED, StoredList, released_by
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store

NO_LIMITS = ("name", "edits", "drawn")  # of a step as a manifest tells it


@dataclass(frozen=True)
class Measured:
    """A version of a signal group that a verdict was given from."""

    part: str  # counts, lines.edited-1f2e3d4c5b6a …
    partition: str
    manifest: Manifest

    @property
    def view(self) -> str:
        return str(self.manifest.identity.recipe.get("view", RAW))

    @property
    def taken(self) -> str:
        """The artifact or list that it was measured with, from its name."""
        group = str(self.manifest.identity.recipe.get("group", ""))
        mark = "" if self.view == RAW else f".{self.view.replace(':', '-')}"
        return self.part.removeprefix(group).removesuffix(mark).removeprefix(".")

    def holds(self, signal: str) -> bool:
        return signal in dict(self.manifest.identity.schema)


@dataclass(frozen=True)
class Replay:
    """A version of verdicts, ready to be judged again."""

    partition: str
    manifest: Manifest
    snapshot: Manifest
    snapshot_partition: str
    steps: tuple[Mapping[str, Any], ...]  # as the manifest tells them, in order
    judgings: tuple[Judging, ...]
    measured: Mapping[str, Measured]  # by part

    @property
    def columns(self) -> tuple[Column, ...]:
        """All that the steps read, the words and bytes that removals are weighed by, and languages where they stand."""
        places = {place for judging in self.judgings for place in judging.columns.values()} | {WORDS, BYTES}
        places |= {LANGUAGE} if LANGUAGE.partition("/")[0] in self.measured else set()
        by_part: dict[str, list[str]] = {}
        for place in sorted(places):
            part, _, signal = place.partition("/")
            by_part.setdefault(part, []).append(signal)
        return tuple(
            Column(self.measured[part].manifest, tuple(signals), f"{part}/") for part, signals in by_part.items()
        )

    @property
    def exported(self) -> Measured | None:
        """The edits of what is kept: those of the whole program, which the last edit ends."""
        whole = view_of(max(map(_edits, self.steps), key=len, default=()))
        return next((item for item in self.measured.values() if item.view == whole and item.holds("edits")), None)

    def view(self, number: int) -> str:
        """The view of the text that a step judges."""
        return view_of(_edits(self.steps[number]))


def replay(store: Store, partition: str, manifest: Manifest) -> Replay:
    """The cascade of a version of `filtered`; a manifest that does not name what its steps judge is refused."""
    snapshot_partition, snapshot = snapshot_of(store, partition, manifest)
    signals = [
        Measured(item.partition.split("/")[2], item.partition, load_manifest(store, item.id))
        for item in manifest.inputs
        if item.stage == "signals"
    ]
    steps = tuple(manifest.identity.recipe["rules"])
    if not all("name" in step for step in steps):
        raise Refused(f"{partition} {manifest.id[:12]} was judged by an earlier release: build it again")
    return Replay(
        partition,
        manifest,
        snapshot,
        snapshot_partition,
        steps,
        tuple(_judging(store, manifest, step, signals) for step in steps),
        {item.part: item for item in signals},
    )


def snapshot_of(store: Store, partition: str, manifest: Manifest) -> tuple[str, Manifest]:
    """The snapshot whose documents were judged, and its partition."""
    if manifest.stage != "filtered":
        raise Refused(f"{partition} holds no verdicts: name a partition of filtered, such as filtered/web@1+gopher")
    for item in manifest.inputs:
        if item.stage == "snapshots":
            return item.partition, load_manifest(store, item.id)
    raise IntegrityError(f"{partition} {manifest.id[:12]} names no snapshot: rebuild it")


def lists_of(manifest: Manifest, name: str) -> dict[str, dict[str, int]]:
    """The lists that a step of verdicts names: how many entries each has, and how many matched a document."""
    counted = manifest.profile.get("lists", {})
    places = {"list": name, "released": released_by(name)}
    return {said: dict(counted[place]) for said, place in places.items() if place in counted}


def judged_again(table: pa.Table, judgings: Sequence[Judging]) -> list[Judged]:
    """What every step says of every document, whatever those before it said."""
    return [judging.judge(table) for judging in judgings]


def first_failing(judged: Sequence[Judged], rows: int) -> NDArray[np.int64]:
    """The number of the first step that each document fails, -1 where it fails none: int64[rows]."""
    first = np.full(rows, -1)
    for number in reversed(range(len(judged))):
        first[~judged[number].keeps] = number
    return first


def _judging(store: Store, manifest: Manifest, step: Mapping[str, Any], signals: Sequence[Measured]) -> Judging:
    name, facts = step["name"], manifest.facts
    rule = rule_named(step["rule"])
    threshold = facts.get("thresholds", {}).get(name)
    return Judging(
        name,
        {key: value for key, value in step.items() if key not in NO_LIMITS},
        {signal: _place(step, signal, signals, manifest) for signal in rule.reads},
        _stored(store, step, rule.listing.kind, facts["lists"][name]) if rule.listing else None,
        _stored(store, step, RELEASED, facts["lists"][released_by(name)]) if "released" in step else None,
        Draw(**step["drawn"]) if "drawn" in step else None,
        Threshold(**threshold) if threshold else None,
    )


def _stored(store: Store, step: Mapping[str, Any], kind: str, kept: Mapping[str, Any]) -> StoredList:
    file = File(**{name: value for name, value in kept.items() if name != "from"})
    return StoredList(store, f"rule {step['name']}: {kept['from']}", kind, file)


def _place(step: Mapping[str, Any], signal: str, signals: Sequence[Measured], manifest: Manifest) -> str:
    """The version that holds a signal as a step judges it, and its column: the edits may tell of what they leave."""
    told = told_of(_edits(step), signal)
    for item in signals:
        if told and item.view == view_of(_edits(step)) and item.holds(told):
            return f"{item.part}/{told}"
    return f"{_holder(step, signal, signals, manifest).part}/{signal}"


def _holder(step: Mapping[str, Any], signal: str, signals: Sequence[Measured], manifest: Manifest) -> Measured:
    """The version that holds a signal as a step judges it: of its view, else of the raw text, and with its artifact
    or list."""
    holding = [item for item in signals if item.holds(signal)]
    view = view_of(_edits(step))
    holding = [item for item in holding if item.view == view] or [item for item in holding if item.view == RAW]
    if "list" in step and rule_named(step["rule"]).takes == "list":
        taken = LISTED + step["list"].removeprefix("sha256:")[:ID_DIGITS]
        holding = [item for item in holding if item.taken == taken]
    if model := step.get("model"):
        holding = [item for item in holding if model in (item.taken, item.taken.partition("@")[0])]
    if len(holding) != 1:
        said = "several times" if holding else "nowhere"
        raise IntegrityError(
            f"filtered {manifest.id[:12]} has {signal}, that {step['name']} judges, {said} among its inputs: rebuild it"
        )
    return holding[0]


def _edits(step: Mapping[str, Any]) -> tuple[EditStep, ...]:
    return tuple(EditStep(name, tuple(sorted(settings.items()))) for name, settings in step.get("edits", ()))
