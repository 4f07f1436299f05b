"""What a recipe must mean beyond its types: one rule per field, and one per class for fields that must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dagster_project.corpus.model import artifact_rules, mix_rules, rendering_rules, source_rules
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.mix_recipes import ComponentRecipe, MixRecipe
from dagster_project.corpus.model.recipes import (
    CollectionRecipe,
    Columns,
    CorpusRecipe,
    FingerprintRecipe,
    MemberRecipe,
    NearRecipe,
    PassageRecipe,
    PolicyRecipe,
    SoftRecipe,
    SourceRecipe,
    StepRecipe,
    TurnRecipe,
)
from dagster_project.corpus.model.value_rules import (
    Complaint,
    counted,
    distinct,
    filled,
    named_once,
    positive,
    reference,
    references,
    share,
    words,
)

SHORTEST_PASSAGE = 20  # bytes
MOST_SEGMENTS = 100
MOST_PERMUTATIONS = 2048  # of a signature, and values of a sketch: 8 KiB of each


def _long_enough(value: int) -> Complaint:
    good = value >= SHORTEST_PASSAGE
    return None if good else f"{value} bytes are in every text; use {SHORTEST_PASSAGE} or more"


def _segments(value: int) -> Complaint:
    return None if 1 <= value <= MOST_SEGMENTS else f"{value} is no number of segments; use 1 to {MOST_SEGMENTS}"


def _weight(value: float) -> Complaint:
    return None if 0.001 <= value <= 1 else f"{value} is not a weight; use 0.001 to 1, for 0 would drop documents"


def _path(value: str) -> Complaint:
    return None if all(value.split(".")) else f"{value!r} is not a column; use a name, with dots to reach into objects"


def _file(value: str) -> Complaint:
    return "names no file; give a path relative to the recipe directory" if not value.strip() else None


VERSIONED = (SourceRecipe, CorpusRecipe, MixRecipe, ArtifactRecipe)
FIELD_RULES: dict[tuple[type, str], Callable[[Any], Complaint]] = {
    **{(cls, "name"): artifact_rules.name for cls in (*VERSIONED, PolicyRecipe, ComponentRecipe)},
    **{(cls, "version"): artifact_rules.name for cls in VERSIONED},
    **{(Columns, column): _path for column in Columns.__dataclass_fields__ if column != "turns"},
    (TurnRecipe, "column"): _path,
    (SourceRecipe, "format"): filled,
    (SourceRecipe, "derived_from"): references,
    (SourceRecipe, "max_bad_records"): share,
    **source_rules.FIELDS,
    **{(cls, "schedule"): source_rules.schedule for cls in (CorpusRecipe, MixRecipe)},
    (SourceRecipe, "fresh_hours"): counted,
    (StepRecipe, "policy"): artifact_rules.name,
    (StepRecipe, "any_of"): words,
    (StepRecipe, "none_of"): words,
    (StepRecipe, "list"): _file,
    (StepRecipe, "released"): _file,
    (StepRecipe, "model"): reference,
    (StepRecipe, "quantile"): share,
    (StepRecipe, "words"): positive,
    (StepRecipe, "languages"): words,
    (StepRecipe, "max_removed"): share,
    (PolicyRecipe, "max_removed"): share,
    (ArtifactRecipe, "held_out"): share,
    **artifact_rules.FIELDS,
    (MemberRecipe, "source"): reference,
    (MemberRecipe, "policy"): artifact_rules.name,
    (FingerprintRecipe, "ngram"): positive,
    (FingerprintRecipe, "bands"): positive,
    (FingerprintRecipe, "rows"): positive,
    (NearRecipe, "similarity"): share,
    (NearRecipe, "cohesion"): share,
    (NearRecipe, "max_family"): positive,
    (PassageRecipe, "length"): _long_enough,
    (PassageRecipe, "cut_lines"): counted,
    (PassageRecipe, "cut_paragraphs"): counted,
    (PassageRecipe, "shortest_line"): positive,
    (PassageRecipe, "max_cut"): share,
    (PassageRecipe, "max_parallel_loss"): share,
    (SoftRecipe, "model"): reference,
    (SoftRecipe, "segments"): _segments,
    (SoftRecipe, "least"): _weight,
    (CorpusRecipe, "members"): filled,
    (CorpusRecipe, "base"): reference,
    (CorpusRecipe, "prefer"): distinct,
    (CorpusRecipe, "max_removed"): share,
    (CorpusRecipe, "min_survivors"): counted,
    **mix_rules.FIELDS,
    **rendering_rules.FIELDS,
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
    yield from named_once("members", [member.source for member in corpus.members])
    if corpus.near.verify != "none" and not corpus.fingerprints.sketch:
        yield "near.verify", "needs sketches, and fingerprints.sketch is 0; keep some, or say verify: none"


WHOLE_RULES: dict[type, Callable[[Any], Iterable[tuple[str, str]]]] = {
    **artifact_rules.AGREEMENT,
    SourceRecipe: source_rules.agreement,
    Columns: source_rules.columns_agreement,
    CollectionRecipe: source_rules.period,
    StepRecipe: _step,
    PolicyRecipe: _policy,
    FingerprintRecipe: _fingerprints,
    CorpusRecipe: _corpus,
    **mix_rules.AGREEMENT,
    **rendering_rules.AGREEMENT,
}
