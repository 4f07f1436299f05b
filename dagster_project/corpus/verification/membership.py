"""The members that a mix has of one documents shard, held against the tables that tell of its documents, and against
the recipe of the mix: sources, languages, classes and licenses that a component takes, and what it replays.

Which of the documents that a component may take were drawn, conditions on other columns, and the order are not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.keys import id_bytes, ids_of
from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.mixing.distinct import Row
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.admission import Label, fits, unlike_recipe
from dagster_project.corpus.verification.problems import Problem, noting, told

COLUMNS = 10  # of a member: id (2), number of its label, row, family, words, parent, copy, cut, tokens
NAMED = 5  # members of a shard that are told one by one
Mask = NDArray[np.bool_]
Wrong = Callable[[str, str, str], None]


class Side(NamedTuple):
    """A table of the documents of one shard."""

    stage: str
    partition: str
    columns: frozenset[str]
    file: File


@dataclass(frozen=True)
class MembersTask:
    """The members of one documents shard, those of the mixes that are replayed, and the tables that tell of it."""

    store: Store
    path: str  # of the record of the mix
    partition: str
    recipe: Mapping[str, Any]
    snapshot: str  # the partition of the shard
    documents: File
    corpora: Mapping[str, frozenset[str]]  # by the partition of each below it, with those that it stands on
    sides: tuple[Side, ...]
    labels: tuple[Row, ...]
    rows: bytes  # uint64[n, COLUMNS]
    earlier: bytes  # the same of replayed mixes


class Members:
    """The columns of members."""

    def __init__(self, task: MembersTask, found: NDArray[np.uint64]):
        self.ids = id_bytes(found[:, 0], found[:, 1])
        self.label = found[:, 2].astype(np.int64)
        self.at, self.words, self.copy = (found[:, number].astype(np.int64) for number in (3, 5, 7))
        self.family, self.parent = found[:, 4], found[:, 6]
        self.cut, self.tokens = (found[:, number].astype(np.int64) - 1 for number in (8, 9))  # -1: none
        self.labels = [Label(*cast(Any, row)) for row in task.labels]

    def of(self, name: str) -> NDArray[Any]:
        """A column of labels."""
        return np.array([getattr(label, name) for label in self.labels], object)[self.label]

    def name(self, number: int) -> str:
        return f"member {self.ids[number].tobytes().hex()}"


def check_members(task: MembersTask) -> list[Problem]:
    """What is wrong with the members of one documents shard."""
    problems: list[Problem] = []

    def wrong(what: str, expected: str, found: str) -> None:
        problems.append(Problem(task.path, task.partition, what, expected, found))

    rows = np.frombuffer(task.rows, np.uint64).reshape(-1, COLUMNS)
    members = Members(task, rows)
    if not task.documents.path:
        wrong(f"documents shard {told(task.documents.sha256)} of {len(members.at)} members", "below it", "nowhere")
        return problems
    with noting(problems, task.documents.path, task.partition):
        said = id_bytes(*ids_of(read_shard(task.store, task.documents, ["doc_id"]).column("doc_id")))
        is_there = members.at < len(said)
        is_there[is_there] &= said[members.at[is_there]] == members.ids[is_there]
        for number in np.flatnonzero(~is_there)[:NAMED].tolist():
            wrong(members.name(number), f"in row {members.at[number]} of {task.documents.path}", "not there")
        if is_there.any():
            Judged(task, Members(task, rows[is_there]), wrong).judge()
    return problems


class Judged:
    """Members that are in their places."""

    def __init__(self, task: MembersTask, members: Members, wrong: Wrong):
        self.task, self.members, self.wrong = task, members, wrong
        self.components = {item["name"]: item for item in task.recipe["components"]}

    def judge(self) -> None:
        self._labels()
        self._decided()
        self._told()
        self._copies()
        self._replayed()

    def _labels(self) -> None:
        """What the recipe says of all members that share a label."""
        for code in np.unique(self.members.label).tolist():
            label = self.members.labels[code]
            number = int(np.flatnonzero(self.members.label == code)[0])
            for what, expected, found in unlike_recipe(self.task.recipe, self.components, label):
                self.wrong(f"{what} of {self.members.name(number)}", expected, told(found))
            key = self.task.snapshot.partition("/")[2].partition("#")[0]
            if label.source != key:
                self.wrong(f"the source of {self.members.name(number)}", key, told(label.source))

    def _decided(self) -> None:
        """What the corpora decided of these documents; one of them that let it survive under its license is enough."""
        named, offered = self.members.of("license"), self.members.of("license_offered")
        self._name(named == "", "the license of {}", f"an expression, or {NOASSERTION}", lambda _: "empty")
        of_corpus = np.array([bool(self._component(n).get("corpus")) for n in self.members.of("component")], np.bool_)
        decided = [side for side in self.task.sides if side.stage == "deduplicated"]
        if not decided:
            self._name(of_corpus, "{}", "a survivor of its corpus", lambda _: "of none")
            return
        survives, agrees = np.zeros(len(named), np.bool_), np.zeros(len(named), np.bool_)
        components = self.members.of("component")
        for side in decided:
            status, licenses = (self._read(side, name) for name in ("status", "license"))
            is_its = np.array([self._takes(name, side.partition) for name in components], np.bool_)
            survives |= (status == "survivor") & is_its
            agrees |= np.array([fits(*item) for item in zip(named, offered, licenses, strict=True)], np.bool_)
        self._name(of_corpus & ~survives, "{}", "a survivor of its corpus", lambda _: "none")
        expected = "the effective one of its corpus"
        self._name(survives & ~agrees, "the license of {}", expected, lambda number: told(named[number]))

    def _told(self) -> None:
        """What tables say of a document, one of them at least."""
        members = self.members
        whole = members.cut < 0
        is_exact = np.full(len(whole), bool(self.task.recipe.get("exact")))
        self._name(~whole & ~is_exact, "{}", "whole, for the mix is not exact", lambda n: f"cut at {members.cut[n]}")
        counted = self._having("words", "passages") or self._having("words", "signals")
        self._agree("words", members.words, counted, whole)
        if not any(side.stage == "passages" for side in self.task.sides):
            self._agree("tokens", members.tokens, self._having("tokens", "signals"), whole & (members.tokens >= 0))
        self._agree("language", members.of("language"), self._having("language", "signals"))
        self._agree("license_kind", members.of("license_kind"), self._having("license_kind", "licensed"))
        families = [
            _firsts([a or b for a, b in zip(self._read(side, "family"), self._read(side, "doc_id"), strict=True)])
            for side in self.task.sides
            if side.stage == "deduplicated"
        ]
        self._agree("family", members.family, families)
        documents = Side("snapshots", self.task.snapshot, frozenset(), self.task.documents)
        parents = [
            listed[0]["doc_id"] if len(listed) else own
            for listed, own in zip(self._read(documents, "parents"), self._read(documents, "doc_id"), strict=True)
        ]
        self._agree("parent", members.parent, [_firsts(parents)])
        self._edits()

    def _edits(self) -> None:
        """Edits are those of passages, where any are cut, or of verdicts; members without any have none there."""
        of = {name: [side for side in self.task.sides if side.stage == name] for name in ("passages", "filtered")}
        corpora = [side for side in self.task.sides if side.stage == "deduplicated"]
        sides = of["passages"] if len(of["passages"]) == len(corpora) else [*of["passages"], *of["filtered"]]
        said = self.members.of("edits")
        known = np.isin(said, ["", *(side.file.sha256 for side in sides)])
        self._name(~known, "the edits of {}", "those of a table below it", lambda number: told(said[number]))
        is_plain = np.zeros(len(said), np.bool_)
        for side in sides:
            is_plain |= np.array([not len(item) for item in self._read(side, "edits")], np.bool_)
        has_none = (said == "") & ~is_plain & bool(sides)
        self._name(has_none, "the edits of {}", "those of a table below it", lambda _: "none")

    def _copies(self) -> None:
        """The copies of a document in a component are numbered from 0."""
        found: dict[tuple[bytes, str], list[int]] = {}
        for number, item in enumerate(zip(self.members.ids.tolist(), self.members.of("component"), strict=True)):
            found.setdefault(item, []).append(number)
        bad = np.zeros(len(self.members.at), np.bool_)
        for numbers in found.values():
            bad[numbers[0]] = sorted(self.members.copy[numbers].tolist()) != [*range(len(numbers))]
        self._name(bad, "the copies of {}", "numbered from 0", lambda _: "otherwise")

    def _replayed(self) -> None:
        """Members of a component that replays stand in the earlier mix, with the same text."""
        earlier = Members(self.task, np.frombuffer(self.task.earlier, np.uint64).reshape(-1, COLUMNS))
        known = {*zip(earlier.ids.tolist(), earlier.of("edits"), earlier.at.tolist(), strict=True)}
        replays = np.array([bool(self._component(n).get("replay")) for n in self.members.of("component")], np.bool_)
        said = zip(self.members.ids.tolist(), self.members.of("edits"), self.members.at.tolist(), strict=True)
        stands = np.array([item in known for item in said], np.bool_)
        self._name(replays & ~stands, "{}", "a member of the mix that is replayed", lambda _: "none")

    def _takes(self, component: str, corpus: str) -> bool:
        """Whether a component takes from a corpus, or replays what may have been taken from it."""
        named = f"deduplicated/{self._component(component).get('corpus')}"
        found = self.task.corpora.items()
        return not self._component(component).get("corpus") or any(
            corpus in layers for name, layers in found if name.partition("#")[0] == named
        )

    def _component(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.components.get(name, {})
        return found

    def _having(self, column: str, stage: str) -> list[NDArray[Any]]:
        sides = [side for side in self.task.sides if side.stage == stage and column in side.columns]
        return [self._read(side, column) for side in sides]

    def _agree(self, name: str, said: NDArray[Any], tables: Sequence[NDArray[Any]], which: Mask | bool = True) -> None:
        if tables:
            agrees = np.logical_or.reduce([said == table for table in tables]) | ~np.asarray(which)
            expected = "as the tables below it say"
            self._name(~agrees, f"{name} of {{}}", expected, lambda number: told(said[number]))

    def _name(self, bad: Mask, what: str, expected: str, found: Callable[[int], str]) -> None:
        for number in np.flatnonzero(bad)[:NAMED].tolist():
            self.wrong(what.format(self.members.name(number)), expected, found(number))

    def _read(self, side: Side, name: str) -> NDArray[Any]:
        """A column of the rows of the members."""
        return self._tables.column(self.task.store, side, self.members.at, name)

    @cached_property
    def _tables(self) -> Tables:
        return Tables()


class Tables:
    """Columns of tables at the rows of the members, each read once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], NDArray[Any]] = {}

    def column(self, store: Store, side: Side, at: NDArray[np.int64], name: str) -> NDArray[Any]:
        key = (side.file.path, name)
        if key not in self.known:
            rows, places = np.unique(at, return_inverse=True)
            values = read_rows(store, side.file, rows.tolist(), [name]).column(name).to_pylist()
            held = np.empty(len(values), object)
            held[:] = values
            self.known[key] = held[places]
        return self.known[key]


def _firsts(ids: Sequence[bytes]) -> NDArray[np.uint64]:
    """The first eight bytes of ids."""
    return np.frombuffer(b"".join(item[:8] for item in ids), "<u8").astype(np.uint64)
