"""Math in Markdown, by pandoc's rules, as rules of markdown-it: `$…$` and `$$…$$` in a line, `$$` around lines."""

from __future__ import annotations

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MATH_CHARACTERS = 2_000
MATH_LINES = 200


def math(state: StateInline, silent: bool) -> bool:
    """Pandoc's rule: what `$` opens has no white space after it, and what closes none before it and no digit after."""
    text, start = state.src, state.pos
    if text[start] != "$":
        return False
    sign = "$$" if text.startswith("$$", start) else "$"
    first = start + len(sign)
    last = text.find(sign, first + 1, min(state.posMax, first + MATH_CHARACTERS))
    while last > 0 and text[last - 1] == "\\":
        last = text.find(sign, last + 1, min(state.posMax, first + MATH_CHARACTERS))
    if last < 0 or (sign == "$" and not _is_math(text[first:last], text[last + 1 : last + 2])):
        return False
    if not silent:
        state.push("math", "math", 0).content = text[first:last]
        if state.env.get("spans") is not None:
            state.env["spans"].append(("math", first, last, "tex"))
    state.pos = last + len(sign)
    return True


def _is_math(inner: str, after: str) -> bool:
    return not (inner[0].isspace() or inner[-1].isspace() or (after.isascii() and after.isdigit()))


def math_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Lines from one that begins with `$$` to one that ends with it, none of them blank."""
    if state.is_code_block(first) or not _line(state, first).startswith("$$"):
        return False
    for number in range(first, min(end, first + MATH_LINES)):
        line = _line(state, number)[2 if number == first else 0 :].rstrip()
        if state.isEmpty(number):
            return False
        if line.endswith("$$"):
            if not silent:
                token = state.push("math_block", "math", 0)
                token.map, state.line = [first, number + 1], number + 1
            return True
    return False


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
