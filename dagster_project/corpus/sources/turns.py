"""Records that are conversations: lists of turns, or a question and its answer in fields of their own, as one text.

The text is what the turns say, in their order, with an empty line between two of them; each is a span of it. What
cannot be said so, such as an image or the call of a tool, makes the whole record a dead letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from dagster_project.corpus.model.structure import Structure, structure_of
from dagster_project.corpus.model.turns import BETWEEN, ROLES, SPOKEN_BY
from dagster_project.corpus.sources.batches import (
    EMPTY_TURN,
    NO_TURNS,
    NOT_UTF8,
    TURN_NOT_TEXT,
    UNKNOWN_ROLE,
    UNKNOWN_WEIGHT,
)
from dagster_project.corpus.sources.paths import UNREADABLE, Path, get, remove

WHO, WHAT = ("role", "from"), ("content", "value")
CALLS = ("tool_calls", "function_call")
WEIGHT = "weight"
TEXT_PARTS = ("text", "input_text", "output_text")
BETWEEN_PARTS = "\n"
NEEDED = frozenset({"user", "assistant"})  # of fields that the recipe names: a question without answer is no turn


class BadTurn(Exception):
    """What makes a record no conversation."""

    def __init__(self, reason: str, detail: str):
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Turn(NamedTuple):
    role: str
    text: str
    is_learned: bool = True


class Turns:
    """Where the turns of records are, ready to take them; false where a recipe names none."""

    def __init__(self, columns: Sequence[tuple[Path, str]]):
        self._columns = columns
        self._needed = NEEDED.intersection(role for _, role in columns)

    def __bool__(self) -> bool:
        return bool(self._columns)

    def take(self, value: dict[str, Any]) -> tuple[str, Structure]:
        """The text and its turns, which are taken out of `value`; what turns say besides stays there."""
        turns = [turn for path, role in self._columns for turn in _turns_at(value, path, role)]
        if missing := self._needed - {turn.role for turn in turns}:
            raise BadTurn(EMPTY_TURN, f"no column of the role {min(missing)} says anything")
        if not turns:
            raise BadTurn(NO_TURNS, f"column {'.'.join(self._columns[0][0])} holds none")
        for path, role in self._columns:
            if role or not _rest(get(value, path)):
                remove(value, path)
        return BETWEEN.join(turn.text for turn in turns), _structure(turns)


def _turns_at(value: dict[str, Any], path: Path, role: str) -> Iterator[Turn]:
    found, column = get(value, path), f"column {'.'.join(path)}"
    if role:
        if text := _said(found, column):
            yield Turn(role, text)
        return
    for number, item in enumerate(_listed(value, path, found, column), 1):
        turn = _turn(item, f"turn {number} of {column}")
        if turn.text:
            yield turn


def _listed(value: dict[str, Any], path: Path, found: Any, column: str) -> list[Any]:
    """A list of turns; a string that holds one in JSON is that list from now on."""
    if type(found) is str and found.lstrip().startswith("["):
        try:
            found = orjson.loads(found)
        except orjson.JSONDecodeError:
            raise BadTurn(NO_TURNS, f"{column} holds text that is no list") from None
        holder = get(value, path[:-1]) if path[1:] else value
        holder[path[-1]] = found
    if found is None:
        raise BadTurn(NO_TURNS, f"{column} is missing or null")
    if type(found) is not list:
        raise BadTurn(NO_TURNS, f"{column} holds no list")
    return found


def _turn(item: Any, where: str) -> Turn:
    """One turn of a list; of a system alone it may say nothing, and then is none."""
    if type(item) is not dict:
        raise BadTurn(NO_TURNS, f"{where} is no object")
    name = next((item[key] for key in WHO if key in item), None)
    role = SPOKEN_BY.get(name) if type(name) is str else None
    if role is None:
        raise BadTurn(UNKNOWN_ROLE, f"{where} is of none of {', '.join(ROLES)}")
    if any(item.get(key) for key in CALLS):
        raise BadTurn(TURN_NOT_TEXT, f"{where} calls a tool")
    found = next((item[key] for key in WHAT if key in item), None)
    text = _of_parts(found, where) if type(found) is list else _said(found, where)
    if not text and role != "system":
        raise BadTurn(EMPTY_TURN, f"{where} says nothing")
    return Turn(role, text, _weight(item, where) != 0)


def _weight(item: dict[str, Any], where: str) -> int:
    """0 where a turn is not to be learned, as OpenAI has it of fine-tuning; 1, and nothing, where it is."""
    weight = item.get(WEIGHT)
    if weight is None:
        return 1
    if type(weight) not in (int, float) or weight not in (0, 1):
        raise BadTurn(UNKNOWN_WEIGHT, f"{where} has a weight other than 0 and 1")
    return int(weight)


def _of_parts(parts: list[Any], where: str) -> str:
    """The text of a content that is a list of parts; any other part, such as an image, makes it none."""
    texts = [part.get("text") if _is_text_part(part) else part for part in parts]
    if any(type(text) is not str for text in texts):
        raise BadTurn(TURN_NOT_TEXT, f"{where} has a part that is no text")
    return _said(BETWEEN_PARTS.join(texts), where)


def _is_text_part(part: Any) -> bool:
    return type(part) is dict and part.get("type") in TEXT_PARTS


def _said(value: Any, where: str) -> str:
    """What is said, as it stands; nothing where it is missing, or white space."""
    if value is None:
        return ""
    if type(value) is not str:
        raise BadTurn(NOT_UTF8 if value is UNREADABLE else TURN_NOT_TEXT, f"{where} holds another thing than text")
    return "" if value.isspace() else value


def _rest(items: list[dict[str, Any]]) -> bool:
    """Take out what was used of the turns of a list: whether they say anything besides."""
    for item in items:
        used = {*CALLS, WEIGHT, *(next((key for key in keys if key in item), "") for keys in (WHO, WHAT))}
        for key in [key for key, value in item.items() if key in used or value is None]:
            del item[key]
    return any(items)


def _structure(turns: Sequence[Turn]) -> Structure:
    spans: list[tuple[str, int, int, str | None]] = []
    at = 0
    for turn in turns:
        size = len(turn.text.encode())
        spans.append(("turn", at, at + size, turn.role))
        if not turn.is_learned:
            spans.append(("unlearned", at, at + size, None))
        at += size + len(BETWEEN)
    return structure_of(spans)
