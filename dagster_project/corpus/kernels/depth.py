"""How deep elements may nest: what is deeper loses its tags, never its text."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels.bare import bare

DEEPEST, FORMATTED = 400, 48  # the latter of elements such as <b>, which a parser opens again in every block
# resiliparse weighs the text and the links in every <div> anew: so many bytes and tags it may pass, and so deep
# elements may nest in any page
MOST_BYTES, MOST_TAGS, LEAST_DEEPEST = 800 << 20, 6_000_000, 16


def deepest(size: int, tags: int) -> int:
    """How deep elements may nest in a page of so many bytes and tags."""
    return max(LEAST_DEEPEST, min(DEEPEST, MOST_BYTES // (size + 1), MOST_TAGS // (tags + 1)))


@bare
def is_let_in(flags: Any, state: Any) -> Any:
    """Whether the tag is copied: not deeper than any real page."""
    if flags & (e.VOID | e.FLAT):
        return True
    is_formatting = flags & e.FORMATTING != 0
    if state[k.LEFT_OUT] or state[k.DEPTH] >= state[k.DEEPEST] or (is_formatting and state[k.FORMATS] >= FORMATTED):
        state[k.LEFT_OUT] += 1
        state[k.IS_CUT] = 1
        return False
    state[k.DEPTH] += 1
    state[k.FORMATS] += is_formatting
    return True


@bare
def is_let_out(flags: Any, state: Any) -> Any:
    """Whether an end tag is copied: those of tags left out are left out."""
    if flags & (e.VOID | e.FLAT):
        return True
    if state[k.LEFT_OUT]:
        state[k.LEFT_OUT] -= 1
        return False
    state[k.DEPTH] = max(0, state[k.DEPTH] - 1)
    if flags & e.FORMATTING:
        state[k.FORMATS] = max(0, state[k.FORMATS] - 1)
    return True
