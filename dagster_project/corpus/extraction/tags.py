"""The tags in which a page speaks of itself, as the markup kernel finds them: no tree is built for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Tag(NamedTuple):
    """One start tag that may hold evidence: html, title, base, meta, link, script of JSON-LD, time, or an `a`."""

    name: str  # lower case
    attributes: Mapping[str, str]  # names in lower case, character references decoded; the first of each name
    text: str = ""  # of title, time, a and JSON-LD: what stands up to the end tag, tags inside it taken out
    position: int = 0  # byte of the page at which it begins
