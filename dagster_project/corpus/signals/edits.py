"""The `edits` group: what a program of edits does to every document, as spans of the text that is stored.

A program is a list of edits with their settings, each of the text that those before it leave. A new edit is one
function and one line in EDITS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels import c4, refinedweb
from dagster_project.corpus.kernels.composing import compose
from dagster_project.corpus.kernels.editing import Edits, apply, characters_of, from_arrow, no_edits, to_arrow
from dagster_project.corpus.kernels.newlines import limit_newlines, pipes_to_newlines
from dagster_project.corpus.kernels.texts import strings
from dagster_project.corpus.model import edits as model
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.measurements import EditStep
from dagster_project.corpus.model.recipes import Setting
from dagster_project.corpus.signals import privacy, redaction

CODE_VERSION = "2"
Settings = Mapping[str, Any]
Program = Sequence[tuple[str, Settings]]


class Made(NamedTuple):
    """What an edit or a program does to the documents of a block."""

    edits: Edits  # of the block's text
    columns: Mapping[str, NDArray[np.int64]]  # what was counted of each document


@dataclass(frozen=True)
class Edit:
    """An edit, the settings that it has when a step does not say them, and what it finds wrong with those said."""

    run: Callable[[Block, Settings], Made]
    defaults: Mapping[str, Setting]
    counts: tuple[str, ...] = ()  # its columns
    complaint: Callable[[Settings], str] = lambda settings: ""  # asked when every setting is of its type


def edit_c4(block: Block, settings: Settings) -> Made:
    """C4's line filter. Published C4 and DCLM ask for 5 words in a line, FineWeb for no mark at its end."""
    edits, columns = c4.edit_lines(*block.texts, block.words, c4.Settings(**settings))
    reasons = ("with_long_word", "without_end", "of_few_words", "with_javascript", "with_policy")
    removed: NDArray[np.int64] = np.sum([columns[f"lines_{reason}"] for reason in reasons], axis=0)
    return Made(edits, {**columns, "lines_removed": removed})


def edit_refinedweb(block: Block, settings: Settings) -> Made:
    """RefinedWeb's line edits, as DCLM and Dolma 3 have them."""
    edits, columns = refinedweb.edit_lines(*block.texts, refinedweb.Settings(**settings))
    reasons = ("uppercase", "digits", "counters", "few_words")
    removed: NDArray[np.int64] = np.sum([columns[f"lines_of_{reason}"] for reason in reasons], axis=0)
    return Made(edits, {**columns, "lines_removed": removed})


def edit_newlines(block: Block, settings: Settings) -> Made:
    """At most so many newlines in a row."""
    return Made(limit_newlines(*block.texts, settings["most"]), {})


def edit_pipes(block: Block, settings: Settings) -> Made:
    """FineWeb2's empty line for lines of "|"."""
    edits, removed = pipes_to_newlines(*block.texts)
    return Made(edits, {"lines_removed": removed})


def edit_redact(block: Block, settings: Settings) -> Made:
    """Personal data and secrets replaced."""
    edits = from_arrow(redaction.edits_of(block, settings))
    return Made(edits, {"redactions": np.diff(edits.firsts)})


def _redaction_complaint(settings: Settings) -> str:
    if settings["style"] not in redaction.STYLES:
        return f"edit redact knows no style {settings['style']!r}: use {' or '.join(sorted(redaction.STYLES))}"
    try:
        redaction.replacer(settings)
    except Refused as refused:
        return str(refused)
    kinds = [said.partition("=")[0] for said in set(settings["replacements"])]
    twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
    return f"edit redact: replacements say {', '.join(twice)} twice; say each once" if twice else ""


class Range(NamedTuple):
    """What a number may be, and the one value outside that asks nothing."""

    least: float
    most: float
    off: float | None = None

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most or value == self.off

    @property
    def words(self) -> str:
        return f"{self.least} to {self.most:,}" + (f", or {self.off} to ask nothing" if self.off is not None else "")


def _within(edit: str, **ranges: Range) -> Callable[[Settings], str]:
    """Complains of the first setting that is out of its range."""

    def complaint(settings: Settings) -> str:
        wrong = (name for name, allowed in ranges.items() if not allowed.holds(settings[name]))
        return next((f"edit {edit}: {name} is {settings[name]}: use {ranges[name].words}" for name in wrong), "")

    return complaint


WORDS, SHARE = 10_000, Range(0, 1)  # more words than any line is asked for
C4_RANGES = {"min_line_words": Range(0, WORDS, -1), "max_word_length": Range(1, 10**6, -1)}
REFINEDWEB_RANGES = {
    **{"max_uppercase": SHARE, "max_numeric": SHARE},
    **{"min_line_words": Range(0, WORDS), "phrase_line_words": Range(0, WORDS)},
}
LINES_REMOVED, REDACTIONS = ("lines_removed",), ("redactions",)
REDACTING: Mapping[str, Setting] = {"kinds": (), "style": "placeholder", "replacements": ()}
EDITS: dict[str, Edit] = {
    "c4": Edit(edit_c4, c4.Settings()._asdict(), c4.Counts._fields + LINES_REMOVED, _within("c4", **C4_RANGES)),
    "refinedweb": Edit(
        edit_refinedweb,
        refinedweb.Settings()._asdict(),
        refinedweb.Counts._fields + LINES_REMOVED,
        _within("refinedweb", **REFINEDWEB_RANGES),
    ),
    "newlines": Edit(edit_newlines, {"most": 2}, complaint=_within("newlines", most=Range(1, WORDS))),
    "pipes": Edit(edit_pipes, {}, LINES_REMOVED),
    "redact": Edit(edit_redact, REDACTING, REDACTIONS, _redaction_complaint),
}
OF_THE_TEXT = ("edited_bytes", "edited_characters")
OF_THE_LAST = tuple(dict.fromkeys((*c4.Counts._fields, *refinedweb.Counts._fields, *LINES_REMOVED, *REDACTIONS)))
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("edits", model.EDITS, nullable=False),  # of the stored text
        *[pa.field(name, pa.int64(), nullable=False) for name in OF_THE_TEXT],  # of the text that the program leaves
        *[
            pa.field(name, pa.int64(), nullable=False) for name in OF_THE_LAST
        ],  # 0 where the last edit has no such count
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], program: Program) -> tuple[pa.Table, dict[str, Any]]:
    """The edits of every document by a program, what its last edit counted, and the sums."""
    edits, columns = run_program(block, program)
    nothing = np.zeros(len(edits.firsts) - 1, np.int64)
    counted = {name: columns.get(name, nothing) for name in (*OF_THE_TEXT, *OF_THE_LAST)}
    arrays = [block.documents.column("doc_id"), to_arrow(edits), *map(pa.array, counted.values())]
    sums = {name: int(column.sum()) for name, column in counted.items()}
    edited = int(np.count_nonzero(np.diff(edits.firsts)))
    return pa.table(arrays, schema=SCHEMA), {"edited_documents": edited, "edits": len(edits.starts), **sums}


def run_program(block: Block, program: Program) -> Made:
    """The edits of the block's text that leave what the program leaves, and the columns of its last step."""
    edits, columns, now = no_edits(block.documents.num_rows), {}, block
    for name, settings in program:
        made = EDITS[name].run(now, filled(name, settings))
        edits, columns = compose(edits, made.edits), dict(made.columns)
        now = _edited(now, made.edits)
    data, offsets = now.texts
    columns |= {"edited_bytes": np.diff(offsets), "edited_characters": characters_of(data, offsets)}
    return Made(edits, columns)


def _edited(block: Block, edits: Edits) -> Block:
    """The same documents with the text that these edits leave."""
    texts = strings(*apply(*block.texts, edits))
    return Block(pa.table({"doc_id": block.documents.column("doc_id"), "text": texts}))


def filled(name: str, settings: Settings) -> dict[str, Any]:
    """All settings of an edit in one spelling, for 1 and 1.0 are one number, and no list of texts has an order; what
    the edit cannot mean is refused."""
    for complaint in complaints(name, settings):
        raise Refused(complaint)
    defaults = EDITS[name].defaults
    return {**defaults, **{setting: _spelled(value, defaults[setting]) for setting, value in settings.items()}}


def _spelled(value: Any, default: Setting) -> Setting:
    if isinstance(default, tuple):
        return tuple(sorted(set(value)))
    return float(value) if isinstance(default, float) else cast(Setting, value)


def settled(program: Program) -> tuple[EditStep, ...]:
    """The program with every setting said: equal programs are equal, whatever was left out."""
    return tuple(EditStep(name, tuple(sorted(filled(name, settings).items()))) for name, settings in program)


def counted_by(program: Sequence[EditStep]) -> tuple[str, ...]:
    """What is known of a document when a program is done: what its last edit counted, and the size of the text."""
    return OF_THE_TEXT + (EDITS[program[-1].name].counts if program else ())


def decided_by(program: Iterable[EditStep]) -> Mapping[str, Any]:
    """What the lineage says beside the program: what finds the spans that it redacts."""
    if not any(step.name == "redact" for step in program):
        return {}
    return {"redaction": redaction.CODE_VERSION, "privacy": privacy.CODE_VERSION, **privacy.decided_by()}


def complaints(name: str, settings: Settings) -> Iterator[str]:
    """Why a step of a program cannot be: an edit that is none, and settings that it has not or cannot mean."""
    if name not in EDITS:
        yield f"{name!r} is not an edit: use one of {', '.join(sorted(EDITS))}"
        return
    edit, wrong = EDITS[name], False
    for setting, value in settings.items():
        if setting not in edit.defaults:
            known = ", ".join(edit.defaults)
            yield f"edit {name} has no setting {setting!r}: " + (f"use {known}" if known else "leave it out")
            wrong = True
        elif not _is_like(value, edit.defaults[setting]):
            yield f"edit {name}: {setting} is {value!r}, and should be {_kind(edit.defaults[setting])}"
            wrong = True
    if not wrong and (complaint := edit.complaint({**edit.defaults, **settings})):
        yield complaint


def _is_like(value: Any, default: Setting) -> bool:
    """Is a value of the type of the default? Whole numbers are numbers, and truth is none."""
    if isinstance(default, tuple):
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)


def _kind(default: Setting) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list of texts"}
    return kinds[type(default)]
