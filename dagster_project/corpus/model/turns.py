"""Turns of a conversation: who speaks, by whatever name a record has for it, and where in a text."""

from __future__ import annotations

from typing import get_args

import pyarrow as pa

from dagster_project.corpus.model.recipes import Role

ROLES: tuple[str, ...] = get_args(Role)
# the names of ShareGPT, of OpenAI before and after, and of Gemini
SPOKEN_BY = {
    **{role: role for role in ROLES},
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "developer": "system",
    "function": "tool",
}
BETWEEN = "\n\n"  # what stands between the turns of a text, and belongs to none
TURN = pa.struct(
    [
        ("role", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("weight", pa.int8()),  # 0 where it carries no loss, whoever speaks; else null
    ]
)
TURNS = pa.list_(TURN)  # of a text: in bytes of UTF-8, in order, without overlap
