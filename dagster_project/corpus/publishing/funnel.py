"""From records to the mix, with every document accounted for: what went in, what left and why, what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.mix_recipes import UNITS
from dagster_project.corpus.publishing.observed import standing
from dagster_project.corpus.publishing.subject import Member, Subject, origin_of
from dagster_project.corpus.storage.lists import released_by
from dagster_project.corpus.storage.refs import load_manifest

Counts = Sequence[Mapping[str, Any]]  # of members or components, as made below

STAGES = ("records", "documents", "kept", "survivors", "eligible", "in the mix")
TURNED_AWAY = {
    "language": "in other languages than asked for",
    "domain": "from other domains than asked for",
    "license_class": "under other licenses than a component asks for",
    "where": "by the condition of a component",
    "quantile": "outside the quantiles of a component",
    "sample": "never drawn, by the weight that a component gives them",
}
NO_COPIES = ("rejected", "survivor", "emptied", "withdrawn")
LIMITS = ("min", "max", "above", "below", "any_of", "none_of", "quantile", "words", "model", "languages", "drawn")


def funnel_of(subject: Subject) -> dict[str, Any]:
    """Stages with their losses, by member and component, and how many documents no reason accounts for (0)."""
    members = [member_counts(subject, member) for member in subject.members]
    components = [component_counts(subject, component, members) for component in subject.components]
    steps = _steps(members, components)
    differences = [*map(_difference, steps), *_differences(subject, members, components)]
    return {
        "stages": _stages(members, components),
        "steps": steps,
        "members": members,
        "components": components,
        "unaccounted": sum(abs(difference) for difference in differences),
    }


def member_counts(subject: Subject, member: Member) -> dict[str, Any]:
    """One source in a corpus: what was read, kept, suppressed, and survived."""
    snapshot, verdicts = member.snapshot.profile, member.tables["filtered"].profile
    stands = standing(subject.store, member)
    return {
        "corpus": member.corpus,
        "source": member.key,
        "policy": member.policy,
        "records": snapshot["records"],
        "dead_letters": dict(snapshot["dead_letters"]),
        "documents": {"documents": snapshot["documents"], "words": _words(verdicts)},
        "kept": _left(verdicts),
        "edited": dict(verdicts["edited"]) if "edited" in verdicts else None,
        "rules": _rules(member.tables["filtered"]),
        "rejected": stands["rejected"],
        "duplicates": {kind: counts for kind, counts in sorted(stands.items()) if kind not in NO_COPIES},
        "emptied": stands["emptied"],
        "withdrawn": stands["withdrawn"],
        "survivors": stands["survivor"],
        "taken": any(takes_from(recipe, member.corpus, member.key) for recipe in subject.components),
    }


def _left(verdicts: Mapping[str, Any]) -> dict[str, int]:
    """Documents that a policy keeps, with the words and bytes that its edits leave of them."""
    taken = verdicts.get("edited", {})
    return {unit: kept - (taken.get(unit, 0) if unit != "documents" else 0) for unit, kept in verdicts["kept"].items()}


def _words(verdicts: Mapping[str, Any]) -> int:
    """Words of all documents as they were read, before any edit."""
    return int(verdicts["kept"]["words"] + sum(removed["words"] for removed in verdicts["removed"].values()))


def _rules(filtered: Manifest) -> list[dict[str, Any]]:
    """Per rule: its limits, removed as the first to fail, and failed at all; those that removed most first.

    A list is told by its hash, the number of its entries, and how many of them matched a document.
    """
    verdicts, titles = filtered.profile, filtered.facts["titles"]
    limits = {limit["name"]: limit for limit in filtered.identity.recipe["rules"]}
    return [
        {
            "rule": rule,
            "title": titles[rule],
            "limits": [
                {
                    **{name: limits[rule].get(name) for name in LIMITS},
                    "list": _list(verdicts, limits[rule]),
                    **_quarantine(verdicts, limits[rule]),
                }
            ],
            **removed,
            "failed": verdicts["fired"].get(rule, 0),
        }
        for rule, removed in sorted(verdicts["removed"].items(), key=lambda item: (-item[1]["documents"], item[0]))
    ]


def _list(verdicts: Mapping[str, Any], limit: Mapping[str, Any]) -> dict[str, Any] | None:
    counted = verdicts.get("lists", {}).get(limit["name"])
    return {"sha256": limit["list"].removeprefix("sha256:"), **counted} if counted and limit.get("list") else None


def _quarantine(verdicts: Mapping[str, Any], limit: Mapping[str, Any]) -> dict[str, Any]:
    """That what fails is held for a person to look at, and who was released; nothing of any other rule."""
    if not limit.get("quarantine"):
        return {}
    return {"quarantine": True, "released": verdicts.get("lists", {}).get(released_by(limit["name"]))}


def component_counts(subject: Subject, recipe: Mapping[str, Any], members: Counts) -> dict[str, Any]:
    """One component: the survivors, or the documents of a replayed mix, that it looked at, what its filters and the
    license gate refused, what it took."""
    name, profile = recipe["name"], subject.mixed.profile
    asked = profile["asked"][name]
    available = asked["available"]
    rows = profile["by_component"].get(name, {"documents": 0, "words": 0})
    distinct = profile["distinct"].get(name, 0)
    repeating = profile.get("turned_away_contaminated", {}).get(name, 0)
    taken_down = profile.get("taken_down", {}).get("documents", {}).get(name, 0)
    looked_at = [item for item in members if takes_from(recipe, item["corpus"], item["source"])]
    return {
        "component": name,
        "corpus": origin_of(recipe),
        "asked": {unit: asked[unit] for unit in UNITS if unit in asked},
        "looked_at": _survivors(looked_at),
        "looked_at_words": _survivors(looked_at, "words"),
        "replayed": _replayed(subject, recipe),
        "turned_away": dict(profile["turned_away"].get(name, {})),
        "excluded_by_license": sum(profile["excluded_by_license"].get(name, {}).values()),
        "excluded_by_contamination": repeating,
        "eligible": dict(available),
        "beyond_budget": available["documents"] - distinct - taken_down,
        "taken_down": taken_down,
        "distinct": distinct,
        "repeats": rows["documents"] - distinct,
        "members": dict(rows),
    }


def takes_from(recipe: Mapping[str, Any], corpus: str, source: str) -> bool:
    """Whether a component looks at a source of a corpus at all."""
    return bool(
        corpus == origin_of(recipe) and (not recipe["sources"] or source.partition("@")[0] in recipe["sources"])
    )


def _replayed(subject: Subject, recipe: Mapping[str, Any]) -> int:
    """The distinct documents that a component looks at in the mix that it replays."""
    earlier = [
        load_manifest(subject.store, item.id) for item in subject.mixed.inputs if item.partition == origin_of(recipe)
    ]
    return sum(
        counts["documents"]
        for mix in earlier
        for source, counts in mix.facts["repetition"]["by_source"].items()
        if takes_from(recipe, origin_of(recipe), source)
    )


def _stages(members: Counts, components: Counts) -> list[dict[str, Any]]:
    rows = {
        "documents": _sum(member["documents"] for member in members),
        "kept": _sum(member["kept"] for member in members),
        "survivors": _sum(member["survivors"] for member in members),
        "eligible": _sum(component["eligible"] for component in components),
        "in the mix": {"documents": sum(component["distinct"] for component in components), "words": None},
    }
    records = {"documents": sum(member["records"] for member in members), "words": None}
    return [{"stage": "records", **records}, *[{"stage": name, **counts} for name, counts in rows.items()]]


def _steps(members: Counts, components: Counts) -> list[dict[str, Any]]:
    """Between two stages: the documents before, what took some away, the documents after."""
    amounts = [stage["documents"] for stage in _stages(members, components)]
    taken = [member for member in members if member["taken"]]
    losses = [
        _added(member["dead_letters"].items() for member in members),
        _added([(f"by the rule {rule['rule']}", rule["documents"]) for rule in m["rules"]] for m in members),
        _added(
            [
                *((f"as {kind} copies", copies["documents"]) for kind, copies in m["duplicates"].items()),
                ("emptied by cuts of passages", m["emptied"]["documents"]),
                ("taken down", m["withdrawn"]["documents"]),
            ]
            for m in members
        ),
        {
            "of sources that no component takes": _survivors(members) - _survivors(taken),
            "counted once more for each further component": _survivors(taken)
            - sum(item["looked_at"] for item in components),
            "replayed from earlier mixes": -sum(item["replayed"] for item in components),
            **_added([(TURNED_AWAY[why], n) for why, n in item["turned_away"].items()] for item in components),
            "kept out by the license policy": sum(component["excluded_by_license"] for component in components),
            "kept out for what they repeat of benchmarks": sum(
                component["excluded_by_contamination"] for component in components
            ),
        },
        {
            "not needed for the budget": sum(component["beyond_budget"] for component in components),
            "taken down, and their places left empty": sum(component["taken_down"] for component in components),
        },
    ]
    return [
        {
            "from": STAGES[number],
            "to": STAGES[number + 1],
            "before": amounts[number],
            "after": amounts[number + 1],
            "losses": [{"reason": reason, "documents": count} for reason, count in loss.items() if count],
        }
        for number, loss in enumerate(losses)
    ]


def _survivors(members: Counts, unit: str = "documents") -> int:
    return sum(member["survivors"][unit] for member in members)


def _difference(step: Mapping[str, Any]) -> int:
    lost: int = sum(loss["documents"] for loss in step["losses"])
    difference: int = step["before"] - lost - step["after"]
    return difference


def _differences(subject: Subject, members: Counts, components: Counts) -> list[int]:
    """What must be 0 beside the steps: side tables against each other, the mix against its parts and its export."""
    mixed = subject.mixed
    found = [mixed.profile["repeats"] - sum(component["repeats"] for component in components)]
    found += [m["documents"]["documents"] - m["kept"]["documents"] - m["rejected"]["documents"] for m in members]
    for name in ("component", "source", "license", "license_class"):
        total = _sum(mixed.profile[f"by_{name}"].values())
        found += [mixed.rows - total["documents"], mixed.profile["words"] - total["words"]]
    return [*found, mixed.rows - subject.published.rows] if subject.published else found


def _added(parts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, count in part:
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _sum(counts: Any) -> dict[str, int]:
    found = list(counts)
    return {name: sum(count[name] for count in found) for name in ("documents", "words")}
