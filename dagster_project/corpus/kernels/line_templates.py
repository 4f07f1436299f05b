"""How lines begin and end, for telling lists, tables and templates: neighbors that begin or end alike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode, property_bits

LF = 10
WORD, NUMBER, SIGN, GAP = range(4)
NOTHING, DIGITS = np.uint64(0), np.uint64(1)


class Templates(NamedTuple):
    """The lines of some documents that are not blank, in order."""

    documents: Offsets  # int64[lines]
    starts: Offsets  # in bytes from the beginning of the first document
    ends: Offsets
    beginnings: NDArray[np.uint64]  # hash of the first two tokens; of the first alone where that is no word
    finishes: NDArray[np.uint64]  # hash of the last two tokens


def line_templates(data: Bytes, offsets: Offsets) -> Templates:
    """The lines between newlines. A token is a word, a number (all are alike) or a single other character."""
    most = int(np.count_nonzero(data == LF)) + len(offsets) - 1
    found = Templates._make(
        [*(np.empty(most, np.int64) for _ in range(3)), *(np.empty(most, np.uint64) for _ in range(2))]
    )
    count = _line_templates(data, offsets, u.characters(), found)
    return Templates._make(column[:count] for column in found)


def follows(lines: Templates) -> NDArray[np.bool_]:
    """Which lines begin or end as the line before in their document does."""
    alike = lines.beginnings[1:] == lines.beginnings[:-1]
    alike |= lines.finishes[1:] == lines.finishes[:-1]
    return np.insert(alike & (lines.documents[1:] == lines.documents[:-1]), 0, False)[: len(lines.starts)]


@bare
def _line_templates(data: Any, offsets: Any, tables: Any, found: Any) -> Any:
    count = 0
    for i in range(len(offsets) - 1):
        at = offsets[i]
        while at < offsets[i + 1]:
            end = at
            while end < offsets[i + 1] and data[end] != LF:
                end += 1
            beginning, finish = _template(data, at, end, tables)
            if finish != NOTHING:
                found.documents[count], found.starts[count], found.ends[count] = i, at, end
                found.beginnings[count], found.finishes[count] = beginning, finish
                count += 1
            at = end + 1
    return count


@bare
def _template(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """The hashes of how a line begins and ends; zeros of a blank line."""
    beginning, last, last_but_one, tokens = NOTHING, NOTHING, NOTHING, 0
    is_settled = False
    while at < end:
        token, kind, at = _token(data, at, end, tables)
        if kind == GAP:
            continue
        if not is_settled:
            beginning = mix64(beginning ^ token)
            is_settled = tokens == 1 or kind != WORD
        tokens, last, last_but_one = tokens + 1, token, last
    return beginning, mix64(last_but_one) ^ last if tokens else NOTHING


@bare
def _token(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """The hash and the kind of the token at `at`, and where it ends."""
    code, after = decode(data, at, end)
    kind = _kind(property_bits(tables, code))
    token = mix64(np.uint64(code) + np.uint64(2))
    if kind >= SIGN:
        return token, kind, after
    while after < end:
        code, following = decode(data, after, end)
        if _kind(property_bits(tables, code)) != kind:
            break
        token, after = mix64(token ^ np.uint64(code)), following
    return (DIGITS if kind == NUMBER else token), kind, after


@bare
def _kind(bits: Any) -> Any:
    if bits & u.SPACE:
        return GAP
    category = bits & u.CATEGORY
    if category <= u.LAST_MARK:
        return WORD
    return NUMBER if category <= u.LAST_NUMBER else SIGN
