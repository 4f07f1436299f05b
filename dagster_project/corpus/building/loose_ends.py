"""What a recipe names and nobody has, or has no use for: found before anything is built."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from dagster_project.corpus.building import landing
from dagster_project.corpus.building.recipes import PINNED, Recipes, is_packaged, listed
from dagster_project.corpus.licenses.expressions import LIMIT_CHARS, LIMIT_LICENSES, NOASSERTION, parse
from dagster_project.corpus.licenses.table import table
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.errors import PartitionError, Problem, Refused
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.partitions import MOVING, SPACES
from dagster_project.corpus.model.partitions import parse as parse_partition
from dagster_project.corpus.model.reading import Kind, ReadRecipe
from dagster_project.corpus.model.recipe_values import closest
from dagster_project.corpus.model.recipes import CorpusRecipe, PolicyRecipe, SourceRecipe
from dagster_project.corpus.sources.registry import SOURCES
from dagster_project.corpus.storage.lists import missing

APART = ("benchmark", "tokenizer", "clusters")  # kinds of artifacts that nothing else can stand for
MODEL = "a model or a scorer"
LICENSE_WORD = re.compile(r"[^\s()]+")


def loose_ends(
    item: ReadRecipe,
    recipes: Recipes,
    rules: Collection[str],
    unread: Collection[tuple[str, str]],
    is_whole: bool = True,
) -> Iterator[Problem]:
    """What a recipe names and nobody has; a recipe that is there and cannot be read has its own problem. One with
    problems of its own is not `is_whole`: what it says as a whole is not judged then, for some of it was left out."""
    recipe = item.recipe
    if isinstance(recipe, SourceRecipe):
        if recipe.format and recipe.format not in SOURCES:
            formats = listed(recipe.format, SOURCES)
            yield item.problem("format", f"{recipe.format!r} is not a format: use one of {formats}")
        for declared in ("license", "collection_license"):
            if message := unknown_license(getattr(recipe, declared)):
                yield item.problem(declared, message)
        yield from _never_met(item, recipe)
        if recipe.language_model:
            yield from _unfit_kinds(item, [("language_model", recipe.language_model, MODEL)], recipes)
    elif isinstance(recipe, (CorpusRecipe, MixRecipe)) and recipe.schedule and recipe.version != MOVING:
        yield item.problem("schedule", f"version {recipe.version} is fixed and is built once; leave it out")
    for path, kind, reference in _references(recipe):
        if (kind, reference.partition("@")[0]) not in unread and (message := recipes.lacks(kind, reference)):
            yield item.problem(path, message)
    if isinstance(recipe, SourceRecipe):
        yield from (item.problem("derived_from", message) for message in _circle(recipe, recipes))
    if isinstance(recipe, CorpusRecipe):
        names = [member.source.partition("@")[0] for member in recipe.members]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield item.problem(
                    f"members[{index}].source", f"{name} is a member already: one version of each source"
                )
    if isinstance(recipe, ArtifactRecipe):
        yield from _unfit_artifact(item, recipe, is_whole)
    if isinstance(recipe, MixRecipe):
        yield from _unfit_mix(item, recipe, recipes, is_whole)
    if isinstance(recipe, PolicyRecipe):
        yield from _unfit_controls(item, recipe, recipes)
    if isinstance(recipe, PolicyRecipe) and rules:
        yield from _unfit_steps(item, recipe, recipes, rules)


def _circle(source: SourceRecipe, recipes: Recipes) -> Iterator[str]:
    """That a source is derived from itself; sources that nobody has are told of on their own."""
    try:
        recipes.parents(source)
    except Refused as error:
        yield str(error)
    except PartitionError:
        return


def _unfit_artifact(item: ReadRecipe, artifact: ArtifactRecipe, is_whole: bool) -> Iterator[Problem]:
    """A license that is none, and what the kind of an artifact has no use for or lacks."""
    from dagster_project.corpus.scorers.complaints import complaints  # with numpy, which few checks need

    if message := unknown_license(artifact.license):
        yield item.problem("license", message)
    if is_whole:
        yield from (item.problem("", message) for message in complaints(artifact))


def _unfit_mix(item: ReadRecipe, mix: MixRecipe, recipes: Recipes, is_whole: bool) -> Iterator[Problem]:
    """Artifacts of other kinds, expressions that are none, licenses that nobody knows, formats without tokens."""
    from dagster_project.corpus.building.mix_columns import unfit_columns  # with DuckDB, which few checks need
    from dagster_project.corpus.mixing.complaints import complaints

    named = [(f"clean_of[{index}]", name, "benchmark") for index, name in enumerate(mix.clean_of)]
    named += [("tokenizer", mix.tokenizer, "tokenizer")] if mix.tokenizer else []
    yield from _unfit_kinds(item, named, recipes)
    if circle := recipes.circle(mix):
        yield item.problem("components", circle)
    if is_whole:
        yield from (item.problem(path, message) for path, message in complaints(mix))
        yield from (item.problem(path, message) for path, message in unfit_columns(recipes, mix))


def _unfit_kinds(item: ReadRecipe, named: Iterable[tuple[str, str, str]], recipes: Recipes) -> Iterator[Problem]:
    """A model where benchmarks or a tokenizer are asked for, and the other way round. `named`: field, artifact, and
    which of APART, or MODEL, is meant."""
    for path, name, asked in named:
        if recipes.lacks("artifacts", name):
            continue
        kind = recipes.artifact(name).kind
        if (kind if kind in APART else MODEL) != asked:
            wanted = f"an artifact of kind {asked}" if asked in APART else asked
            yield item.problem(path, f"{name!r} is of kind {kind}: name {wanted}")


def _unfit_controls(item: ReadRecipe, policy: PolicyRecipe, recipes: Recipes) -> Iterator[Problem]:
    """A policy in the place of a random control, and a control in a policy, where nothing could be drawn."""
    if control := recipes.control(policy.name):
        yield item.problem("name", f"{policy.name!r} is the name of a random control of {control.policy}; use another")
    for index, step in enumerate(policy.rules):
        if step.policy and (control := recipes.control(step.policy)):
            message = f"{step.policy!r} is a random control, which stands beside a policy: name {control.policy}"
            yield item.problem(f"rules[{index}].policy", message)


def _unfit_steps(item: ReadRecipe, policy: PolicyRecipe, recipes: Recipes, rules: Collection[str]) -> Iterator[Problem]:
    """Rules and edits that are none, and what they have no use for or lack."""
    from dagster_project.corpus.filtering.complaints import complaints  # with numpy and pyarrow, which few checks need
    from dagster_project.corpus.filtering.contamination_rules import CONTAMINATION_RULES
    from dagster_project.corpus.signals.edits import complaints as edit_complaints

    wanted = {**dict.fromkeys(CONTAMINATION_RULES, "benchmark"), "tokens": "tokenizer"}
    steps = enumerate(policy.rules)
    named = [(f"rules[{index}].model", step.model, wanted.get(step.rule, MODEL)) for index, step in steps if step.model]
    yield from _unfit_kinds(item, named, recipes)

    for index, step in enumerate(policy.rules):
        if step.rule and step.rule not in rules:
            message = f"{step.rule!r} is not a rule: use one of {listed(step.rule, rules)}"
            yield item.problem(f"rules[{index}].rule", message)
        elif step.rule:
            yield from (item.problem(f"rules[{index}]", message) for message in complaints(step))
            for name in ("list", "released"):
                absent = _no_list(item, getattr(step, name), name)
                yield from (item.problem(f"rules[{index}].{name}", message) for message in absent)
        elif step.policy:
            missed = _no_lists_of(step.policy, recipes)
            yield from (item.problem(f"rules[{index}].policy", message) for message in missed)
        elif step.edit:
            said = edit_complaints(step.edit, step.settings)
            yield from (item.problem(f"rules[{index}]", message) for message in said)


def _no_list(item: ReadRecipe, place: str, name: str) -> Iterator[str]:
    """A list that is not there; those of packaged policies are the user's to bring, and refused when they are used."""
    if not is_packaged(item) and (path := missing(place)):
        yield f"there is no list {path!r}: mend `{name}`, or put the file there"


def _no_lists_of(policy: str, recipes: Recipes) -> Iterator[str]:
    """Lists that a packaged policy wants and that another, which names it, therefore cannot do without."""
    found = next((item for item in recipes.all if item.kind == "policies" and item.recipe.name == policy), None)
    if found and is_packaged(found) and isinstance(found.recipe, PolicyRecipe):
        for step in found.recipe.rules:
            if path := missing(step.list):
                yield f"{policy!r} wants a list at {path!r}: put the file there"


def _never_met(item: ReadRecipe, source: SourceRecipe) -> Iterator[Problem]:
    """A landing place that cannot be one, and a schedule for what never changes."""
    if landing.is_landing(source):
        if message := landing.complaint(source.location):
            yield item.problem("location", message)
        if source.version != MOVING:
            yield item.problem("version", f"is said by the folders at {landing.VERSION}; leave it out")
    elif source.schedule and source.version != MOVING:
        yield item.problem("schedule", f"version {source.version} is fixed and is not read again; leave it out")


def unknown_license(expression: str) -> str | None:
    """Why a text is no SPDX expression, with the nearest identifier of the license table; None when it is one."""
    if expression == NOASSERTION:
        return None
    try:
        parse(expression)
    except Refused as refusal:
        known = [terms.id for terms in table().terms.values()]
        words = LICENSE_WORD.findall(expression[:LIMIT_CHARS])[:LIMIT_LICENSES]
        hints = (closest(word, known) for word in words if not _is_known(word))
        return f"{refusal}{next(filter(None, hints), '')}"
    return None


def _is_known(word: str) -> bool:
    try:
        return bool(parse(word))
    except Refused:
        return False


def _references(recipe: Any) -> Iterator[tuple[str, Kind, str]]:
    if isinstance(recipe, SourceRecipe) and recipe.policy:
        yield "policy", "policies", recipe.policy
    if isinstance(recipe, SourceRecipe) and recipe.language_model:
        yield "language_model", "artifacts", recipe.language_model
    if isinstance(recipe, SourceRecipe):
        for index, name in enumerate(recipe.derived_from):
            yield f"derived_from[{index}]", "sources", name
    if isinstance(recipe, PolicyRecipe):
        for index, step in enumerate(recipe.rules):
            if step.policy:
                yield f"rules[{index}].policy", "policies", step.policy
            if step.model:
                yield f"rules[{index}].model", "artifacts", step.model
    if isinstance(recipe, CorpusRecipe):
        for index, member in enumerate(recipe.members):
            yield f"members[{index}].source", "sources", member.source
            yield f"members[{index}].policy", "policies", member.policy
        if recipe.soft.model:
            yield "soft.model", "artifacts", recipe.soft.model
    if isinstance(recipe, MixRecipe):
        for index, component in enumerate(recipe.components):
            if component.corpus:
                yield f"components[{index}].corpus", "corpora", component.corpus
            if component.replay and PINNED not in component.replay:
                yield f"components[{index}].replay", "mixes", component.replay
        for index, name in enumerate(recipe.clean_of):
            yield f"clean_of[{index}]", "artifacts", name
        if recipe.tokenizer:
            yield "tokenizer", "artifacts", recipe.tokenizer
    if isinstance(recipe, ArtifactRecipe):
        for name, examples in (("positives", recipe.positives), ("negatives", recipe.negatives)):
            for index, example in enumerate(examples):
                for kind, reference in _named_by(example.partition):
                    yield f"{name}[{index}].partition", kind, reference


def _named_by(partition: str) -> Iterator[tuple[Kind, str]]:
    """The recipes that a partition of documents needs."""
    if not partition:
        return
    found, _ = parse_partition(partition)
    if SPACES[found.stage] == "mixes":
        yield "mixes", found.key
        return
    yield "sources", found.key.partition("+")[0]
    if found.policy:
        yield "policies", found.policy
