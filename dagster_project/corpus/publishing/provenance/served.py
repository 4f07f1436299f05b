"""The other pages of the server: mixes, what a search found, manifests, documents, and single sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby, islice
from typing import Any

from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.publishing.report import LISTED, template

Facts = Mapping[str, Any]
LINES, LINE_CHARACTERS = 2000, 1000
PIECE = 100  # characters of a text that are one value of a page, whose values are of bounded length


def mixes_page(mixes: Sequence[Facts]) -> bytes:
    """Every version of every mix, with a link to its page."""
    return _page("mixes", mixes=mixes)


def found_page(found: Facts) -> bytes:
    """What a search found."""
    return _page("found", found=found)


def text_page(told: Facts) -> bytes:
    """A text, and which spans of it a portrait knows."""
    text, is_held = told["text"], set[int]()
    for span in told["spans"]:
        is_held.update(range(span["start"], span["end"]))
    lines: list[list[tuple[str, bool]]] = [[]]
    for held, group in groupby(enumerate(text), key=lambda item: item[0] in is_held):
        for number, said in enumerate("".join(letter for _, letter in group).split("\n")):
            lines += [[]] if number else []
            lines[-1] += [(said[at : at + PIECE], held) for at in range(0, len(said), PIECE)]
    return _page("text", told=told, lines=lines)


def manifest_page(manifest: Manifest) -> bytes:
    """A manifest: inputs and files as tables, everything else as JSON."""
    told = asdict(manifest)
    shown = {name: told[name] for name in ("identity", "profile", "facts")}
    return _page("manifest", manifest=manifest, lines=_lines(shown))


def document_page(traced: Facts) -> bytes:
    """All about one document."""
    return _page("document", traced=traced, lines=_lines(traced))


def sentence_page(text: str) -> bytes:
    """One sentence, such as a refusal."""
    return _page("sentence", text=text)


def _page(name: str, **facts: Any) -> bytes:
    return f"{template(f'provenance/{name}.html').render(**facts, LISTED=LISTED)}\n".encode()


def _lines(value: Any) -> list[str]:
    """As indented JSON, the first lines of it; long ones cut."""
    written = json.JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False, default=_plain).iterencode(value)
    text = "".join(islice(written, 20 * LINES))
    lines = text.split("\n")
    return [line[:LINE_CHARACTERS] for line in lines[:LINES]] + (["…"] if len(lines) > LINES else [])


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
