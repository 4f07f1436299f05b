"""What a mix says that cannot be used, told before anything is built: expressions, license words, formats, packing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.mixing.expressions import Kind, complaint, condition, number
from dagster_project.corpus.mixing.license_gate import LicenseGate
from dagster_project.corpus.mixing.replays import TOLD
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import PACKED, ComponentRecipe, LicensePolicy, MixRecipe, PackingRecipe


def complaints(mix: MixRecipe) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it)."""
    for path, text, kind in expressions_of(mix):
        if text and (message := complaint(text, kind)):
            yield path, message
    yield from _untold(mix)
    for index, word in enumerate(mix.licenses.allow):
        if message := _refused(LicensePolicy(allow=(word,))):
            yield f"licenses.allow[{index}]", message
    for index, word in enumerate(mix.licenses.deny):
        if message := _refused(LicensePolicy(deny=(word,))):
            yield f"licenses.deny[{index}]", message
    if not mix.tokenizer:
        for index, name in enumerate(mix.exports):
            if name == PACKED or FORMATS[name].needs_tokens:
                yield f"exports[{index}]", f"{name} holds tokens alone, and the mix names no tokenizer; name one"
    if PACKED not in mix.exports and mix.packing != PackingRecipe():
        yield "packing", f"is of the export {PACKED}, which is not among the exports; name it there, or leave this out"


def expressions_of(mix: MixRecipe) -> Iterator[tuple[str, str, Kind]]:
    """(field, text, what it is to be); the text is empty where nothing is said."""
    for index, component in enumerate(mix.components):
        yield from _of_component(index, component)
    yield from _of_all(mix)


def _of_component(index: int, component: ComponentRecipe) -> Iterator[tuple[str, str, Kind]]:
    path = f"components[{index}]"
    yield f"{path}.where", component.where, "condition"
    yield f"{path}.sample", component.sample, "number"
    yield f"{path}.quantile.of", component.quantile.of if component.quantile else "", "number"


def _of_all(mix: MixRecipe) -> Iterator[tuple[str, str, Kind]]:
    """What is asked of the documents of every component."""
    for index, control in enumerate(mix.rendering.controls):
        yield f"rendering.controls[{index}].where", control.where, "condition"
    yield "order.by", mix.order.by, "number"
    for index, phase in enumerate(mix.phases):
        yield f"phases[{index}].order.by", phase.order.by, "number"


def _untold(mix: MixRecipe) -> Iterator[tuple[str, str]]:
    """What a mix reads of documents, and the members of another do not tell."""
    replaying = [(index, component) for index, component in enumerate(mix.components) if component.replay]
    asked = [item for index, component in replaying for item in _of_component(index, component)]
    for path, text, kind in [*asked, *(_of_all(mix) if replaying else ())]:
        if text and not complaint(text, kind):
            read = condition(text) if kind == "condition" else number(text)
            yield from _lacking(path, read.columns)
    for index, component in replaying:
        if component.balance:
            yield from _lacking(f"components[{index}].balance.by", [component.balance.by])


def _lacking(path: str, read: Sequence[str]) -> Iterator[tuple[str, str]]:
    if lacking := [name for name in read if name not in TOLD]:
        yield path, f"reads {', '.join(lacking)}, and replayed members tell no more than {', '.join(TOLD)}; use these"


def _refused(policy: LicensePolicy) -> str | None:
    try:
        LicenseGate(policy)
    except Refused as error:
        return str(error)
    return None
