"""What somebody should know before training on a mix: limits that it passes, with the paper that each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dagster_project.corpus.licenses.obligations import share_alike_conflicts
from dagster_project.corpus.model import rendering_rules
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.rendering_recipes import RenderingRecipe

END_PHASE = (0.10, 0.20)  # share of the last phase (Blakeney et al. 2024, arXiv:2406.03476)
UNTRUSTED = 0.05  # share of words of sources that are not trusted
SHOWN = 5


class Warned(NamedTuple):
    """One limit that was passed: its name, a sentence, and whether the recipe says to refuse."""

    about: str
    said: str
    is_refused: bool = False

    @property
    def told(self) -> dict[str, str]:
        return {"about": self.about, "said": self.said}


def warnings_of(
    mix: MixRecipe, profile: Mapping[str, Any], repetition: Mapping[str, Any], untrusted: frozenset[str] = frozenset()
) -> list[Warned]:
    """Everything that is to be said of a mix, in a fixed order. `untrusted`: the keys of sources so registered."""
    return [
        *_repeated(mix, repetition),
        *_phases(mix),
        *_conflicts(mix, profile),
        *_of_untrusted(profile, untrusted),
        *(Warned(about, said) for about, said in rendering_rules.warnings_of(*_rendered(mix))),
    ]


def refuse(warned: list[Warned]) -> None:
    """Raise for the first warning that the recipe does not let pass."""
    if refused := next((item for item in warned if item.is_refused), None):
        raise Refused(f"{refused.said}: relax {refused.about} in the recipe, or take less of it")


def _rendered(mix: MixRecipe) -> tuple[RenderingRecipe, str, list[str]]:
    return mix.rendering, mix.in_phases[-1].name, [component.name for component in mix.components]


def _repeated(mix: MixRecipe, found: Mapping[str, Any]) -> Iterator[Warned]:
    limits = mix.repetition
    refused = limits.beyond == "refuse"
    often = {name: n["members"] / n["documents"] for name, n in found["by_source"].items()}
    over = {name: epochs for name, epochs in often.items() if epochs > limits.epochs}
    if over:
        shown = ", ".join(f"{name} {over[name]:.2f}" for name in sorted(over, key=lambda key: -over[key])[:SHOWN])
        yield Warned(
            "repetition.epochs",
            f"epochs beyond {limits.epochs:g} add next to nothing (Muennighoff et al. 2023): {shown}",
            refused,
        )
    if found["most_copies"] > limits.copies:
        yield Warned(
            "repetition.copies",
            f"a document stands in the mix {found['most_copies']:,} times, and {limits.copies:,} are known to harm a "
            "model (Hernandez et al. 2022)",
            refused,
        )
    repeated = found["exact_words"] / found["words"] if found["words"] else 0.0
    if repeated > limits.share:
        yield Warned(
            "repetition.share",
            f"{repeated:.1%} of the words are repeats, more than {limits.share:.1%} (Hernandez et al. 2022)",
            refused,
        )


def _phases(mix: MixRecipe) -> Iterator[Warned]:
    least, most = END_PHASE
    if len(mix.phases) > 1 and not least <= mix.phases[-1].share <= most:
        last = mix.phases[-1]
        yield Warned(
            "phases",
            f"the last phase, {last.name}, has {last.share:.0%} of the mix; {least:.0%} to {most:.0%} worked best "
            "(Blakeney et al. 2024)",
        )


def _conflicts(mix: MixRecipe, profile: Mapping[str, Any]) -> Iterator[Warned]:
    if pairs := share_alike_conflicts(profile.get("by_license", {})):
        shown = "; ".join(f"{one} and {other}" for one, other in pairs[:SHOWN])
        yield Warned(
            "licenses.share_alike",
            f"share-alike terms that cannot become one work stand side by side: {shown}",
            mix.licenses.share_alike == "refuse",
        )


def _of_untrusted(profile: Mapping[str, Any], untrusted: frozenset[str]) -> Iterator[Warned]:
    words = {name: counts["words"] for name, counts in profile.get("by_source", {}).items()}
    share = sum(words[name] for name in words if name in untrusted) / max(1, sum(words.values()))
    if share > UNTRUSTED:
        yield Warned(
            "sources",
            f"{share:.1%} of the words are of sources that nobody trusts; {UNTRUSTED:.0%} were enough to poison",
        )
