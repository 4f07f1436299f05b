"""What differs between two versions, for a terminal of 80 columns: who changes side, then rules, then values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.tables import table
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.publishing.wording import counted, edits, limits

if TYPE_CHECKING:
    from dagster_project.cli.session import Session
    from dagster_project.corpus.lineage.diff import Diff, Difference, Listed
    from dagster_project.corpus.lineage.sides import Change, Sides
    from dagster_project.corpus.lineage.steps import Policies, StepChange
    from dagster_project.corpus.mixing.turnover import Reason, Turnover

ROWS = 40  # of a table
PAIRS = {"kept to removed": 20, "removed to kept": 20, "removed by another rule": 5}  # of rules, of each side
DIGITS = 12  # of an id
WHAT = ("changed", "moved", "added", "removed")  # becomes of a rule, in this order
TITLE = 62  # characters of a document's title or address, behind its id
VALUE = 60  # characters of a limit, a setting or a value
LIMITS = (
    "any_of",
    "min",
    "above",
    "max",
    "below",
    "quantile",
    "words",
    "drawn",
    "none_of",
    "languages",
)  # that read well


def show(
    session: Session,
    names: Sequence[str],
    found: Diff,
    besides: Mapping[str, Sequence[Difference]],
    turned: Turnover | None = None,
) -> None:
    """What a person asks first comes first: documents that change side, or how many are another."""
    for when, name in zip(("before", "after"), names, strict=True):
        click.echo(f"{when:<6}  {name}")
    if found.sides:
        show_sides(session, names, found.sides)
    elif found.documents:
        title = "Records" if found.documents.by == "record_id" else "Documents"
        session.out.print(table(title, ["", "number"], [*map(list, found.documents.counts.items())]))
    for title, reasons in turned._asdict().items() if turned else ():
        show_reasons(session, title, reasons)
    if found.policies:
        show_policies(session, found.policies)
    inputs = [item._replace(before=_short(item.before), after=_short(item.after)) for item in found.inputs]
    counts = _counts_of_both(found.counts) if found.policies else found.counts
    sections = {"Recipe": found.recipe, "Inputs": inputs, "Counts": counts}
    sections |= {name.capitalize(): told for name, told in besides.items()}
    for title, told in sections.items():
        if told:
            rows = [[item.name, _value(item.before), _value(item.after)] for item in told[:ROWS]]
            session.out.print(table(title, ["", "before", "after"], [*rows, *_more(len(told), ROWS, 3)]))
    if found.documents and found.documents.listed:
        rows = [_listed(item) for item in found.documents.listed]
        session.out.print(table(f"The first {found.documents.listed[0].kind}", ["id", "what", "title"], rows))


def show_sides(session: Session, names: Sequence[str], found: Sides) -> None:
    """How many documents change side, by which rules, and some of them."""
    session.out.print(table("Who changes side", ["", "documents", "words"], [*_side_rows(found)]))
    told = [change for side, most in PAIRS.items() for change in found.of(side)[:most]]
    if not told:
        return
    click.secho("Some of them", bold=True)
    for change in told:
        click.echo(visible(f"  {change.side}, {_by(change)}"))
        for item in change.examples:
            click.echo(f"    {item['doc_id'][:DIGITS]}  {_called(item)}")
    removing, first = names[1] if told[0].after else names[0], str(told[0].examples[0]["doc_id"])[:DIGITS]
    click.echo(f"\nWhy: {session.again('filter', 'explain', removing, '--doc', first)}\n")


def _side_rows(found: Sides) -> Iterator[list[Any]]:
    """Each side with its sums, and below it the rules, most documents first."""
    for side, most in PAIRS.items():
        changes = found.of(side)
        yield [side, sum(change.documents for change in changes), sum(change.words for change in changes)]
        yield from ([f"  {_by(change)}", change.documents, change.words] for change in changes[:most])
        if rest := changes[most:]:
            sums = [sum(change.documents for change in rest), sum(change.words for change in rest)]
            yield [f"  by {counted(len(rest), 'more rule' if side in list(PAIRS)[:2] else 'more pair')}: --json", *sums]
    yield ["kept by both", found.kept["documents"], found.kept["words"]]
    yield ["removed by the same rule", found.removed["documents"], found.removed["words"]]


def _by(change: Change) -> str:
    return f"by {' → '.join(filter(None, (change.before, change.after)))}"


def _called(item: Mapping[str, Any]) -> str:
    """A document by its title, else its address or place, in one line."""
    return visible(" ".join(str(item.get("title") or item.get("url") or item.get("locator")).split()), TITLE)


def show_reasons(session: Session, title: str, reasons: Sequence[Reason]) -> None:
    """Why documents left, or had not entered before, and some of them."""
    why = {"left": "Left, for in the version after", "entered": "Entered, and in the version before"}[title]
    session.out.print(
        table(why, ["reason", "documents", "words"], [[item.why, item.documents, item.words] for item in reasons])
    )
    for item in reasons:
        if item.examples:
            click.echo(visible(f"  {item.why}"))
        for example in item.examples:
            copied = f"  copy of {example['copy_of'][:DIGITS]}" if "copy_of" in example else ""
            click.echo(f"    {example['doc_id'][:DIGITS]}  {visible(example['source'])}  {_called(example)}{copied}")


def show_policies(session: Session, found: Policies) -> None:
    """Rules and edits by what became of them."""
    told = {"rule": (found.rules, found.same_rules), "edit": (found.edits, found.same_edits)}
    for kind, (changes, same) in told.items():
        if changes:
            chosen = sorted(changes, key=lambda change: WHAT.index(change.what[-1]))
            rows = [[", ".join(change.what), _sentence(change, kind)] for change in chosen[:ROWS]]
            title = f"{kind.capitalize()}s that differ; {same:,} the same"
            session.out.print(table(title, ["", kind], [*rows, *_more(len(changes), ROWS, 2)]))


def _sentence(change: StepChange, kind: str) -> str:
    """What became of a step, as `content_words: at least 50 → at least 60`."""
    if change.before is None or change.after is None:
        step = change.after or change.before
        assert step is not None
        said = _said(step.said, kind)
        return f"{step.place}. {step.name}{f': {said}' if said else ''}"
    renamed = f" (before: {change.before.name})" if change.before.name != change.name else ""
    moved = [f"place {change.before.place} → {change.after.place}"] if change.moved else []
    return f"{change.name}{renamed}: {'; '.join([*moved, *_changed(change, kind)])}"


def _changed(change: StepChange, kind: str) -> Iterator[str]:
    """All limits from what to what, then whatever else; of lists, what each has that the other has not."""
    before, after = (step.said if step else {} for step in (change.before, change.after))
    lists = [
        name for name in change.changed if all(isinstance(said.get(name), (list, tuple)) for said in (before, after))
    ]
    limited = [name for name in LIMITS if name not in lists and kind == "rule"]
    if {*limited} & {*change.changed}:
        yield " → ".join(
            visible(limits([{name: said.get(name) for name in limited}]), VALUE) for said in (before, after)
        )
    for name in change.changed:
        if name == "edits":
            yield " → ".join(_judged(said.get(name, ())) for said in (before, after))
        elif name in lists:
            yield f"{_words(name)}: {_exchanged(before[name], after[name])}"
        elif name not in limited:
            yield f"{_words(name)}: {_setting(before.get(name))} → {_setting(after.get(name))}"


def _said(said: Mapping[str, Any], kind: str) -> str:
    """All that a step says, in one line."""
    limited = {name: value for name, value in said.items() if name in LIMITS} if kind == "rule" else {}
    others = [f"{_words(name)}: {_setting(said[name])}" for name in said if name not in {*limited, "edits"}]
    judged = [_judged(said["edits"])] if said.get("edits") else []
    return "; ".join([*([visible(limits([limited]), VALUE)] if limited else []), *others, *judged])


def _judged(programs: Sequence[str]) -> str:
    return f"after {edits(programs)}" if programs else "of the raw text"


def _exchanged(before: Sequence[Any], after: Sequence[Any]) -> str:
    gone, new = ([str(item) for item in one if item not in other] for one, other in ((before, after), (after, before)))
    told = [f"{word} {visible(', '.join(items), VALUE)}" for word, items in (("without", gone), ("with", new)) if items]
    return ", ".join(told) or "in another order"


def _setting(value: Any) -> str:
    if value is None:
        return "not said"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return visible(", ".join(map(str, value)) or "none", VALUE)
    return f"{value:,g}" if isinstance(value, float) else visible(str(value), VALUE)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _counts_of_both(counts: Sequence[Difference]) -> list[Difference]:
    """Counts that both policies have; those of pairs of rules last, for they are many."""
    both = [item for item in counts if item.before is not None and item.after is not None]
    return sorted(both, key=lambda item: item.name.startswith("overlap."))


def _more(whole: int, most: int, columns: int) -> list[list[str]]:
    return [[f"… and {whole - most:,} more: --json", *[""] * (columns - 1)]] if whole > most else []


def _short(identifier: Any) -> str:
    return str(identifier or "")[:DIGITS]


def _value(value: Any) -> Any:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return "" if value is None else value
    return str(value)[:200]


def _listed(item: Listed) -> list[str]:
    told = item.told
    what = str(told.get("url") or told.get("locator") or ", ".join(map(str, told.values())))
    return [item.id, what[:300], str(told.get("title", ""))[:100]]
