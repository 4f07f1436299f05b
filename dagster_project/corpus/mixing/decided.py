"""What of a mix recipe decides its rows, in one spelling: recipes that mean the same are the same build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from dagster_project.corpus.mixing.expression_trees import decided_by
from dagster_project.corpus.mixing.expressions import condition, number
from dagster_project.corpus.mixing.license_gate import spelled
from dagster_project.corpus.model.mix_recipes import MixRecipe

SETS = ("sources", "languages", "domains", "licenses")  # of a component, in any order
UNUSED = {"pacing", "start", "warm_up", "sweeps", "descending"}  # by orders that are no curriculum


def recipe_of(recipe: MixRecipe) -> dict[str, Any]:
    """What of the mix recipe decides its members and their order, and what it promises of them: not its name, title or
    exports. Expressions stand in one spelling, with what decides their values; sets are sorted, numbers that are whole
    stand as such, and settings that nothing uses are left out."""
    data = asdict(replace(recipe, phases=recipe.in_phases))
    promised = ("clean_of", "contaminated") if recipe.clean_of else ()
    names = ("components", "budget", "seed", "tokenizer", "repetition", *promised)
    controls = [condition(control.where).text for control in recipe.rendering.controls]
    found = {
        **{name: data[name] for name in names},
        "components": [_component(component) for component in data["components"]],
        "phases": [_phase(phase) for phase in data["phases"]],
        "licenses": _licenses(data["licenses"]),
        "weighting": _policy(data["weighting"]),
        **({"controls": controls} if controls else {}),
        **({"exact": True} if recipe.exact and recipe.budget.unit != "documents" else {}),
    }
    plain: dict[str, Any] = _numbers(found)
    return {**plain, **(decided_by() if controls or _computes(plain) else {})}


def _computes(found: Mapping[str, Any]) -> bool:
    """Whether there is any expression."""
    components = ((item["where"], item["sample"], item["quantile"]) for item in found["components"])
    return any(map(any, components)) or any(phase["order"]["by"] for phase in found["phases"])


def _component(said: Mapping[str, Any]) -> dict[str, Any]:
    quantile, balance = said["quantile"], said["balance"]
    return {
        **said,
        **{name: sorted(set(said[name])) for name in SETS},
        "where": condition(said["where"]).text if said["where"] else "",
        "sample": _spelled(said["sample"]),
        "quantile": {**quantile, "of": _spelled(quantile["of"])} if quantile else None,
        "balance": _policy(balance) if balance else None,
    }


def _phase(said: Mapping[str, Any]) -> dict[str, Any]:
    order = {**said["order"], "by": _spelled(said["order"]["by"])}
    if order["policy"] != "curriculum":
        order = {name: value for name, value in order.items() if name not in UNUSED}
    elif order["pacing"] == "sorted":
        del order["start"]
    weights = {name: weight for name, weight in sorted(said["weights"].items()) if weight}
    return {**said, "weights": weights, "order": order}


def _licenses(said: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: sorted({spelled(word) for word in said[name]}) for name in ("allow", "deny")}
    return {**said, **words, "accept": sorted(set(said["accept"]))}


def _policy(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "exponent" or said["policy"] == "temperature"}


def _spelled(text: str) -> str:
    return number(text).text if text else ""


def _numbers(value: Any) -> Any:
    """1.0 as 1, everywhere."""
    if isinstance(value, Mapping):
        return {name: _numbers(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
