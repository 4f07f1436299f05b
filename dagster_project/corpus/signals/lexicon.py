"""The `lexicon` group: how often words and phrases of a user's list stand in a text.

The list is a file of one word or phrase per line, UTF-8, with `#` comments, as the "List of Dirty, Naughty, Obscene,
and Otherwise Bad Words" is kept; none is shipped. Text and entries are compared in lower case. An entry counts where
no word goes on beside it (no letter, mark, number or "_"), as in C4 (Raffel et al. 2020); in scripts without spaces,
with `whole_words` false, it counts anywhere. Of entries that overlap the first counts, and of those that begin
together the longest.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.signals.blocks import Block
from dagster_project.corpus.signals.patterns import joined_texts

CODE_VERSION = "1"
LONGEST_LIST = 100_000  # entries
MEMORY = 512 << 20  # bytes that the automaton of a list may take; one of 400 entries takes less than one million
HELD = 4  # lists in the memory of a process
BESIDE = r"[^\p{L}\p{M}\p{N}_]"
UNSPACED = ("ja", "th", "zh")  # languages whose lists C4 looks for anywhere
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("lexicon_matches", pa.int64(), nullable=False),  # with repeats
        pa.field("lexicon_distinct", pa.int64(), nullable=False),  # entries that stand there at all
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], entries: tuple[str, ...]) -> tuple[pa.Table, dict[str, Any]]:
    """The counts of every document by a list that `entries_of` read; how many match, and documents by entry."""
    whole_words = recipe.get("whole_words", True)
    documents = block.documents
    matches, distinct = np.zeros((2, documents.num_rows), np.int64)
    seen: set[tuple[int, bytes]] = set()
    for document, entry in _found(documents.column("text"), entries, whole_words):
        matches[document] += 1
        distinct[document] += (document, entry) not in seen
        seen.add((document, entry))
    columns = [documents.column("doc_id"), pa.array(matches), pa.array(distinct)]
    return pa.table(columns, schema=SCHEMA), {
        "matches": int(matches.sum()),
        "documents_with": int((matches > 0).sum()),
    }


def entries_of(body: bytes, name: str) -> tuple[str, ...]:
    """The distinct entries of a list, in lower case and sorted; a list that is none is refused with its line."""
    lines = []
    for number, line in enumerate(io.BytesIO(body.removeprefix(b"\xef\xbb\xbf")), 1):
        try:
            lines.append(line.decode().strip())
        except UnicodeDecodeError:
            raise Refused(f"{name}, line {number}: is not UTF-8: save it as UTF-8") from None
    said = [re.split(r"\s#", line, maxsplit=1)[0].strip() for line in lines if not line.startswith("#")]
    entries = tuple(sorted(set(pc.utf8_lower(pa.array(said, pa.string())).to_pylist()) - {""}))
    if not entries:
        raise Refused(f"{name}: has no entry: write one word or phrase per line")
    if len(entries) > LONGEST_LIST:
        raise Refused(f"{name}: has {len(entries):,} entries, more than {LONGEST_LIST:,}: split it")
    if any("\0" in entry for entry in entries):
        raise Refused(f"{name}: holds a NUL character: remove it")
    return entries


def _found(texts: Any, entries: tuple[str, ...], whole_words: bool) -> Iterator[tuple[int, bytes]]:
    """Every match: its document and the entry."""
    joined, starts = joined_texts(*buffers(pc.utf8_lower(texts)))
    expression, at, document = _expression(entries, whole_words), 0, 0
    while match := expression.search(joined, at):
        start, end = match.span()
        if whole_words:
            start, end = start + _width(joined[start]), _last(joined, end)
        document = _document_at(starts, start, document)
        yield document, joined[start:end]
        at = end
