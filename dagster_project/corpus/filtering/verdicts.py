"""A policy applied: an ordered cascade over the signals, where the first rule that fails names the reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Column, map_shards
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.filtering.cascade import Cascade, Step, as_limits
from dagster_project.corpus.filtering.judging import BYTES, WORDS, Judging
from dagster_project.corpus.filtering.selecting import decide_thresholds
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.lists import (
    RELEASED,
    NamedList,
    StoredList,
    find_list,
    load_entries,
    released_by,
    store_list,
)

CODE_VERSION = "3"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("keep", pa.bool_(), nullable=False),
        pa.field("rule", pa.string()),  # the first that failed; null when kept
        pa.field("value", pa.float64()),  # what it judged
        pa.field("edits", EDITS, nullable=False),  # spans to replace at export, of what is kept; the stored text stays
    ]
)
WEIGHED = ("words", "bytes")  # of the raw text: by them removals are weighed
NO_EDITS = pa.array([[]], EDITS)
Lists = Mapping[str, NamedList]  # by the name of the step, and `released_by` it
Place = Callable[[Step, str], str]  # the column that holds a signal as a step judges it


@dataclass(frozen=True)
class Reading:
    """The signals that a cascade reads: from which versions, where each stands, and where the edits do."""

    columns: Sequence[Column]
    place: Place
    edits: str = ""


class Edited(NamedTuple):
    """Where the edits of the exported text stand, and its words."""

    edits: str
    words: str


def find_lists(cascade: Cascade) -> Lists:
    """The lists that the steps of a policy look documents up in, and those of documents released from quarantine."""
    found = {}
    for step in cascade.steps:
        if listing := step.rule.listing:
            found[step.name] = find_list(step.name, listing.kind, Path(step.recipe.list).expanduser())
        if step.recipe.released:
            place = Path(step.recipe.released).expanduser()
            found[released_by(step.name)] = find_list(step.name, RELEASED, place)
    return found


def recipe_of(cascade: Cascade, lists: Mapping[str, str]) -> dict[str, Any]:
    """What of a policy decides verdicts: a list by its content, and never by its place."""
    content = {name: f"sha256:{sha256}" for name, sha256 in lists.items()}

    def files(name: str) -> dict[str, str]:
        places = {"list": name, "released": released_by(name)}
        return {said: content[place] for said, place in places.items() if place in content}

    return {"rules": [{**step, **files(step["name"])} for step in cascade.as_data()]}


def filter_documents(work: Work, snapshot: Manifest, cascade: Cascade, reading: Reading, lists: Lists) -> Manifest:
    """One verdict for every document of a snapshot, from its signals alone."""
    stored = {name: store_list(work.store, found, work.access) for name, found in lists.items()}
    sizes = {name: len(load_entries(found).hashes) for name, found in stored.items()}  # bad entries are refused here
    judgings = [
        judging_of(step, reading.place, stored.get(step.name), stored.get(released_by(step.name)))
        for step in cascade.steps
    ]
    judgings = decide_thresholds(work, snapshot.files, reading.columns, judgings)
    edited = Edited(reading.edits, reading.place(cascade.emptying, "words")) if cascade.emptying else None
    manifest = map_shards(
        work, snapshot.files, partial(verdicts, judgings=tuple(judgings), edited=edited), reading.columns
    )
    profile = {**_counts_of_none(cascade), **manifest.profile}
    matched = profile.pop("entries", {})
    if lists:
        profile["lists"] = {
            name: {"entries": size, "matched": len(matched.get(name, {}))} for name, size in sizes.items()
        }
    facts: dict[str, Any] = {"titles": {step.name: step.rule.title for step in cascade.steps}}
    if lists:
        facts["lists"] = {name: {"from": str(found.path), **asdict(stored[name].file)} for name, found in lists.items()}
    if thresholds := {item.name: item.threshold._asdict() for item in judgings if item.threshold}:
        facts["thresholds"] = thresholds
    return replace(manifest, profile=profile, facts={**manifest.facts, **facts})


def _counts_of_none(cascade: Cascade) -> dict[str, Any]:
    """What a profile says where there are no documents."""
    names = [step.name for step in cascade.steps]
    none = np.empty(0, np.int64)
    signals = pa.table({WORDS: none, BYTES: none})
    counted = _counted(names, none, np.empty((len(names), 0), bool), signals, cascade.quarantining)
    return counted | ({"edited": dict.fromkeys(("documents", *WEIGHED), 0)} if cascade.edits else {})


def judging_of(
    step: Step, place: Place, listed: StoredList | None = None, released: StoredList | None = None
) -> Judging:
    """A step as it travels to the workers."""
    columns = {name: place(step, name) for name in step.reads}
    return Judging(step.name, as_limits(step.recipe), columns, listed, released, step.drawn)


def verdicts(
    signals: pa.Table, recipe: Mapping[str, Any], judgings: Sequence[Judging], edited: Edited | None = None
) -> tuple[pa.Table, dict[str, Any]]:
    """The verdicts of a cascade; how many documents, words and bytes each rule removed and how many failed it at all,
    alone and together with each other; what the edits took from the kept; and which entries of its list matched."""
    rows = signals.num_rows
    first, value = np.full(rows, -1), np.full(rows, np.nan)
    fails = np.zeros((len(judgings), rows), bool)
    entries: dict[str, Mapping[str, int]] = {}
    for index, judging in enumerate(judgings):
        judged = judging.judge(signals)
        fails[index] = ~judged.keeps
        if judging.listed:
            entries[judging.name] = judged.entries
        if judging.released:
            entries[released_by(judging.name)] = judged.released
        new = fails[index] & (first < 0)
        first[new], value[new] = index, judged.value[new]
    keep = first < 0
    names = pa.array([judging.name for judging in judgings], pa.string())
    edits = _edits_of_kept(signals, keep, edited)
    table = pa.table(
        [
            signals.column("doc_id"),
            pa.array(keep),
            names.take(pa.array(first, mask=keep)),
            pa.array(value, mask=keep),
            edits,
        ],
        schema=SCHEMA,
    )
    held = frozenset(judging.name for judging in judgings if judging.quarantines)
    profile = _counted([judging.name for judging in judgings], first, fails, signals, held)
    if edited:
        profile["edited"] = _taken(signals, keep, edits, edited)
    return table, profile | ({"entries": entries} if entries else {})


def _edits_of_kept(signals: pa.Table, keep: NDArray[np.bool_], edited: Edited | None) -> pa.Array:
    if not edited:
        return NO_EDITS.take(pa.array(np.zeros(len(keep), np.int64)))
    made = signals.column(edited.edits).combine_chunks()
    return pc.if_else(pa.array(keep), made, NO_EDITS[0]) if len(keep) else made


def _taken(signals: pa.Table, keep: NDArray[np.bool_], edits: pa.Array, edited: Edited) -> dict[str, int]:
    """The kept documents that edits change, and by how many words and bytes their text is shorter; what edits put in
    the place of text counts against them."""
    raw, left = (signals.column(place).to_numpy() for place in (WORDS, edited.words))
    spans = edits.flatten()
    starts, ends, texts = (spans.field(name) for name in ("start", "end", "text"))
    given = int(pc.sum(pc.binary_length(texts)).as_py() or 0)
    return {
        "documents": int(np.count_nonzero(edits.value_lengths().to_numpy())),
        "words": int((raw - left)[keep].sum()),
        "bytes": int((ends.to_numpy() - starts.to_numpy()).sum()) - given,
    }


def _pairs(fails: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Documents (last axis) that fail each two rules. Without BLAS, whose threads go on turning after every product and
    take the cores from whoever else works."""
    bits = np.packbits(fails, axis=1)
    return np.stack([np.bitwise_count(bits & one).sum(axis=1, dtype=np.int64) for one in bits])


def _counted(
    names: Sequence[str],
    first: NDArray[np.int64],
    fails: NDArray[np.bool_],
    signals: pa.Table,
    held: Collection[str] = (),
) -> dict[str, Any]:
    """Documents, words and bytes kept, and removed by each rule as the first to fail; documents that fail each rule at
    all, and that fail it and a later one. What the rules `held` removed is in quarantine, and told once more in one."""
    weights = {"words": signals.column(WORDS).to_numpy(), "bytes": signals.column(BYTES).to_numpy()}

    def amount(which: NDArray[np.bool_]) -> dict[str, int]:
        return {"documents": int(which.sum()), **{unit: int(size[which].sum()) for unit, size in weights.items()}}

    together = _pairs(fails)
    quarantined = np.isin(first, [index for index, name in enumerate(names) if name in held])
    return {
        "kept": amount(first < 0),
        **({"quarantined": amount(quarantined)} if held else {}),
        "removed": {name: amount(first == index) for index, name in enumerate(names)},
        "fired": {name: int(fails[index].sum()) for index, name in enumerate(names)},
        "overlap": {
            name: {
                names[later]: int(together[index, later])
                for later in range(index + 1, len(names))
                if together[index, later]
            }
            for index, name in enumerate(names)
        },
    }
