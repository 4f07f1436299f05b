"""What a recipe must mean beyond its types: one rule per field, and one per class for fields that must agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dagster_project.corpus.model import artifact_rules, source_rules
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.partitions import NAME
from dagster_project.corpus.model.recipes import (
    Budget,
    CollectionRecipe,
    Columns,
    ComponentRecipe,
    CorpusRecipe,
    FingerprintRecipe,
    MemberRecipe,
    MixRecipe,
    NearRecipe,
    PassageRecipe,
    PolicyRecipe,
    SoftRecipe,
    SourceRecipe,
    StepRecipe,
)

Complaint = str | None
LARGEST_SEED = 2**63 - 1
SHORTEST_PASSAGE = 20  # bytes
MOST_SEGMENTS = 100
MOST_PERMUTATIONS = 2048  # of a signature, and values of a sketch: 8 KiB of each


def _reference(value: str) -> Complaint:
    good = re.fullmatch(rf"{NAME}(@{NAME})?", value) and ".." not in value
    return None if good else f"{value!r} cannot be a reference; use name or name@version in a-z 0-9 . _ -"


def _references(values: Sequence[str]) -> Complaint:
    return next(filter(None, map(_reference, values)), None) or _distinct(values)


def _share(value: float) -> Complaint:
    return None if 0 <= value <= 1 else f"{value} is not a share; use a number from 0 to 1"


def _positive(value: float) -> Complaint:
    return None if value > 0 else f"{value} is not allowed here; use a number above 0"


def _counted(value: int) -> Complaint:
    return None if value >= 0 else f"{value} is not allowed here; use 0, or a number above"


def _long_enough(value: int) -> Complaint:
    good = value >= SHORTEST_PASSAGE
    return None if good else f"{value} bytes are in every text; use {SHORTEST_PASSAGE} or more"


def _segments(value: int) -> Complaint:
    return None if 1 <= value <= MOST_SEGMENTS else f"{value} is no number of segments; use 1 to {MOST_SEGMENTS}"


def _weight(value: float) -> Complaint:
    return None if 0.001 <= value <= 1 else f"{value} is not a weight; use 0.001 to 1, for 0 would drop documents"


def _filled(value: Sequence[Any]) -> Complaint:
    return None if value else "is empty; give at least one"


def _distinct(values: Sequence[str]) -> Complaint:
    repeated = sorted({value for value in values if values.count(value) > 1})
    return f"{', '.join(repeated)} stands here twice; say each once" if repeated else None


def _words(values: Sequence[str]) -> Complaint:
    return "holds an empty text; leave it out" if "" in values else _distinct(values)


def _exports(values: Sequence[str]) -> Complaint:
    return _filled(values) or _distinct(values)


def _seed(value: int) -> Complaint:
    return None if 0 <= value <= LARGEST_SEED else f"{value} is not a seed; use a whole number from 0 to 2^63-1"


def _path(value: str) -> Complaint:
    return None if all(value.split(".")) else f"{value!r} is not a column; use a name, with dots to reach into objects"


def _file(value: str) -> Complaint:
    return "names no file; give a path relative to the recipe directory" if not value.strip() else None


VERSIONED = (SourceRecipe, CorpusRecipe, MixRecipe, ArtifactRecipe)
FIELD_RULES: dict[tuple[type, str], Callable[[Any], Complaint]] = {
    **{(cls, "name"): artifact_rules.name for cls in (*VERSIONED, PolicyRecipe, ComponentRecipe)},
    **{(cls, "version"): artifact_rules.name for cls in VERSIONED},
    **{(Columns, column): _path for column in Columns.__dataclass_fields__},
    (SourceRecipe, "format"): _filled,
    (SourceRecipe, "max_bad_records"): _share,
    **source_rules.FIELDS,
    (StepRecipe, "policy"): artifact_rules.name,
    (StepRecipe, "any_of"): _words,
    (StepRecipe, "none_of"): _words,
    (StepRecipe, "list"): _file,
    (StepRecipe, "released"): _file,
    (StepRecipe, "model"): _reference,
    (StepRecipe, "quantile"): _share,
    (StepRecipe, "words"): _positive,
    (StepRecipe, "languages"): _words,
    (StepRecipe, "max_removed"): _share,
    (PolicyRecipe, "max_removed"): _share,
    (ArtifactRecipe, "held_out"): _share,
    **artifact_rules.FIELDS,
    (MemberRecipe, "source"): _reference,
    (MemberRecipe, "policy"): artifact_rules.name,
    (FingerprintRecipe, "ngram"): _positive,
    (FingerprintRecipe, "bands"): _positive,
    (FingerprintRecipe, "rows"): _positive,
    (NearRecipe, "similarity"): _share,
    (NearRecipe, "cohesion"): _share,
    (NearRecipe, "max_family"): _positive,
    (PassageRecipe, "length"): _long_enough,
    (PassageRecipe, "cut_lines"): _counted,
    (PassageRecipe, "cut_paragraphs"): _counted,
    (PassageRecipe, "shortest_line"): _positive,
    (PassageRecipe, "max_cut"): _share,
    (PassageRecipe, "max_parallel_loss"): _share,
    (SoftRecipe, "model"): _reference,
    (SoftRecipe, "segments"): _segments,
    (SoftRecipe, "least"): _weight,
    (CorpusRecipe, "members"): _filled,
    (CorpusRecipe, "base"): _reference,
    (CorpusRecipe, "prefer"): _distinct,
    (CorpusRecipe, "max_removed"): _share,
    (CorpusRecipe, "min_survivors"): _counted,
    (Budget, "words"): _positive,
    (Budget, "documents"): _positive,
    (ComponentRecipe, "corpus"): _reference,
    (ComponentRecipe, "weight"): _positive,
    (ComponentRecipe, "sources"): _words,
    (ComponentRecipe, "languages"): _words,
    (ComponentRecipe, "max_epochs"): _positive,
    (MixRecipe, "components"): _filled,
    (MixRecipe, "seed"): _seed,
    (MixRecipe, "clean_of"): _references,
    (MixRecipe, "exports"): _exports,
    (MixRecipe, "shard_words"): _positive,
}


LIMITS = ("min", "max", "above", "below", "any_of", "none_of", "list", "quantile", "words")
BESIDES = ("model", "max_removed", "quarantine", "released")
KINDS = ("rule", "policy", "edit")


def _step(step: StepRecipe) -> Iterator[tuple[str, str]]:
    kinds = [kind for kind in KINDS if getattr(step, kind)]
    if len(kinds) != 1:
        yield "", f"says {' and '.join(kinds) or 'none'} of rule, policy and edit; say exactly one"
        return
    said = [name for name in LIMITS if getattr(step, name) not in (None, (), "")]
    besides = (name for name in BESIDES if getattr(step, name) is not False and getattr(step, name) not in (None, ""))
    for name in [*said, *besides]:
        if not step.rule and not (step.policy and name == "max_removed"):
            yield name, f"is about a rule, and this step is {kinds[0]} {getattr(step, kinds[0])}; leave it out"
    if step.rule:
        yield from _limits(step, said)
    if step.settings and not step.edit:
        yield "settings", "are of an edit, and this step has none; leave them out"
    if step.languages and step.edit:
        yield "languages", "cannot be said of an edit, which is of every document; leave them out"


def _limits(step: StepRecipe, said: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not said:
        yield "", f"has no limit, so it would keep everything; give one of {', '.join(LIMITS)}"
    least = max((limit for limit in (step.min, step.above) if limit is not None), default=None)
    most = min((limit for limit in (step.max, step.below) if limit is not None), default=None)
    if least is not None and most is not None and least > most:
        names = ("min" if step.min == least else "above", "max" if step.max == most else "below")
        yield names[0], f"{least} is above {names[1]} {most}, so nothing could pass; swap them"
    if step.quantile is not None and step.words is not None:
        yield "words", "is a second budget beside quantile; say one of them"
    if step.released and not step.quarantine:
        yield "released", "lets documents out of quarantine, and this step has none; say quarantine: true beside it"
    if step.released and step.words is not None:
        yield "released", "would add documents to a budget of words; give a min, or leave it out"


def _policy(policy: PolicyRecipe) -> Iterator[tuple[str, str]]:
    """Each rule once for every view of the text: an edit begins another."""
    names: list[str] = []
    for index, step in enumerate(policy.rules):
        if step.edit:
            names = []
        elif step.label in names:
            yield f"rules[{index}]", f"{step.label} stands in this list already; each name once"
        names.append(step.label)


def _fingerprints(recipe: FingerprintRecipe) -> Iterator[tuple[str, str]]:
    if recipe.bands * recipe.rows > MOST_PERMUTATIONS:
        yield (
            "bands",
            f"{recipe.bands} bands of {recipe.rows} rows are more than {MOST_PERMUTATIONS} hashes; take fewer",
        )
    if not 0 <= recipe.sketch <= MOST_PERMUTATIONS:
        yield "sketch", f"{recipe.sketch} is not a size of a sketch; use 0 to {MOST_PERMUTATIONS}"


def _corpus(corpus: CorpusRecipe) -> Iterator[tuple[str, str]]:
    yield from _named_once("members", [member.source for member in corpus.members])
    if corpus.near.verify != "none" and not corpus.fingerprints.sketch:
        yield "near.verify", "needs sketches, and fingerprints.sketch is 0; keep some, or say verify: none"


def _budget(budget: Budget) -> Iterator[tuple[str, str]]:
    if (budget.words is None) == (budget.documents is None):
        yield "", f"has {'neither' if budget.words is None else 'both'} of words and documents; give exactly one"


def _mix(mix: MixRecipe) -> Iterator[tuple[str, str]]:
    yield from _named_once("components", [component.name for component in mix.components])
    if mix.contaminated == "exclude" and not mix.clean_of:
        yield "contaminated", "is about benchmarks, and clean_of names none; leave it out, or name some"


def _named_once(field: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"{field}[{index}]", f"{name} stands in this list already; each name once"


WHOLE_RULES: dict[type, Callable[[Any], Iterable[tuple[str, str]]]] = {
    **artifact_rules.AGREEMENT,
    SourceRecipe: source_rules.agreement,
    CollectionRecipe: source_rules.period,
    StepRecipe: _step,
    Budget: _budget,
    PolicyRecipe: _policy,
    FingerprintRecipe: _fingerprints,
    CorpusRecipe: _corpus,
    MixRecipe: _mix,
}
