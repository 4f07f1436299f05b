"""What the elements of HTML are to the marking of a page: a table from their packed names.

By the tree construction of the WHATWG's standard (html.spec.whatwg.org, section 13.2.6).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import packed

# Kinds of marks. H1 to H6 are the levels themselves.
LITERAL, H1, H6, PARAGRAPH, UNORDERED, ORDERED, ITEM, TABLE, ROW, CELL, HEADER, CAPTION = (
    0,
    1,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
)
CODE_BLOCK, CODE, MATH, MATHML, QUOTE, LINK, IMAGE, END = 16, 17, 18, 19, 20, 21, 22, 23

CLOSES_P, VOID, FLAT, FORMATTING = 1, 2, 4, 8  # FLAT: one ends the one before it, so that they do not nest
DROPPED, KEPT_RAW, QUIET, BREAKS_OUT = 16, 32, 64, 128
EVIDENCE, IN_TABLE = 256, 512

_KINDS = {
    **{f"h{level}": level for level in range(1, 7)},
    **dict.fromkeys(("ul", "menu", "dir", "dl"), UNORDERED),
    **dict.fromkeys(("li", "dt", "dd"), ITEM),
    **{"p": PARAGRAPH, "ol": ORDERED, "table": TABLE, "tr": ROW, "td": CELL, "th": HEADER, "caption": CAPTION},
    **{"pre": CODE_BLOCK, "listing": CODE_BLOCK, "code": CODE, "blockquote": QUOTE, "a": LINK, "img": IMAGE},
}
_FLAGS = {
    CLOSES_P: """address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer
        header hgroup main menu nav ol p search section summary ul h1 h2 h3 h4 h5 h6 pre listing form hr xmp plaintext
        li dt dd""",
    VOID: "area base br col embed hr img input link meta param source track wbr bgsound basefont frame keygen",
    FLAT: "p li dt dd option optgroup tr td th tbody thead tfoot colgroup html head body caption a",
    FORMATTING: "b big code em font i nobr s small strike strong tt u",
    DROPPED: "script style iframe noembed noframes",
    KEPT_RAW: "title textarea xmp",
    QUIET: "select noscript template",
    BREAKS_OUT: """b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li
        listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var""",
    EVIDENCE: "html title base meta link time",
    IN_TABLE: "table tr td th caption tbody thead tfoot",
}
_OTHERS = "svg math span input select textarea annotation"


def _table() -> tuple[Any, Any, Any]:
    """(names, kinds, flags) in places by the remainder of the name, of which no two are the same."""
    flags: dict[str, int] = dict.fromkeys([*_KINDS, *_OTHERS.split()], 0)
    for flag, names in _FLAGS.items():
        for name in names.split():
            flags[name] = flags.get(name, 0) | flag
    codes = [packed(name) for name in flags]
    size = next(n for n in range(512, 1 << 16) if len({code % n for code in codes} - {0}) == len(codes))
    table = np.zeros(size, np.int64), np.full(size, -1, np.int64), np.zeros(size, np.int64)
    for name, flag in flags.items():
        place = packed(name) % size
        table[0][place], table[1][place], table[2][place] = packed(name), _KINDS.get(name, -1), flag
    return table


NAMES, KINDS, FLAGS = _table()
SIZE = len(NAMES)


@bare
def place_of(name: Any) -> Any:
    """Where the element of this packed name stands in the table; 0, which is no element's, for an unknown one."""
    place = name % SIZE
    return place if NAMES[place] == name else 0
