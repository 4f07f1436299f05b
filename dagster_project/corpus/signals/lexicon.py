"""The `lexicon` group: how often words and phrases of a user's list stand in a text.

The list is a file of one word or phrase per line, UTF-8, with `#` comments, as the "List of Dirty, Naughty, Obscene,
and Otherwise Bad Words" is kept; none is shipped. Text and entries are compared in lower case; which entries
stand there as the list writes them is told besides, since datatrove compares stop words so: `LE` is `le`, but not as it
is written.

An entry counts where no word goes on beside it (no letter, mark, number or "_"), as in C4 (Raffel et al. 2020); one
that begins or ends in a script without spaces counts anywhere. An entry that ends in an apostrophe is an elided word,
and the next word may begin at once: `l'` counts in `l'eau`, which spaCy's French tokenizer splits there; one that
begins in an apostrophe may follow a word, as `'s` does. Of entries that overlap the first counts, and of those that
begin together the longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.signals.patterns import joined_texts
from dagster_project.corpus.storage.lists import StoredList, said_in
from dagster_project.corpus.storage.shards import get_object

Counts = NDArray[np.int64]
Places = NDArray[np.int64]  # [n, 2], as of PLACES
Flanks = tuple[bool, bool]

CODE_VERSION = "3"
LONGEST_LIST = 100_000  # entries
MEMORY = 256 << 20  # bytes that the automaton of a list may take; one of 400 entries takes less than one million
HELD = 4  # lists in the memory of a process
PLACES: np.dtype[Any] = np.dtype((np.int64, 2))  # the first byte of a match, and the one behind it
LEAST_LEAD = -64  # as int8: the bytes of a character but its first lie below
BESIDE = r"[^\p{L}\p{M}\p{N}_]"
APOSTROPHES = ("'", "\N{RIGHT SINGLE QUOTATION MARK}")
FLANKS: tuple[Flanks, ...] = ((True, True), (True, False), (False, True), (False, False))
# Scripts whose words have no space between them, as in C4's lists for Japanese, Thai and Chinese
UNSPACED = re2.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー々]")
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("lexicon_matches", pa.int64(), nullable=False),  # with repeats
        pa.field("lexicon_distinct", pa.int64(), nullable=False),  # entries that stand there at all
        pa.field("lexicon_as_written", pa.int64(), nullable=False),  # of them, in the list's own case
    ]
)


class Found(NamedTuple):
    """Of each text how many matches it has, of how many entries, and how many entries as the list writes them, where
    `Bad` and `bad` are two; int64[n] each."""

    matches: Counts
    distinct: Counts
    as_written: Counts


def measure(block: Block, recipe: Mapping[str, Any], listed: StoredList) -> tuple[pa.Table, dict[str, Any]]:
    """The counts of every document by a list, and their sums."""
    documents = block.documents
    found = count(documents.column("text"), load_phrases(listed))
    return pa.table([documents.column("doc_id"), *map(pa.array, found)], schema=SCHEMA), {
        "matches": int(found.matches.sum()),
        "documents_with": int((found.matches > 0).sum()),
    }


def count(texts: Any, entries: tuple[str, ...]) -> Found:
    """What an array of strings has of the entries."""
    joined, starts = joined_texts(*buffers(pc.utf8_lower(texts)))
    written, _ = joined_texts(*buffers(texts))
    places = np.fromiter(_matches(joined, entries), PLACES)
    documents = np.searchsorted(starts, places[:, 0], "right") - 1
    numbers, spellings = _spellings(written, _in_written(places, joined, written))
    # Every spelling of a document once: there are few, however often it matches.
    kept, spelled = np.divmod(np.unique(documents * len(spellings) + numbers), max(1, len(spellings)))
    entry_of = pc.utf8_lower(spellings).dictionary_encode().indices.to_numpy()
    listed = pc.is_in(spellings, pa.array(entries, pa.large_string())).to_numpy(zero_copy_only=False)
    return Found(
        np.bincount(documents, minlength=len(starts)),
        _different(kept, entry_of[spelled], len(starts)),
        np.bincount(kept[listed[spelled]], minlength=len(starts)),
    )


def _spellings(written: bytes, places: Places) -> tuple[Counts, pa.Array]:
    """What is written in each place, as the number of a spelling, int64[n], and the spellings."""
    known: dict[bytes, int] = {}
    spans = map(slice, places[:, 0].data, places[:, 1].data)
    numbers = np.fromiter((known.setdefault(written[span], len(known)) for span in spans), np.int64, len(places))
    return numbers, pa.array(list(known), pa.large_binary()).cast(pa.large_string())


def _in_written(places: Places, lower: bytes, written: bytes) -> Places:
    """Where the characters of these places stand in the texts as they are written. Lower case has as many characters,
    and few take fewer or more bytes in it: the Kelvin sign, İ, ẞ."""
    leads, leads_written = (np.frombuffer(text, np.int8) >= LEAST_LEAD for text in (lower, written))
    if not len(places) or np.array_equal(leads, leads_written):
        return places
    characters: Counts = np.cumsum(leads)[places] - 1
    return np.flatnonzero(leads_written)[characters]


def _different(documents: Counts, numbers: Counts, size: int) -> Counts:
    """How many different numbers each document has."""
    width = int(numbers.max(initial=0)) + 1
    return np.bincount(np.unique(documents * width + numbers) // width, minlength=size)


@lru_cache(maxsize=HELD)
def load_phrases(listed: StoredList) -> tuple[str, ...]:
    """The entries of a list that the store keeps."""
    return entries_of(get_object(listed.store, listed.file.path, listed.file.sha256), listed.name)


def entries_of(body: bytes, name: str) -> tuple[str, ...]:
    """The distinct entries of a list as it writes them, sorted; a list that is none is refused with its line."""
    entries = tuple(sorted({entry for _, entry in said_in(body, name)}))
    if not entries:
        raise Refused(f"{name}: has no entry: write one word or phrase per line")
    if len(entries) > LONGEST_LIST:
        raise Refused(f"{name}: has {len(entries):,} entries, more than {LONGEST_LIST:,}: split it")
    if any("\0" in entry for entry in entries):
        raise Refused(f"{name}: holds a NUL character: remove it")
    return entries


def _matches(joined: bytes, entries: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where entries stand in joined texts: first those that stand alone, then elided ones, then those that stand
    anywhere."""
    for expression, (before, after) in _expressions(entries):
        at = 0
        while match := expression.search(joined, at):
            start, end = match.span()
            # What must stand beside the entry is a part of the match.
            start, end = start + _width(joined, start) if before else start, _last(joined, end) if after else end
            yield start, end
            at = _last(joined, end) if before else end  # the last of an entry may stand beside the next one


@lru_cache(maxsize=HELD)
def _expressions(entries: tuple[str, ...]) -> tuple[tuple[Any, Flanks], ...]:
    """One expression for all entries of the same flanks, in lower case."""
    grouped: dict[Flanks, list[str]] = {flanks: [] for flanks in FLANKS}
    for entry in sorted(set(pc.utf8_lower(pa.array(entries, pa.string())).to_pylist())):
        grouped[_flanks(entry)].append(re2.escape(entry))
    return tuple(
        (_compiled(f"{BESIDE * before}(?:{'|'.join(found)}){BESIDE * after}"), (before, after))
        for (before, after), found in grouped.items()
        if found
    )


def _flanks(entry: str) -> Flanks:
    """Whether no word may go on before it, and after it."""
    if UNSPACED.search(entry[0] + entry[-1]):
        return False, False
    return entry[0] not in APOSTROPHES, entry[-1] not in APOSTROPHES


def _compiled(expression: str) -> Any:
    """An expression of which the longest match wins."""
    options = re2.Options()
    options.longest_match, options.never_capture, options.log_errors = True, True, False
    options.max_mem = MEMORY
    try:
        return re2.compile(expression, options)
    except re2.error:
        raise Refused("a word list is too large for one automaton: split it") from None


def _width(text: bytes, start: int) -> int:
    """Bytes of the character that begins there."""
    lead = text[start]
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _last(text: bytes, end: int) -> int:
    """Where the character before `end` begins."""
    end -= 1
    while 0x80 <= text[end] < 0xC0:
        end -= 1
    return end
