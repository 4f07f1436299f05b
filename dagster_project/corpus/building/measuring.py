"""Which measurements a policy needs of a snapshot, and what the name of one says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.corpus.building.recipes import Control, Recipes
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.filtering.cascade import Cascade, Draw, Step, cascade_of, control_of
from dagster_project.corpus.model.edits import told_of
from dagster_project.corpus.model.errors import FlorilegiumError, PartitionError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.measurements import ID_DIGITS, LISTED, Edits, Measurement
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.recipes import CorpusRecipe, PolicyRecipe
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.signals.edits import counted_by, decided_by, settled
from dagster_project.corpus.signals.groups import GROUPS, PLAIN, group_of
from dagster_project.corpus.signals.language import model_record
from dagster_project.corpus.storage.lists import find_list, store_list
from dagster_project.corpus.storage.stores import Store

EDITING = "edits"  # the group whose rows are the edits of a program
SEARCHING = "contamination"  # the group that searches for the items of benchmarks
PHRASES = "phrases"  # the kind of list that texts are searched for
WEIGHING = Measurement("counts")  # by its words and bytes removals are weighed
SURPRISING = "perplexity"  # by it documents are weighted
TOKENIZING = "tokens"  # the group that counts the tokens of a tokenizer
CLUSTERING = "clusters"  # the group that tells the cluster of a document
SPEAKING = Measurement("language")  # who says a step is for some languages


def exported(cascade: Cascade) -> Measurement:
    """The counts of the text that a policy leaves: of it, budgets of mixes are made."""
    return Measurement(WEIGHING.group, cascade.edits)


@dataclass(frozen=True)
class Measuring:
    """The measurements that the policies of some recipes ask for."""

    recipes: Recipes

    def cascade(self, policy: PolicyRecipe) -> Cascade:
        """The cascade of a policy, with every setting of its edits said: equal programs are one view."""
        found = cascade_of(policy, self.recipes.policy)
        steps = tuple(replace(step, edits=settled(program_of(step.edits))) for step in found.steps)
        for step in steps:
            _check_counted(policy.name, step)
        return replace(found, steps=steps, edits=settled(program_of(found.edits)))

    def cascade_named(self, policy: str, draw: int = 0) -> tuple[Cascade, Control | None]:
        """The cascade of a policy; of a random control, with so many documents to draw, and which control it is."""
        control = self.recipes.control(policy)
        if not control:
            return self.cascade(self.recipes.policy(policy)), None
        selection = self.cascade(self.recipes.policy(control.policy))
        return control_of(selection, Draw(draw, control.seed)), control

    def counts(self, policy: str) -> str:
        """The counts of the text that a policy leaves: of it, budgets of mixes are made."""
        return exported(self.cascade_named(policy)[0]).part

    def promised(self, mix: MixRecipe, policy: str) -> list[Measurement]:
        """What the text that a policy leaves is searched for, by the benchmarks that a mix promises to be clean of."""
        edits = self.cascade_named(policy)[0].edits
        return [Measurement(SEARCHING, edits, key) for key in mix.clean_of]

    def promised_of(self, source: str) -> Iterator[Measurement]:
        """The same for a source, by all mixes that hold it."""
        for mix in self.recipes.mixes:
            yield from (item for key, item in self._promised_by(mix) if key == source)

    def commonness(self, policy: str, model: str) -> Measurement:
        """How common the text that a policy leaves is to a model."""
        return replace(
            exported(self.cascade_named(policy)[0]), group=SURPRISING, taken=self.recipes.artifact(model).key
        )

    def tokens(self, policy: str, tokenizer: str) -> Measurement:
        """The tokens of the text that a policy leaves, by an artifact of kind tokenizer."""
        edits = self.cascade_named(policy)[0].edits
        return Measurement(TOKENIZING, edits, self.recipes.artifact(tokenizer).key)

    def of(self, cascade: Cascade) -> tuple[Measurement, ...]:
        """All that a cascade reads, each once, in the order of their names."""
        needed = {WEIGHING}
        for step in cascade.steps:
            needed |= {self.read_by(step, signal) for signal in step.reads}
            if step.recipe.languages:
                needed.add(SPEAKING)
        if cascade.edits:
            needed.add(Measurement(EDITING, cascade.edits))
        return tuple(sorted(needed, key=lambda item: item.part))

    def read_by(self, step: Step, signal: str) -> Measurement:
        """The measurement that holds a signal as a step judges it: what has no views is the same for all."""
        return self.place(step, signal)[0]

    def place(self, step: Step, signal: str) -> tuple[Measurement, str]:
        """That measurement, and its column: the edits may tell of what they leave."""
        if told := told_of(step.edits, signal):
            return Measurement(EDITING, step.edits), told
        group = GROUPS[group_of(signal)]
        edits = step.edits if group.has_views else ()
        return Measurement(group_of(signal), edits, self._taken(step, group.takes), step.recipe.list), signal

    def column(self, step: Step, signal: str) -> str:
        """The column of a table of signals that holds one as a step judges it."""
        item, column = self.place(step, signal)
        return f"{item.part}/{column}"

    def lists(self, cascade: Cascade) -> Mapping[str, str]:
        """The hashes of the lists that texts are searched for, by the name of the step."""
        return {
            step.name: find_list(step.name, PHRASES, Path(step.recipe.list).expanduser()).sha256
            for step in cascade.steps
            if step.rule.takes == "list"
        }

    def named(self, part: str) -> Measurement:
        """The measurement of that name: a plain group, or one that a policy asks for."""
        if part in PLAIN:
            return Measurement(part)
        if part in self._asked_for:
            return self._asked_for[part]
        known = ", ".join([*PLAIN, *sorted({*self._asked_for} - {*PLAIN})])
        raise PartitionError(f"{part!r} is not a signal group, and no policy asks for it: use one of {known}")

    def artifact(self, source: str, asked: Measurement) -> str:
        """The key of the artifact that a measurement of a source takes, if it takes one."""
        if asked.group == "language":
            named = self.recipes.source(source).language_model
            return self.recipes.artifact(named).key if named else ""
        return asked.taken if GROUPS[asked.group].takes == "artifact" else ""

    def _taken(self, step: Step, takes: str) -> str:
        if takes == "artifact":
            return self.recipes.artifact(step.recipe.model).key
        if takes == "list":
            return LISTED + find_list(step.name, PHRASES, Path(step.recipe.list).expanduser()).sha256[:ID_DIGITS]
        return ""

    @cached_property
    def _asked_for(self) -> Mapping[str, Measurement]:
        asked = [item for policy in self.recipes.policies for item in self._all_of(policy)]
        searched = [Measurement(SEARCHING, (), item.key) for item in self.recipes.artifacts if item.kind == "benchmark"]
        views = dict.fromkeys(((), *(item.edits for item in asked)))
        groups = {"tokenizer": TOKENIZING, "clusters": CLUSTERING}
        taking = [(groups[item.kind], item.key) for item in self.recipes.artifacts if item.kind in groups]
        taken = [Measurement(group, edits, key) for group, key in taking for edits in views]
        promised = [item for mix in self.recipes.mixes for _, item in self._promised_by(mix)]
        weighed = [item for corpus in self.recipes.corpora for item in self._weighed_by(corpus)]
        return {item.part: item for item in (*asked, *searched, *taken, *promised, *weighed)}

    def _all_of(self, policy: PolicyRecipe) -> Iterator[Measurement]:
        """With the edits in between, each a measurement of its own; nothing of a policy that cannot be used."""
        try:
            cascade = self.cascade(policy)
            yield from self.of(cascade)
            yield from (Measurement(EDITING, step.edits) for step in cascade.steps if step.edits)
            yield exported(cascade)
        except FlorilegiumError:
            return

    def _promised_by(self, mix: MixRecipe) -> Iterator[tuple[str, Measurement]]:
        """With the source of each; nothing of a mix that cannot be used."""
        try:
            found = self.recipes.mix(mix.key)
            for source, policy in self.recipes.members_of(found) if found.clean_of else ():
                yield from ((source, item) for item in self.promised(found, policy))
        except FlorilegiumError:
            return

    def _weighed_by(self, corpus: CorpusRecipe) -> Iterator[Measurement]:
        """What its weights are made of; nothing of a corpus that cannot be used."""
        try:
            for member in corpus.members if corpus.soft.model else ():
                yield self.commonness(member.policy, corpus.soft.model)
        except FlorilegiumError:
            return


def _check_counted(policy: str, step: Step) -> None:
    """A rule about what an edit counted is refused where that edit is not the last before it: 0 would pass for it."""
    lacking = [name for name in step.reads if group_of(name) == EDITING and name not in counted_by(step.edits)]
    if lacking:
        last = f"edit {step.edits[-1].name}" if step.edits else "no edit"
        raise Refused(
            f"policy {policy}: rule {step.name} judges {lacking[0]}, and {last} before it counts that: put the rule "
            "after the edit that does, before any other"
        )


def program_of(edits: Edits) -> list[tuple[str, dict[str, Any]]]:
    """An edit program as its group takes it."""
    return [(edit.name, dict(edit.settings)) for edit in edits]


class Taken(NamedTuple):
    """What a measurement takes beside documents: for its identity, and for the group's `measure`."""

    recipe: Mapping[str, Any] = {}
    given: Callable[[Work], Mapping[str, Any]] = lambda work: {}


def taken_by(store: Store, asked: Measurement, version: Manifest | None) -> Taken:
    """The edit program, the list or the artifact of a measurement."""
    if asked.group == EDITING:
        program = program_of(asked.edits)
        return Taken({"program": program, **decided_by(asked.edits)}, lambda work: {"program": program})
    if GROUPS[asked.group].takes == "list":
        found = find_list(asked.group, PHRASES, Path(asked.list).expanduser())
        if asked.taken != LISTED + found.sha256[:ID_DIGITS]:
            raise Refused(f"{found.path} changed while it was read: build again when nobody writes to it")
        return Taken({"list": found.sha256}, lambda work: {"listed": store_list(work.store, found, work.access)})
    if version is None:
        return Taken()
    artifact = artifact_of(store, version)
    recipe = model_record(artifact) if asked.group == "language" else {}
    return Taken(recipe, lambda work: {"artifact": artifact})
