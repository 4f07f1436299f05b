"""The order of the members of a mix: places ascend, and members that were shuffled or interleaved are arranged again,
which needs nothing but themselves and the seed, and twice the room of a member on the disk of the driver."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.mixing.choosing import MEMORY_BYTES
from dagster_project.corpus.mixing.members import MEMBER, Members
from dagster_project.corpus.mixing.mix import CODE_VERSION
from dagster_project.corpus.mixing.ordering import Setting, arranged
from dagster_project.corpus.model.mix_recipes import OrderRecipe
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem
from dagster_project.corpus.verification.versions import Version

AGAIN = ("shuffled", "interleaved")  # orders that members themselves decide
READ = ("doc_id", "family", "component", "copy", "phase")
SAME = ("doc_id", "component", "copy")


def disordered(store: Store, mix: Version) -> Iterator[Problem]:
    """What is wrong with the order of a mix whose shards can be read. A mix that others were taken from has the order
    of the earlier one, which is looked at itself."""
    recipe = mix.manifest.identity.recipe
    has_holes = ORDER_OF in recipe
    if not _ascends(store, mix, has_holes):
        expected = "ascending" if has_holes else "ascending by 1"
        yield Problem(mix.path, mix.partition, "the places of its members", expected, "others")
        return
    if has_holes or mix.manifest.identity.code_version != CODE_VERSION:
        return
    names = [item["name"] for item in recipe["components"]]
    for phase in recipe["phases"]:
        if phase["order"]["policy"] in AGAIN:
            order = OrderRecipe(**phase["order"])
            setting = Setting(recipe["seed"], phase["name"], names, order, MEMORY_BYTES // 2)
            said = _digest(_members(store, mix, phase["name"], names))
            if said != _digest(arranged(_members(store, mix, phase["name"], names), setting)):
                what = f"the order of its phase {phase['name']}"
                yield Problem(mix.path, mix.partition, what, f"{order.policy} by its seed", "another")


def _ascends(store: Store, mix: Version, has_holes: bool) -> bool:
    last, phases = -1, [item["name"] for item in mix.manifest.identity.recipe["phases"]]
    reached = 0
    for file in mix.manifest.files:
        for batch in iterate_shard(store, file, ["index", "phase"]):
            places = batch.column("index").to_numpy()
            steps = np.diff(places, prepend=last)
            phase = pc.fill_null(pc.index_in(batch.column("phase"), pa.array(phases)), 0).to_numpy()
            phase = phase.astype(np.int64)
            if len(steps) and (steps.min() < 1 or (steps.max() > 1 and not has_holes)):
                return False
            if len(phase) and (np.diff(phase, prepend=reached) < 0).any():
                return False
            last, reached = (int(places[-1]), int(phase[-1])) if len(steps) else (last, reached)
    return True


def _members(store: Store, mix: Version, phase: str, names: list[str]) -> Iterator[Members]:
    for file in mix.manifest.files:
        for read in iterate_shard(store, file, READ):
            batch = read.filter(pc.equal(read.column("phase"), phase))
            found = np.zeros(batch.num_rows, MEMBER)
            found["doc_id"] = np.ascontiguousarray(ids_of(batch.column("doc_id"))).view("V16").ravel()
            found["family"] = batch.column("family").to_numpy()
            found["copy"] = batch.column("copy").to_numpy()
            component = pc.fill_null(pc.index_in(batch.column("component"), pa.array(names)), 0)  # told elsewhere
            found["component"] = component.to_numpy()
            yield found


def _digest(chunks: Iterator[Members]) -> str:
    total = hashlib.sha256()
    for chunk in chunks:
        told = np.empty(len(chunk), np.dtype([(name, MEMBER[name]) for name in SAME]))
        for name in SAME:
            told[name] = chunk[name]
        total.update(told.tobytes())
    return total.hexdigest()
