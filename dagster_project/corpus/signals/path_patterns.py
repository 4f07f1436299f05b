"""Path patterns as in robots.txt (RFC 9309, section 2.2.3), which TDMRep and ai.txt took over: `*`, and `$` at the end.

Files of strangers: matching goes once from left to right, so no pattern costs more than its own length and the path's.
"""

from __future__ import annotations

import re
import string
from typing import NamedTuple
from urllib.parse import quote

UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class Pattern(NamedTuple):
    """A pattern in one spelling; `parts` stand between its asterisks."""

    length: int  # octets, by which the most specific of two is told
    parts: tuple[str, ...]
    to_the_end: bool

    @property
    def is_prefix(self) -> bool:
        return len(self.parts) == 1 and not self.to_the_end

    def matches(self, path: str) -> bool:
        """Whether a path in the same spelling begins with the pattern, or is it where it ends in `$`."""
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.to_the_end or path == first
        at = len(first)
        for part in rest[:-1]:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        last = rest[-1]
        return path.endswith(last) and len(path) - len(last) >= at if self.to_the_end else path.find(last, at) >= 0


def pattern(said: str) -> Pattern:
    spelled = spell(said)
    to_the_end = spelled.endswith("$")
    return Pattern(len(spelled), tuple(re.sub(r"\*+", "*", spelled.removesuffix("$")).split("*")), to_the_end)


def spell(said: str) -> str:
    """One spelling of a path or pattern: what needs no escape has none, what needs one has it in capitals."""
    return _ESCAPE.sub(_one_escape, quote(said, safe=_ASCII, errors="replace"))


def _one_escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in UNRESERVED else found[0].upper()
