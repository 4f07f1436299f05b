"""What benchmarks are recognized by: the n-grams of their items, and their questions as a whole.

An n-gram is `ngram` neighboring plain words (`kernels/plain_words.py`) of a question followed by its answer, as GPT-3
(Brown et al. 2020, appendix C) and lm-evaluation-harness take them from the text alone and datatrove from the answer
too; it needs a letter. A question is looked for as a whole if it has `shortest` words and a letter; a word of a script
without spaces, which is one character, counts as half a word. What many items share is a template and no evidence: left
out, counted and listed are n-grams and questions in more than `common` items, or in more than `template` percent, and
at least five, of the items of one benchmark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import groupby, pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.contamination.items import Item
from dagster_project.corpus.contamination.templates import Keyed, Shared, keyed, shared
from dagster_project.corpus.kernels import unicode
from dagster_project.corpus.kernels.benchmark_matches import NONE, Needles, Windows
from dagster_project.corpus.kernels.plain_words import PlainWords, plain_words, powers, sums_of, traits, window_hashes
from dagster_project.corpus.kernels.sorted_keys import sorted_keys
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers, sealed
from dagster_project.corpus.model.artifact_recipes import MatchingRecipe
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import Refused

CODE_VERSION = "1"
EXAMPLES = 20  # templates of a benchmark that are listed
LARGEST_TEXT = 1 << 32  # bytes of normalized items: a place in them is 32 bits


@dataclass(frozen=True)
class Settings(MatchingRecipe):
    """What decides a hit; refused where it means nothing."""

    def __post_init__(self) -> None:
        if not (2 <= self.shortest <= self.ngram <= 1000 and self.common >= 1 and 1 <= self.template <= 100):
            raise Refused(
                f"{self} cannot be used: shortest is from 2 to ngram, ngram at most 1000, common at least 1, and "
                "template a percentage from 1 to 100"
            )

    @property
    def digest(self) -> str:
        """What an index was built with, the code and the characters it knows included."""
        return digest({"code": CODE_VERSION, "unicode": unicode.versions()[0], **asdict(self)})


@dataclass(frozen=True)
class Templates:
    """What was left out of one benchmark because many items share it."""

    ngrams: int  # different ones
    questions: int  # items whose question as a whole is not looked for
    examples: tuple[tuple[str, int], ...]  # n-grams and the number of its items, the most common first


@dataclass(frozen=True, eq=False)
class Index:
    """Items in the order of (benchmark, id), whatever the order they came in."""

    settings: Settings
    names: tuple[str, ...]  # of the benchmarks, in order
    templates: tuple[Templates, ...]  # of each benchmark
    benchmark: NDArray[np.int64]  # (items,): number of the benchmark
    ids: tuple[str, ...]
    text: Bytes  # plain words, a space after each
    words: Offsets  # int64[words + 1]: where in the text each begins
    firsts: Offsets  # int64[items + 1]: the first word of each item
    questions: NDArray[np.int64]  # (items,): words of the question; those of the answer follow
    ngrams: NDArray[np.int64]  # (n,): the first word of each n-gram that is looked for, in order
    anchors: NDArray[np.int64]  # (items,): words before the anchor; -1 if the question is not looked for as a whole
    is_too_short: NDArray[np.bool_]  # (items,): has it neither an n-gram nor a question that is long enough?

    @cached_property
    def totals(self) -> NDArray[np.int64]:
        """int64[items]: how many different n-grams of each item are looked for."""
        return np.diff(np.searchsorted(self.ngrams, self.firsts))

    @cached_property
    def windows(self) -> Windows:
        """The sizes that the kernel reads documents by."""
        sizes = (self.settings.ngram, self.settings.shortest)
        return Windows(sizes[0], powers(sizes[0])[0], sizes[1], powers(sizes[1])[0])

    @cached_property
    def needles(self) -> Needles:
        """What the kernel looks for, made once per process."""
        sums, begins, whole = sums_of(self.text, self.words), self.firsts[:-1], self.anchors != NONE
        anchors = (begins + self.anchors)[whole]
        ngrams, ngram_order = sorted_keys(window_hashes(sums, self.ngrams, self.settings.ngram))
        rarest, anchor_order = sorted_keys(window_hashes(sums, anchors, self.settings.shortest))
        return Needles(
            ngrams,
            self.words[self.ngrams[ngram_order]].astype(np.uint32),
            rarest,
            np.flatnonzero(whole)[anchor_order],
            self.text,
            self.words[self.firsts],
            self.words[begins + self.questions],
            self.questions,
            powers(self.questions),
            window_hashes(sums, begins, self.questions),
            self.anchors,
        )


def index_of(items: Iterable[Item], settings: Settings) -> Index:
    """The index of all items together; a benchmark of which nothing can be looked for is refused."""
    found = ordered(items)
    names = tuple(name for name, _ in groupby(item.benchmark for item in found))
    numbers = {name: number for number, name in enumerate(names)}
    benchmark = np.array([numbers[item.benchmark] for item in found], np.int64)
    texts = [text for item in found for text in (item.question, item.answer or "")]
    plain = plain_words(*buffers(pa.array(texts, pa.large_string())))
    if len(plain.text) >= LARGEST_TEXT:
        raise Refused(
            f"benchmarks of {len(plain.text)} normalized bytes make no index: split them below {LARGEST_TEXT}"
        )
    return _Building(settings, names, benchmark, tuple(item.id for item in found), plain).index()


def ordered(items: Iterable[Item]) -> list[Item]:
    """Items in the order of an index; two of one name are refused, and so is none."""
    found = sorted(items, key=lambda item: (item.benchmark.encode(), item.id.encode()))
    for before, item in pairwise(found):
        if before[:2] == item[:2]:
            raise Refused(f"benchmark {item.benchmark} has two items {item.id!r}: their ids must differ")
    if not found:
        raise Refused("no benchmark has an item: name at least one that has")
    return found


class _Building:
    """The steps from normalized items to an index; even documents of `plain` are questions, odd ones answers."""

    def __init__(
        self,
        settings: Settings,
        names: tuple[str, ...],
        benchmark: NDArray[np.int64],
        ids: tuple[str, ...],
        plain: PlainWords,
    ):
        self.settings, self.names, self.benchmark, self.ids, self.plain = settings, names, benchmark, ids, plain
        self.firsts, self.questions = plain.firsts[::2].copy(), plain.firsts[1::2] - plain.firsts[:-1:2]
        self.sums = sums_of(plain.text, plain.words)
        has_letter, is_character = traits(plain.text, plain.words)
        self.letters, self.characters = (np.append(0, np.cumsum(column)) for column in (has_letter, is_character))

    def index(self) -> Index:
        ngrams = self._windows(self.settings.ngram, self.firsts[1:])
        pairs = self._keyed(ngrams, self.settings.ngram)
        common = shared(pairs, self.benchmark, self.settings.common, self.settings.template)
        kept = np.sort(pairs.places[~common.is_left_out])
        has_whole, whole_out = self._wholes()
        too_short = ~has_whole & (np.bincount(pairs.items, minlength=len(self.ids)) == 0)
        anchors = self._anchors(has_whole & ~whole_out)
        self._refuse_untold(kept, anchors)
        templates = tuple(self._templates(number, common, whole_out) for number in range(len(self.names)))
        return Index(
            self.settings,
            self.names,
            templates,
            self.benchmark,
            self.ids,
            sealed(self.plain.text),
            self.plain.words,
            self.firsts,
            self.questions,
            kept,
            anchors,
            too_short,
        )

    def _windows(self, size: int, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first words of all windows with a letter from the beginning of an item to its end in `ends`."""
        counts = np.maximum(ends - self.firsts[:-1] - size + 1, 0)
        skipped = np.append(0, np.cumsum(counts))
        starts: NDArray[np.int64] = np.arange(skipped[-1]) + np.repeat(self.firsts[:-1] - skipped[:-1], counts)
        kept: NDArray[np.int64] = starts[self.letters[starts + size] > self.letters[starts]]
        return kept

    def _keyed(self, starts: NDArray[np.int64], size: int) -> Keyed:
        return keyed(window_hashes(self.sums, starts, size), self._items(starts), starts)

    def _items(self, words: NDArray[np.int64]) -> NDArray[np.int64]:
        items: NDArray[np.int64] = np.searchsorted(self.firsts, words, side="right") - 1
        return items

    def _wholes(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which questions are long enough to be looked for as a whole, and which of them many items have."""
        begins, ends = self.firsts[:-1], self.firsts[:-1] + self.questions
        halves = 2 * self.questions - (self.characters[ends] - self.characters[begins])
        has_whole = (halves >= 2 * self.settings.shortest) & (self.letters[ends] > self.letters[begins])
        items = np.flatnonzero(has_whole)
        pairs = keyed(window_hashes(self.sums, begins[items], self.questions[items]), items, begins[items])
        common = shared(pairs, self.benchmark, self.settings.common, self.settings.template)
        is_out = np.zeros(len(self.ids), np.bool_)
        is_out[pairs.items[common.is_left_out]] = True
        return has_whole, is_out

    def _anchors(self, is_sought: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Of each question the window of `shortest` words, with a letter, that is the rarest; if equal, the first."""
        size = self.settings.shortest
        starts = self._windows(size, self.firsts[:-1] + self.questions)
        _, kinds, counts = np.unique(window_hashes(self.sums, starts, size), return_inverse=True, return_counts=True)
        items, anchors = self._items(starts), np.full(len(self.ids), NONE, np.int64)
        order = np.lexsort((starts, counts[kinds], items))
        found, first = np.unique(items[order], return_index=True)
        anchors[found] = starts[order[first]] - self.firsts[found]
        return np.where(is_sought, anchors, NONE)

    def _refuse_untold(self, ngrams: NDArray[np.int64], anchors: NDArray[np.int64]) -> None:
        told = np.append(self.benchmark[self._items(ngrams)], self.benchmark[anchors != NONE])
        for number in np.flatnonzero(np.bincount(told, minlength=len(self.names)) == 0):
            items = int((self.benchmark == number).sum())
            raise Refused(
                f"of benchmark {self.names[number]} nothing can be told: none of its {items} items has "
                f"{self.settings.shortest} words of its own; look at the fields that its layout names"
            )

    def _templates(self, number: int, common: Shared, whole_out: NDArray[np.bool_]) -> Templates:
        rows = np.flatnonzero(common.benchmarks == number)
        order = rows[np.lexsort((common.places[rows], -common.items[rows]))][:EXAMPLES]
        examples = tuple((self._words_at(int(common.places[row])), int(common.items[row])) for row in order)
        return Templates(len(rows), int((whole_out & (self.benchmark == number)).sum()), examples)

    def _words_at(self, word: int) -> str:
        begin, end = self.plain.words[[word, word + self.settings.ngram]]
        return self.plain.text[begin : end - 1].tobytes().decode()
