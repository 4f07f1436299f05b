"""What the fields of a mix must mean beyond their types. Whether a corpus, a column or a license exists is not known
here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dagster_project.corpus.model import artifact_rules, rendering_rules
from dagster_project.corpus.model.mix_recipes import (
    UNITS,
    BalanceRecipe,
    Budget,
    ComponentRecipe,
    MixRecipe,
    OrderRecipe,
    PackingRecipe,
    PhaseRecipe,
    QuantileRecipe,
    RepetitionRecipe,
    WeightingRecipe,
)
from dagster_project.corpus.model.value_rules import (
    Complaint,
    distinct,
    filled,
    named_once,
    positive,
    reference,
    reference_to_version,
    references,
    seed,
    share,
    words,
)

MOST_EPOCHS = 1000
MOST_SWEEPS = 1000


def _optional_reference(value: str) -> Complaint:
    return reference(value) if value else None


def _optional_version(value: str) -> Complaint:
    return reference_to_version(value) if value else None


def _epochs(value: int) -> Complaint:
    return None if 1 <= value <= MOST_EPOCHS else f"{value} is no number of epochs; use 1 to {MOST_EPOCHS:,}"


def _sweeps(value: int) -> Complaint:
    return None if 1 <= value <= MOST_SWEEPS else f"{value} is no number of sweeps; use 1 to {MOST_SWEEPS:,}"


def _power(value: float) -> Complaint:
    return None if 0 <= value <= 4 else f"{value} is no power to be used here; use 0 to 4"


def _some_share(value: float) -> Complaint:
    return share(value) or positive(value)


def _exports(values: Sequence[str]) -> Complaint:
    return filled(values) or distinct(values)


def _weights(values: Mapping[str, Any]) -> Complaint:
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            return f"gives {name} the weight {value!r}; use a number, 0 for none of it"
    return None if not values or any(values.values()) else "give nobody a weight above 0"


FIELDS: Mapping[tuple[type, str], Callable[[Any], Complaint]] = MappingProxyType(
    {
        **{(Budget, unit): positive for unit in UNITS},
        (WeightingRecipe, "exponent"): _power,
        (BalanceRecipe, "by"): filled,
        (BalanceRecipe, "exponent"): _power,
        (QuantileRecipe, "of"): filled,
        (QuantileRecipe, "above"): share,
        (QuantileRecipe, "up_to"): share,
        (ComponentRecipe, "corpus"): _optional_reference,
        (ComponentRecipe, "replay"): _optional_version,
        (ComponentRecipe, "weight"): positive,
        (ComponentRecipe, "share"): _some_share,
        (ComponentRecipe, "max_epochs"): _epochs,
        (ComponentRecipe, "sources"): words,
        (ComponentRecipe, "languages"): words,
        (ComponentRecipe, "domains"): words,
        (ComponentRecipe, "licenses"): words,
        (ComponentRecipe, "rehydrate"): _power,
        (OrderRecipe, "start"): _some_share,
        (OrderRecipe, "warm_up"): _some_share,
        (OrderRecipe, "sweeps"): _sweeps,
        (PhaseRecipe, "name"): artifact_rules.name,
        (PhaseRecipe, "share"): _some_share,
        (PhaseRecipe, "weights"): _weights,
        (RepetitionRecipe, "epochs"): positive,
        (RepetitionRecipe, "copies"): positive,
        (RepetitionRecipe, "share"): share,
        (PackingRecipe, "length"): positive,
        (PackingRecipe, "least"): positive,
        (MixRecipe, "components"): filled,
        (MixRecipe, "seed"): seed,
        (MixRecipe, "tokenizer"): _optional_reference,
        (MixRecipe, "clean_of"): references,
        (MixRecipe, "exports"): _exports,
        (MixRecipe, "shard_words"): positive,
    }
)


def budget_agreement(budget: Budget) -> Iterator[tuple[str, str]]:
    said = [unit for unit in UNITS if getattr(budget, unit) is not None]
    if len(said) != 1:
        yield "", f"has {' and '.join(said) or 'none'} of words, tokens and documents; give exactly one"


def quantile_agreement(quantile: QuantileRecipe) -> Iterator[tuple[str, str]]:
    if quantile.above >= quantile.up_to:
        yield "above", f"{quantile.above} is not below up_to {quantile.up_to}, so nothing could pass; swap them"


def component_agreement(component: ComponentRecipe) -> Iterator[tuple[str, str]]:
    if component.budget is not None and component.share is not None:
        yield "share", "is a second amount beside budget; say one of them"
    if bool(component.corpus) == bool(component.replay):
        yield "", f"has {'both' if component.corpus else 'neither'} of corpus and replay; give exactly one"
    for field in ("domains", "rehydrate"):
        if component.replay and getattr(component, field):
            yield field, "is of the documents of a corpus, and the members of a mix do not tell it; leave it out"
    if component.variants and (component.sample or component.rehydrate):
        yield "variants", "take turns pass by pass, and sample and rehydrate draw some more often; say one of them"
    selects = component.where or component.quantile or component.sample or component.rehydrate
    if component.control and not selects:
        yield "control", "is of a selection, and there is no where, quantile, sample or rehydrate; leave it out"


def packing_agreement(packing: PackingRecipe) -> Iterator[tuple[str, str]]:
    """Buckets are powers of two."""
    if packing.mode == "buckets":
        for name in ("length", "least"):
            if (tokens := getattr(packing, name)) & (tokens - 1):
                yield name, f"{tokens} is not a power of two, as buckets are; use one such as 256 or 8192"
        if packing.least > packing.length:
            yield "least", f"{packing.least} is above length {packing.length}, so nothing would be left; swap them"


def order_agreement(order: OrderRecipe) -> Iterator[tuple[str, str]]:
    if (order.policy == "curriculum") != bool(order.by):
        yield "by", "is what a curriculum sorts by; say it if the policy is curriculum, and only then"


def mix_agreement(mix: MixRecipe) -> Iterator[tuple[str, str]]:
    names = [component.name for component in mix.components]
    yield from named_once("components", names)
    yield from named_once("phases", [phase.name for phase in mix.phases])
    if mix.contaminated == "exclude" and not mix.clean_of:
        yield "contaminated", "is about benchmarks, and clean_of names none; leave it out, or name some"
    if mix.budget.tokens is not None and not mix.tokenizer:
        yield "budget", "is in tokens, and no tokenizer is named; name one, or say words"
    for field, said in rendering_rules.named_by(mix.rendering, [phase.name for phase in mix.in_phases], names):
        yield f"rendering.{field}", said
    yield from _components_of(mix)
    if mix.phases:
        yield from _phases_of(mix, names)


def _components_of(mix: MixRecipe) -> Iterator[tuple[str, str]]:
    for index, component in enumerate(mix.components):
        if component.budget is not None and component.budget.unit != mix.budget.unit:
            yield f"components[{index}].budget", f"is not in {mix.budget.unit}, as the mix is; say it in these"
        for field in ("budget", "share"):
            if mix.phases and getattr(component, field) is not None:
                yield f"components[{index}].{field}", "is of a mix without phases; say weights in the phases instead"


def _phases_of(mix: MixRecipe, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    total = sum(phase.share for phase in mix.phases)
    if abs(total - 1) > 1e-9:
        yield "phases", f"have shares that come to {total:g}; make them 1"
    if mix.order != OrderRecipe():
        yield "order", "is of a mix without phases; say it in each phase"
    if len({phase.order.by for phase in mix.phases if phase.order.by}) > 1:
        yield "phases", "sort by several values; use one expression for the curricula of a mix"
    for index, phase in enumerate(mix.phases):
        if unknown := sorted(set(phase.weights) - set(names)):
            yield f"phases[{index}].weights", f"name {', '.join(unknown)}, and components are {', '.join(names)}"


AGREEMENT: Mapping[type, Callable[[Any], Iterator[tuple[str, str]]]] = MappingProxyType(
    {
        Budget: budget_agreement,
        QuantileRecipe: quantile_agreement,
        ComponentRecipe: component_agreement,
        OrderRecipe: order_agreement,
        PackingRecipe: packing_agreement,
        MixRecipe: mix_agreement,
    }
)
