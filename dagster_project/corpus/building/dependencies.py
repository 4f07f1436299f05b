"""The partitions that a partition is built from, by the recipes alone: one method per stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dagster_project.corpus.building.measuring import EDITING, Measuring, exported
from dagster_project.corpus.building.mix_columns import is_measured_late, names_of_member, place_of
from dagster_project.corpus.building.recipes import PINNED, Recipes
from dagster_project.corpus.model.errors import PartitionError, Refused
from dagster_project.corpus.model.measurements import Measurement
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.signals.groups import PLAIN
from dagster_project.corpus.statistics import languages


class Dependencies:
    """What must exist before a partition can be built."""

    def __init__(self, recipes: Recipes, measuring: Measuring):
        self.recipes, self.measuring = recipes, measuring

    def of(self, partition: Partition) -> list[Partition]:
        """In the order in which a plan takes them."""
        return DEPENDENCIES[partition.stage](self, partition)

    def measured(self, source: str) -> list[Partition]:
        """The measurements of a snapshot: the plain groups, and what the policies of corpora that hold it ask for."""
        parts = dict.fromkeys(PLAIN)
        for corpus in self.recipes.corpora:
            for key, policy in self.recipes.members(corpus):
                if key == source:
                    cascade, _ = self.measuring.cascade_named(policy)
                    parts |= {item.part: None for item in (*self.measuring.of(cascade), exported(cascade))}
                    if corpus.soft.model:
                        parts[self.measuring.commonness(policy, corpus.soft.model).part] = None
        parts |= {item.part: None for item in self.measuring.promised_of(source)}
        return [Partition("signals", source, part) for part in parts]

    def pinned(self, partition: Partition) -> list[str]:
        """What is read of exact versions, which must stand and of which nothing is built: partition#digits."""
        if partition.stage != "mixed":
            return []
        named = [item.origin for item in self.recipes.mix(partition.key).components if PINNED in item.replay]
        return list(dict.fromkeys(named))

    def snapshots(self, partition: Partition) -> list[Partition]:
        """Those of the parents, where a source is derived."""
        return self.of_parents(partition)

    def licensed(self, partition: Partition) -> list[Partition]:
        return [*self.snapshot_alone(partition), *self.of_parents(partition)]

    def of_parents(self, partition: Partition) -> list[Partition]:
        """The same stage of the sources that a source is derived from."""
        source = self.recipes.source(partition.key)
        return [Partition(partition.stage, key) for key in self.recipes.parents(source)]

    def snapshot_alone(self, partition: Partition) -> list[Partition]:
        return [Partition("snapshots", partition.key)]

    def statistics(self, partition: Partition) -> list[Partition]:
        side_tables = [Partition("licensed", partition.key)]
        side_tables += [Partition("signals", partition.key, group) for group in languages.GROUPS]
        return [Partition("snapshots", partition.key), *side_tables]

    def signals(self, partition: Partition) -> list[Partition]:
        asked = self.measuring.named(partition.part)
        needed = [Partition("snapshots", partition.key)]
        if asked.edits and asked.group != EDITING:
            needed.append(Partition("signals", partition.key, Measurement(EDITING, asked.edits).part))
        if artifact := self.measuring.artifact(partition.key, asked):
            needed.append(Partition("artifacts", artifact))
        return needed

    def artifacts(self, partition: Partition) -> list[Partition]:
        recipe = self.recipes.artifact(partition.key)
        named = [item.partition for item in (*recipe.positives, *recipe.negatives) if item.partition]
        return [parse(name)[0] for name in dict.fromkeys(named)]

    def filtered(self, partition: Partition) -> list[Partition]:
        source = partition.key.partition("+")[0]
        cascade, draws = self.measuring.cascade_named(partition.policy)
        needed = [Partition("snapshots", source)]
        needed += [Partition("signals", source, item.part) for item in self.measuring.of(cascade)]
        return [*needed, *([Partition("filtered", f"{source}+{draws.policy}")] if draws else [])]

    def printed(self, source: str) -> list[Partition]:
        """The fingerprints of a snapshot that corpora which hold it ask for; without one, those of the defaults."""
        asked = [item for item in self.recipes.corpora if source in [key for key, _ in self.recipes.members(item)]]
        parts = dict.fromkeys(item.fingerprints.part for item in asked) or [FingerprintRecipe().part]
        return [Partition("fingerprints", source, part) for part in parts]

    @property
    def asked_prints(self) -> Mapping[str, FingerprintRecipe]:
        """By what fingerprints are called, the parameters that corpora ask for, and the defaults."""
        return {
            item.part: item for item in (FingerprintRecipe(), *(each.fingerprints for each in self.recipes.corpora))
        }

    def fingerprints(self, partition: Partition) -> list[Partition]:
        known = self.asked_prints
        if partition.part not in known:
            raise PartitionError(
                f"no corpus asks for fingerprints {partition.part!r}: use {' or '.join(sorted(known))}"
            )
        return self.snapshot_alone(partition)

    def families(self, partition: Partition) -> list[Partition]:
        corpus = self.recipes.corpus(partition.key)
        members = self.recipes.members(corpus)
        needed = [Partition("families", layer.key) for layer in self.recipes.layers(corpus)[-2:-1]]
        needed += [Partition("fingerprints", key, corpus.fingerprints.part) for key, _ in members]
        if corpus.over == "kept":
            needed += [Partition("filtered", f"{key}+{policy}") for key, policy in members]
        return needed

    def deduplicated(self, partition: Partition) -> list[Partition]:
        corpus = self.recipes.corpus(partition.key)
        needed = [Partition("families", partition.key)]
        for key, policy in self.recipes.members(corpus):
            needed += [
                Partition("filtered", f"{key}+{policy}"),
                Partition("licensed", key),
                Partition("signals", key, self.measuring.counts(policy)),
            ]
        return [*needed, *(Partition("deduplicated", layer.key) for layer in self.recipes.layers(corpus)[-2:-1])]

    def passages(self, partition: Partition) -> list[Partition]:
        corpus = self.recipes.corpus(partition.key)
        needed = [Partition("deduplicated", partition.key)]
        for key, policy in self.recipes.members(corpus):
            needed += [
                Partition("filtered", f"{key}+{policy}"),
                Partition("signals", key, self.measuring.counts(policy)),
            ]
        return [*needed, *(Partition("passages", layer.key) for layer in self.recipes.layers(corpus)[-2:-1])]

    def weights(self, partition: Partition) -> list[Partition]:
        corpus = self.recipes.corpus(partition.key)
        if not corpus.soft.model:
            raise Refused(f"corpus {corpus.key} has no weights: say soft: {{model: NAME}}, an artifact of kind ngram")
        needed = [Partition("deduplicated", partition.key)]
        if corpus.passages.cuts:
            needed.append(Partition("passages", partition.key))
        for key, policy in self.recipes.members(corpus):
            parts = self.measuring.commonness(policy, corpus.soft.model).part, self.measuring.counts(policy)
            needed += [Partition("signals", key, part) for part in parts]
        return [*needed, *(Partition("weights", layer.key) for layer in self.recipes.layers(corpus)[-2:-1])]

    def mixed(self, partition: Partition) -> list[Partition]:
        mix = self.recipes.mix(partition.key)
        needed = [Partition("artifacts", key) for key in (*mix.clean_of, *filter(None, [mix.tokenizer]))]
        needed += [parse(item.origin)[0] for item in mix.components if item.replay and PINNED not in item.replay]
        for corpus in self.recipes.corpora_of(mix):
            for layer in self.recipes.layers(corpus):
                needed.append(Partition("deduplicated", layer.key))
                for key, policy in self.recipes.members(layer):
                    names = names_of_member(self.recipes, mix, corpus.key, key)
                    read = [name for name in names if not is_measured_late(layer, mix, name)]
                    needed += [
                        place_of(self.recipes, self.measuring, layer, (key, policy), name).partition for name in read
                    ]
                    needed += [Partition("signals", key, item.part) for item in self.measuring.promised(mix, policy)]
        return list(dict.fromkeys(needed))

    def published(self, partition: Partition) -> list[Partition]:
        return [Partition("mixed", partition.key)]


DEPENDENCIES: Mapping[str, Callable[[Dependencies, Partition], list[Partition]]] = {
    "snapshots": Dependencies.snapshots,
    "licensed": Dependencies.licensed,
    "signals": Dependencies.signals,
    "statistics": Dependencies.statistics,
    "fingerprints": Dependencies.fingerprints,
    "filtered": Dependencies.filtered,
    "families": Dependencies.families,
    "deduplicated": Dependencies.deduplicated,
    "passages": Dependencies.passages,
    "weights": Dependencies.weights,
    "mixed": Dependencies.mixed,
    "published": Dependencies.published,
    "artifacts": Dependencies.artifacts,
}
