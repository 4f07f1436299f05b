"""One small plot per version, as a picture inside markdown."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

BARS = 12
FUNNEL = 24  # rules
COLOR = "#3b6e8f"
# stage → (title, path of the counts in the profile, which of each, when it is a group)
PLOTTED: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "snapshots": (("License evidence by kind", "evidence", ""),),
    "licensed": (("Documents by license", "licenses", ""),),
    "signals": (
        ("Documents by words (from two to this power)", "words_histogram", ""),
        ("Documents by language", "languages", ""),
    ),
    "statistics": (("Documents by language", "languages", ""),),
    "filtered": (("Documents that stand after each rule", "removed", "documents"),),
    "families": (("Families by size (from two to this power)", "family_sizes", ""),),
    "deduplicated": (("Documents by status", "status", ""),),
    "passages": (("Bytes cut by source", "by_source", "cut_bytes"),),
    "weights": (("Survivors by weight in thousandths", "weights", ""),),
    "mixed": (("Words by license", "by_license", "words"),),
}
BINNED = ("words_histogram", "family_sizes", "weights")


def plot_of(stage: str, profile: Mapping[str, Any], order: Sequence[str] = ()) -> dg.MarkdownMetadataValue | None:
    """The plot of a stage, when its profile has what is plotted; of verdicts the funnel of its rules in their order."""
    for title, name, unit in PLOTTED.get(stage, ()):
        counted = funnel_of(profile, order) if stage == "filtered" else bars_of(profile, name, unit)
        if counted:
            return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{drawn(title, counted)})")
    return None


def bars_of(profile: Mapping[str, Any], name: str, unit: str) -> dict[str, int]:
    """Bins in their order, anything else largest first, and at most BARS of them."""
    counted = {key: value[unit] if unit else value for key, value in profile.get(name, {}).items()}
    if name in BINNED:
        return dict(sorted(counted.items(), key=lambda item: int(item[0])))
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(number for _, number in ranked[BARS:])
    return dict(ranked[:BARS]) | ({"all others": rest} if rest else {})


def funnel_of(profile: Mapping[str, Any], order: Sequence[str]) -> dict[str, int]:
    """Documents that stand after each rule that removed some; beyond FUNNEL rules, those that removed least as one."""
    removed = {name: profile["removed"][name]["documents"] for name in order if name in profile.get("removed", {})}
    removed = {name: number for name, number in removed.items() if number}
    told = set(sorted(removed, key=lambda name: (-removed[name], name))[:FUNNEL])
    standing = sum(removed.values()) + profile.get("kept", {}).get("documents", 0)
    bars = {"all documents": standing}
    for name in [name for name in removed if name in told]:
        bars[f"after {name}"] = standing = standing - removed[name]
    if rest := sum(number for name, number in removed.items() if name not in told):
        bars[f"after {len(removed) - len(told)} more"] = standing - rest
    return bars


def drawn(title: str, counted: Mapping[str, int]) -> str:
    """A bar chart as base64 PNG. Names come from the data, so nothing in them is read as mathematics."""
    from matplotlib.figure import Figure  # half a second that the code location need not spend

    figure = Figure(figsize=(6, 0.6 + 0.26 * len(counted)), dpi=80, layout="tight")
    axes = figure.subplots()
    labels = [name[:40].replace("$", r"\$") or "none" for name in counted]
    axes.barh(range(len(counted)), list(counted.values()), color=COLOR)
    axes.set_yticks(range(len(counted)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return base64.b64encode(picture.getvalue()).decode()
