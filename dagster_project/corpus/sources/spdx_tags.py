"""SPDX tags at the head of a text: `SPDX-License-Identifier:` in its first comments (SPDX 3.0, annex on short tags)."""

from __future__ import annotations

import re

NAME = "SPDX-License-Identifier:"
HEAD_CHARACTERS = 4_096  # of a text that may hold a tag

# Only punctuation may stand before a tag in its line: in a sentence about tags, it is not one.
TAG = re.compile(rf"^[^\w\n]{{0,40}}{NAME}[ \t]*([^\r\n]{{1,500}})", re.MULTILINE)
CLOSING = re.compile(r"[ \t]{0,20}(?:\*/|-->|\"\"\"|'''|\)|\*#)?[ \t]{0,20}$")


def tag_evidence(text: str, where: str) -> list[dict[str, str]]:
    """The SPDX tags at the head of a text; more than one hold together."""
    head = text[:HEAD_CHARACTERS]
    if NAME not in head:
        return []
    values = [CLOSING.sub("", tag[1]).strip() for tag in TAG.finditer(head)]
    return [{"kind": "file.spdx", "value": value, "where": f"header of {where}"} for value in values if value]
