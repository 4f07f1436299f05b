"""Members that are cut so that a budget is met to the word or token: what is kept of a text, and what it then holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.scorers.tokenizers import Tokenizer
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

AROUND = 24  # characters before and behind the likely place at which a cut is tried
Count = Callable[[list[str]], NDArray[np.int64]]


class Cut(NamedTuple):
    """What is kept of a text: bytes of UTF-8, and the words and tokens that these have (0 without a tokenizer)."""

    bytes: int
    words: int
    tokens: int


@dataclass(frozen=True)
class Cutter:
    """Reads texts as policies and passages leave them, and cuts them. `texts` are files of documents and of edits."""

    store: Store
    texts: Mapping[str, File] = field(default_factory=dict)
    tokenizer: Tokenizer | None = None

    def cut(self, documents: str, edits: str, row: int, unit: str, keep: int) -> Cut:
        """The longest beginning of a document that has `keep` words or tokens; or of all that have fewer, where none
        has so many."""
        text = self._text(documents, edits, row)
        count = word_counts if unit == "words" or self.tokenizer is None else self.tokenizer.count
        kept = text[: beginning(text, keep, lambda found: count(pa.array(found)))]
        tokens = int(self.tokenizer.count(pa.array([kept]))[0]) if self.tokenizer else 0
        return Cut(len(kept.encode()), int(word_counts(pa.array([kept]))[0]), tokens)

    def _text(self, documents: str, edits: str, row: int) -> str:
        if missing := [name for name in (documents, edits) if name and name not in self.texts]:
            raise IntegrityError(f"no shard {missing[0][:12]} among the inputs of this mix: rebuild it")
        table = read_rows(self.store, self.texts[documents], [row], ["doc_id", "text"])
        if edits:
            said = read_rows(self.store, self.texts[edits], [row], ["doc_id", "edits"])
            if not said.column("doc_id").equals(table.column("doc_id")):
                raise IntegrityError(f"{self.texts[edits].path} does not cover its documents: rebuild its partition")
            table = edited(table.append_column("edits", said.column("edits")))
        text: str = table.column("text")[0].as_py()
        return text


def beginning(text: str, keep: int, count: Count) -> int:
    """Characters of the longest beginning of a text whose count is `keep`, or else the most below it. Counts hardly
    ever fall as a text grows: the place is found by halving, and then looked for around it."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if int(count([text[:middle]])[0]) <= keep:
            low = middle
        else:
            high = middle - 1
    places = np.arange(max(0, low - AROUND), min(len(text), low + AROUND) + 1)
    counts = count([text[:place] for place in places.tolist()])
    best = np.flatnonzero(counts == counts[counts <= keep].max(initial=0))
    longest = text[: int(places[best[-1]])] if len(best) else ""
    bare = longest.rstrip()
    return len(bare if len(best) and int(count([bare])[0]) == counts[best[-1]] else longest)


def word_counts(texts: pa.Array) -> NDArray[np.int64]:
    """Words of each text, as signals count them."""
    return np.diff(words_of(*buffers(texts)).firsts)
