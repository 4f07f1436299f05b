"""What a mix says that cannot be used, told before anything is built: expressions, license words, formats, packing."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.mixing.expressions import Kind, complaint
from dagster_project.corpus.mixing.license_gate import LicenseGate
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import PACKED, LicensePolicy, MixRecipe, PackingRecipe


def complaints(mix: MixRecipe) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it)."""
    for path, text, kind in _expressions(mix):
        if text and (message := complaint(text, kind)):
            yield path, message
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


def _expressions(mix: MixRecipe) -> Iterator[tuple[str, str, Kind]]:
    for index, component in enumerate(mix.components):
        path = f"components[{index}]"
        yield f"{path}.where", component.where, "condition"
        yield f"{path}.sample", component.sample, "number"
        yield f"{path}.quantile.of", component.quantile.of if component.quantile else "", "number"
    for index, control in enumerate(mix.rendering.controls):
        yield f"rendering.controls[{index}].where", control.where, "condition"
    yield "order.by", mix.order.by, "number"
    for index, phase in enumerate(mix.phases):
        yield f"phases[{index}].order.by", phase.order.by, "number"


def _refused(policy: LicensePolicy) -> str | None:
    try:
        LicenseGate(policy)
    except Refused as error:
        return str(error)
    return None
