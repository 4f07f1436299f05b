"""What a model said, from a file of JSON lines, and what of it stands verbatim in a version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import Portrait
from dagster_project.corpus.portraits.matching import Match, matches
from dagster_project.corpus.portraits.portrait import read_header
from dagster_project.corpus.portraits.spans import Least
from dagster_project.corpus.portraits.texts import batches, shards_of
from dagster_project.corpus.storage.stores import Store

AT_ONCE = 32 << 20  # bytes of texts that are looked for in one pass over the version
BAD_UTF8, BAD_JSON, NO_FIELD, NO_TEXT, HALF_PAIR = (
    "not UTF-8",
    "not a JSON object",
    "no such field",
    "not a text",
    "half a surrogate pair",
)


class Found(NamedTuple):
    """A match of the text in one line of the file, which counts from 1."""

    line: int
    match: Match


@dataclass
class Tally:
    """Every line that is not empty is a text that was looked for, one that the portrait ruled out, or unreadable."""

    texts: int = 0
    matching: int = 0  # texts with a match
    ruled_out: int = 0  # without one, as the portrait told
    characters: int = 0
    matched_characters: int = 0  # in any span, each once
    spans: int = 0
    cut_short: int = 0  # documents that were not followed to their end
    unreadable: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, Any]:
        """The same for people and programs."""
        share = self.matched_characters / self.characters if self.characters else 0.0
        facts = {**asdict(self), "unreadable": dict(sorted(self.unreadable.items()))}
        return {**facts, "without_match": self.texts - self.matching, "matched_share": round(share, 6)}


def lines_of(path: Path, name: str, tally: Tally) -> Iterator[tuple[int, str]]:
    """The texts in a field of each line, with their line; what cannot be read is counted by reason."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            text, problem = _text(line, name)
            if problem:
                tally.unreadable[problem] += 1
            else:
                tally.texts += 1
                tally.characters += len(text)
                yield number, text


def generations_in(
    store: Store, engine: Engine, manifest: Manifest, lines: Iterator[tuple[int, str]], least: Least, tally: Tally
) -> Iterator[Found]:
    """The matches of all texts, by line and start. A portrait that stands rules texts out before the version is read,
    where it misses nothing of this length."""
    header = read_header(store, manifest.id)
    portrait = Portrait(store, header) if header and least.count >= header.certain else None
    shards = shards_of(store, manifest)
    for batch in batches(lines, lambda item: len(item[1].encode()), AT_ONCE):
        sought = batch if portrait is None else _possible(portrait, batch)
        tally.ruled_out += len(batch) - len(sought)
        if not sought:
            continue
        found = matches(store, engine, shards, [text for _, text in sought], least)
        tally.cut_short += found.cut_short
        _count(found.found, tally)
        yield from (Found(sought[match.text][0], match) for match in found.found)


def told_of(found: Found) -> dict[str, Any]:
    """A match for people and programs."""
    match = found.match
    first = {**match.first._asdict(), "doc_id": match.first.doc_id.hex()}
    return {
        "line": found.line,
        "start": match.start,
        "end": match.end,
        "characters": match.end - match.start,
        "documents": match.documents,
        "first": first,
    }


def _text(line: bytes, name: str) -> tuple[str, str]:
    """(the text, "") or ("", what is wrong)."""
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError:
        return "", BAD_UTF8
    except (ValueError, RecursionError):
        return "", BAD_JSON
    if not isinstance(record, dict):
        return "", BAD_JSON
    if name not in record:
        return "", NO_FIELD
    text = record[name]
    if not isinstance(text, str):
        return "", NO_TEXT
    try:
        text.encode()
    except UnicodeEncodeError:
        return "", HALF_PAIR
    return text, ""


def refuse_nothing(tally: Tally, name: str) -> None:
    """Of a file without any text nothing is known."""
    if not tally.texts:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.unreadable.items())) or "it is empty"
        raise Refused(f"the file has no text to look for ({reasons}): name the field that holds it, not {name!r}")


def _possible(portrait: Portrait, batch: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    spans = portrait.spans([text for _, text in batch])
    return [item for item, shown in zip(batch, spans, strict=True) if shown]


def _count(found: Sequence[Match], tally: Tally) -> None:
    reached, text = 0, -1
    for match in found:
        if match.text != text:
            tally.matching += 1
            reached, text = 0, match.text
        tally.matched_characters += max(0, match.end - max(match.start, reached))
        reached = max(reached, match.end)
        tally.spans += 1
