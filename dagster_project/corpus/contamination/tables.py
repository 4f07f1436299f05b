"""An index of benchmarks as an Arrow table: one row per item, so that it is stored like any other artifact."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.contamination.index import Index, Settings, Templates
from dagster_project.corpus.kernels.benchmark_matches import NONE
from dagster_project.corpus.kernels.plain_words import SPACE
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import IntegrityError, Refused

FORMAT, NOTE = 1, b"florilegium.benchmarks"
SCHEMA = pa.schema(
    [
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),  # plain words of the question and its answer
        pa.field("question_words", pa.int64(), nullable=False),
        pa.field("ngrams", pa.large_list(pa.int64()), nullable=False),  # the first words of those that are looked for
        pa.field("anchor", pa.int64(), nullable=False),  # where the question is recognized; -1: not as a whole
        pa.field("too_short", pa.bool_(), nullable=False),
    ]
)


def to_table(index: Index) -> pa.Table:
    """The index as a table of SCHEMA; settings and templates stand in the schema's metadata, as canonical JSON."""
    places = index.words[index.firsts]
    texts = pa.LargeStringArray.from_buffers(len(index.ids), pa.py_buffer(places), pa.py_buffer(index.text))
    bounds = np.searchsorted(index.ngrams, index.firsts)
    starts = index.ngrams - np.repeat(index.firsts[:-1], np.diff(bounds))
    columns = [
        pa.array([index.names[number] for number in index.benchmark], pa.string()),
        pa.array(index.ids, pa.string()),
        texts,
        pa.array(index.questions),
        pa.LargeListArray.from_arrays(bounds.astype(np.int64), pa.array(starts)),
        pa.array(index.anchors),
        pa.array(index.is_too_short),
    ]
    return pa.table(columns, schema=SCHEMA.with_metadata({NOTE: canonical(_note(index))}))


def from_table(table: pa.Table, settings: Settings) -> Index:
    """The index that `to_table` wrote.

    Raises Refused if it was built with other settings or another version, IntegrityError if it is no such table.
    """
    note = _read_note(table, settings)
    if not table.schema.equals(SCHEMA):
        raise IntegrityError(f"this is no index of benchmarks: its columns are {', '.join(table.column_names)}")
    names = tuple(note["names"])
    index = Index(settings, names, tuple(map(_templates, note["templates"])), **_columns(table, names))
    if not _is_sound(index):
        raise IntegrityError("this index of benchmarks was altered: its places lie outside its texts; build it again")
    return index


def _note(index: Index) -> dict[str, Any]:
    templates = [[kind.ngrams, kind.questions, [list(pair) for pair in kind.examples]] for kind in index.templates]
    return {"format": FORMAT, "settings": index.settings.digest, "names": list(index.names), "templates": templates}


def _read_note(table: pa.Table, settings: Settings) -> dict[str, Any]:
    raw = (table.schema.metadata or {}).get(NOTE)
    if raw is None:
        raise IntegrityError("this is no index of benchmarks: its table does not say how it was built")
    note: dict[str, Any] = json.loads(raw)
    if note.get("format") != FORMAT:
        raise Refused(
            f"this index of benchmarks has format {note.get('format')}; this version reads {FORMAT}: rebuild it"
        )
    if note["settings"] != settings.digest:
        raise Refused(
            f"this index of benchmarks was built with other settings or another version than {settings}: rebuild it"
        )
    return note


def _templates(stored: list[Any]) -> Templates:
    ngrams, questions, examples = stored
    return Templates(ngrams, questions, tuple((text, items) for text, items in examples))


def _columns(table: pa.Table, names: tuple[str, ...]) -> dict[str, Any]:
    data, places = buffers(table.column("text"))
    words = np.append(0, np.flatnonzero(data == SPACE) + 1)
    if not np.isin(places, words).all():
        raise IntegrityError("this index of benchmarks was altered: a text ends inside a word; build it again")
    firsts = np.searchsorted(words, places)
    ngrams = table.column("ngrams").combine_chunks()
    counts, starts = _integers(pc.list_value_length(ngrams)), _integers(pc.list_flatten(ngrams))
    benchmark = pc.index_in(table.column("benchmark"), pa.array(names, pa.string()))
    return {
        "benchmark": _integers(pc.fill_null(benchmark, -1)),
        "ids": tuple(table.column("item").to_pylist()),
        "text": data,
        "words": words,
        "firsts": firsts,
        "questions": _integers(table.column("question_words")),
        "ngrams": starts + np.repeat(firsts[:-1], counts),
        "anchors": _integers(table.column("anchor")),
        "is_too_short": np.array(table.column("too_short").to_pylist(), np.bool_),
    }


def _integers(column: Any) -> NDArray[np.int64]:
    return np.array(column, np.int64)


def _is_sound(index: Index) -> bool:
    """Does every number stay inside the arrays? Kernels do not look."""
    ends, whole = index.firsts[1:], index.anchors != NONE
    inside = np.searchsorted(index.firsts, index.ngrams, side="right")
    questions = index.firsts[:-1] + index.questions
    anchors = index.anchors + index.settings.shortest
    return bool(
        (index.benchmark >= 0).all()
        and (np.diff(index.benchmark) >= 0).all()
        and index.words[-1] == len(index.text)
        and (index.words[index.firsts[-1]] == len(index.text))
        and (np.diff(index.ngrams) > 0).all()
        and (index.ngrams >= 0).all()
        and (inside <= len(index.ids)).all()
        and (index.ngrams + index.settings.ngram <= ends[np.minimum(inside, len(ends)) - 1]).all()
        and (index.questions >= 0).all()
        and (questions <= ends).all()
        and (index.anchors >= NONE).all()
        and (anchors[whole] <= index.questions[whole]).all()
    )
