"""What policies have more than other recipes: limits fitted to a language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import FlorilegiumError, RecipeError, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_project.corpus.filtering.cascade import Cascade
    from dagster_project.corpus.filtering.fitting import Fit

METHODS = ("tail", "quantile", "mean-std", "median-ratio")
KEPT = (
    "content_words",
    "language",
    "lexicon_distinct",
    "score",
    "secrets",
    "stop_words",
)  # no matter of a distribution


@click.command("fit")
@click.argument("policy")
@click.option("--reference", required=True, help="Snapshot of good texts, name@version.")
@click.option("--language", "languages", multiple=True, help="Only documents identified as this; may be said again.")
@click.option("--method", type=click.Choice(METHODS), default="tail", show_default=True)
@click.option("--share", default=0.1, show_default=True, help="Of the reference, that each limit may remove (tail).")
@click.option("--baseline", help="Snapshot that the published limits speak of, for the other methods.")
@click.option("--baseline-language", "baseline_languages", multiple=True, help="Of the baseline.")
@click.option("--keep", "kept", multiple=True, default=KEPT, show_default=True, help="Rule whose limits stay.")
@click.option("--name", help="Of the fitted policy; POLICY and the languages when not given.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; else shown.")
@verb
def fit_policy(session: Session, policy: str, output: Path | None, name: str | None, **asked: Any) -> None:
    """Fit the limits of POLICY to a language, from texts of it that are known to be good.

    The result is a policy like any other, one YAML file, to be read and kept with your recipes.
    """
    if asked["method"] != "tail" and not asked["baseline"]:
        raise Refused(f"{asked['method']} compares with a baseline: name its snapshot with --baseline")
    if not 0 <= asked["share"] <= 1:
        raise click.UsageError(f"--share is {asked['share']}: give a number from 0 to 1")
    if output and output.exists():
        raise FlorilegiumError(f"{output} is there already: name another file, or remove it")
    name = name or "-".join([policy, *asked["languages"], *(() if asked["languages"] else ("fitted",))])
    found, told = _fitted(session, policy, name, asked)
    text = policy_text(found, told)
    _read_back(text)
    if output:
        from dagster_project.cli.reports import write_whole

        write_whole(output.absolute(), text.encode())
    if session.json:
        session.show_json({"policy": name, "limits": [item._asdict() for item in found.limits], **told, "recipe": text})
        return
    from dagster_project.cli.tables import table

    rows = [
        [item.rule, item.limit, f"{item.published:g}", f"{item.fitted:g}", f"{100 * item.removed_before:.1f} %",
         f"{100 * item.removed_after:.1f} %"]
        for item in found.limits
    ]  # fmt: skip
    session.out.print(table(f"{name}, by {told['documents']:,} documents", COLUMNS, rows))
    if output:
        click.echo(f"written: {output}", err=True)
    else:
        click.echo(text)


COLUMNS = ["rule", "limit", "published", "fitted", "reference removed before", "after"]


def _fitted(session: Session, policy: str, name: str, asked: dict[str, Any]) -> tuple[Fit, dict[str, Any]]:
    """The fitted policy, and where its limits come from."""
    from dagster_project.corpus.building.fitting import sample_values
    from dagster_project.corpus.filtering import fitting
    from dagster_project.opening import opened

    with opened(session.settings) as library:
        planner = library.planner
        recipe = library.recipes.policy(policy)
        cascade = planner.measuring.cascade(recipe)
        _known(cascade, asked["kept"])
        reference_key = library.recipes.source(asked["reference"]).key
        reference = sample_values(library, cascade, reference_key, asked["languages"])
        told = {
            "method": asked["method"],
            "reference": _version(library, reference_key),
            "documents": reference.documents,
        }
        baseline = None
        if asked["baseline"]:
            baseline_key = library.recipes.source(asked["baseline"]).key
            baseline = sample_values(library, cascade, baseline_key, asked["baseline_languages"])
            told |= {"baseline": _version(library, baseline_key), "baseline_documents": baseline.documents}
        method = fitting.tail_of(asked["share"]) if asked["method"] == "tail" else fitting.METHODS[asked["method"]]
        if asked["method"] == "tail":
            told["share"] = asked["share"]
        found = fitting.fit(cascade, name, method, reference, baseline, asked["kept"])
        return replace(found, policy=replace(found.policy, max_removed=recipe.max_removed)), told


def _known(cascade: Cascade, kept: Sequence[str]) -> None:
    """A rule that is to stay is one of the policy's."""
    rules = sorted({step.recipe.rule for step in cascade.steps})
    if unknown := sorted({*kept} - {*rules, *KEPT}):
        raise Refused(f"policy {cascade.policy} has no rule {', '.join(unknown)} to keep: use {', '.join(rules)}")


def _read_back(text: str) -> None:
    """What is written must be a recipe: a name that can be none, or limits that fitting has crossed, are refused."""
    from dagster_project.corpus.model.reading import survey_recipes

    if problems := survey_recipes([("policies/fitted.yaml", text)]).problems:
        raise RecipeError(problems)


def _version(library: Any, key: str) -> str:
    from dagster_project.corpus.model.partitions import Partition

    return f"snapshots/{key}#{library.planner.newest(Partition('snapshots', key)).id[:12]}"


def policy_text(found: Fit, told: dict[str, Any]) -> str:
    """The policy as a YAML file, with what its limits were fitted to."""
    import yaml

    from dagster_project.corpus.filtering.cascade import as_limits

    head = "".join(f"# {name}: {value}\n" for name, value in told.items())
    steps = []
    for step in found.policy.rules:
        said = as_limits(step) | ({"max_removed": step.max_removed} if step.max_removed is not None else {})
        steps.append({key: list(value) if isinstance(value, tuple) else value for key, value in said.items()})
    policy = found.policy
    recipe = {"name": policy.name, "title": policy.title, "max_removed": policy.max_removed, "rules": steps}
    return f"# Limits fitted by `florilegium policies fit`.\n{head}{yaml.safe_dump(recipe, sort_keys=False, width=120)}"


COMMANDS = {"fit": fit_policy}
