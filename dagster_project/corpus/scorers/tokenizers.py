"""Tokenizers: texts as the numbers that a language model reads, by a tokenizer.json trained here or of the user.

A text is data: what spells a special token is encoded like any other text. Nothing is cut short, padded or added, and
nothing is fetched. A long text is encoded in pieces, so that it takes no more memory than others: of byte-level BPEs as
GPT-2, Llama 3 and Qwen 2 have them the tokens are those of the whole, unless millions of characters have no space; of
others, whose rules are not known here, one cut in millions of characters may part a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import tokenizers
from numpy.typing import NDArray

from dagster_project.corpus.model.artifact_rules import LARGEST_VOCABULARY
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.scorers.files import Model
from dagster_project.corpus.scorers.scorer import Loading

FORMAT = "tokenizer"
HELD = 4  # tokenizers in the memory of a process
SHORT = 1 << 16  # the most tokens of a vocabulary whose ids are stored in 16 bits
BATCH = 1 << 20  # characters that are encoded together: they take some 140 megabytes meanwhile
PIECE = 1 << 16  # characters of a long text after which a place to cut is looked for
LONGEST = 1 << 22  # characters after which it is cut at any place
ROWS = 1 << 10  # texts that become Python's at once
CUT = re.compile(r"(?<=[^\W_])[ \n]")  # every regular expression of PARTING begins another token there
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")
PARTING = (None, LLAMA3, QWEN2)  # of GPT-2 the expression is that of ByteLevel
PROBE = "Two  spaces,\ta tab\n\n1234567 naïve œuvres — Ωμέγα, слово, שלום, 日本語 und 🙂\r\nthe end \n"


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """`vocabulary`: one more than the largest id; `separator`: the id of the token that ends a document."""

    name: str
    encoder: tokenizers.Tokenizer
    vocabulary: int
    separator: int | None
    is_special: NDArray[np.bool_]  # of every id: whether no text may be encoded as it
    piece: int  # characters of a long text after which a place to cut is looked for

    @property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The numbers that hold every id."""
        return np.uint16 if self.vocabulary <= SHORT else np.uint32

    def encode(self, texts: Any) -> Tokens:
        """The tokens of a string array or chunked array; null is empty."""
        offsets = np.zeros(len(texts) + 1, np.int64)
        parts = [np.empty(0, self.dtype)]
        for row, encoding in self._encoded(texts):
            parts.append(np.array(encoding.ids, self.dtype))
            offsets[row + 1] += len(parts[-1])
            if self.is_special[parts[-1]].any():
                self._refuse(parts[-1])
        return Tokens(np.concatenate(parts), np.cumsum(offsets))

    def encode_written(self, texts: Sequence[str]) -> Tokens:
        """The tokens of what a recipe wrote, which is no data: what spells a special token in it is that token."""
        found = [encoding.ids for encoding in self._speaking.encode_batch_fast(texts, add_special_tokens=False)]
        values = np.array([number for ids in found for number in ids], self.dtype)
        return Tokens(values, np.cumsum([0, *map(len, found)], dtype=np.int64))

    def special_id(self, text: str) -> int | None:
        """The id of the special token that this is; None where it is text of one token or of several."""
        values = self.encode_written([text]).values.tolist()
        return values[0] if len(values) == 1 and self.is_special[values[0]] else None

    @cached_property
    def _speaking(self) -> tokenizers.Tokenizer:
        """The same tokenizer, for which special tokens are no text."""
        return tokenizers.Tokenizer.from_str(self.encoder.to_str())

    def count(self, texts: Any) -> NDArray[np.int64]:
        """How many tokens each text has, int64[n]."""
        counts = np.zeros(len(texts), np.int64)
        for row, encoding in self._encoded(texts):
            counts[row] += len(encoding)
        return counts

    def decode(self, values: NDArray[Any]) -> str:
        """The text of some tokens, special ones spelled out."""
        return self.encoder.decode(values.tolist(), skip_special_tokens=False)

    @property
    def is_lossless(self) -> bool:
        """Does a text with several scripts, spaces and lines come back as it was?"""
        return self.decode(self.encode(pa.array([PROBE])).values) == PROBE

    def _encoded(self, texts: Any) -> Iterator[tuple[int, tokenizers.Encoding]]:
        """The row of each piece of text, and its tokens; in order."""
        rows: list[int] = []
        held: list[str] = []
        size = 0
        for row, piece in self._pieces(texts):
            if held and size + len(piece) > BATCH:
                yield from zip(rows, self._batch(held), strict=True)
                rows, held, size = [], [], 0
            rows.append(row)
            held.append(piece)
            size += len(piece)
        yield from zip(rows, self._batch(held), strict=True)

    def _pieces(self, texts: Any) -> Iterator[tuple[int, str]]:
        for start in range(0, len(texts), ROWS):
            for row, text in enumerate(texts.slice(start, ROWS).to_pylist(), start):
                yield from ((row, piece) for piece in pieces(text or "", self.piece))

    def _batch(self, texts: list[str]) -> list[tokenizers.Encoding]:
        return self.encoder.encode_batch_fast(texts, add_special_tokens=False)

    def _refuse(self, values: NDArray[Any]) -> None:
        spelled = self.encoder.id_to_token(int(values[self.is_special[values]][0]))
        raise Refused(
            f"the tokenizer {self.name} encodes text that spells {spelled!r} as the special token of that name, so any "
            f"document could hold one: name a tokenizer, or a separator, that keeps them apart"
        )


@lru_cache(maxsize=HELD)
def load_tokenizer(model: Model, loading: Loading) -> Tokenizer:
    """The tokenizer in the memory of this process."""
    if loading.format != FORMAT:
        raise Refused(f"a model of format {loading.format} has no tokens: name an artifact of kind tokenizer")
    with model.opened() as path:
        return read_tokenizer(path, loading.separator, model.name)


def read_tokenizer(path: Path, separator: str = "", name: str = "") -> Tokenizer:
    """The tokenizer of a tokenizer.json; one that cannot be read, draws at random, lacks the separator or encodes text
    as a special token is refused."""
    name = name or path.name
    encoder = _read(path, name)
    ids = encoder.get_vocab(with_added_tokens=True)
    vocabulary = max(ids.values(), default=-1) + 1
    if vocabulary > LARGEST_VOCABULARY:
        raise Refused(f"the tokenizer {name} has the id {vocabulary - 1}: number its tokens from 0, without gaps")
    said = orjson.loads(encoder.to_str())  # counts through all ids up to the largest
    if said["model"].get("dropout"):
        raise Refused(f"the tokenizer {name} draws its tokens at random (dropout): save it without, and name that file")
    if separator and separator not in ids:
        raise Refused(
            f"the tokenizer {name} has no token {separator!r}: name as separator the one that ends a document"
        )
    ends = ids[separator] if separator else None
    special = _special(encoder, said, ends)
    is_special = np.zeros(vocabulary, bool)
    is_special[special] = True
    piece = PIECE if _can_be_cut(said) else LONGEST // 2
    tokenizer = Tokenizer(name, encoder, vocabulary, ends, is_special, piece)
    spelled = [str(encoder.id_to_token(number)) for number in special]
    tokenizer.encode(pa.array([f"{before}{text}{before}" for text in spelled for before in ("", " ", "x", text)]))
    return tokenizer


def pieces(text: str, longest: int = PIECE) -> Iterator[str]:
    """A text in pieces of some length, cut before a space or line feed that follows a letter or digit; where there is
    none, after LONGEST."""
    start = 0
    while len(text) - start > longest:
        cut = CUT.search(text, start + longest, start + LONGEST)
        end = cut.start() if cut else start + LONGEST
        if end >= len(text):
            break
        yield text[start:end]
        start = end
    yield text[start:]


def decided_by() -> Mapping[str, Any]:
    """What the lineage says of the code that decides."""
    return {"tokenizers": version("tokenizers")}


def _read(path: Path, name: str) -> tokenizers.Tokenizer:
    try:
        encoder = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing more exact
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{name} cannot be loaded as a tokenizer ({said}): name a tokenizer.json") from None
    encoder.no_truncation()
    encoder.no_padding()
    encoder.encode_special_tokens = True  # as the text that they are
    return encoder


def _special(encoder: tokenizers.Tokenizer, said: Mapping[str, Any], separator: int | None) -> list[int]:
    """The ids that no text may be encoded as: special tokens and the separator, and not what stands for the unknown."""
    found = {number for number, token in encoder.get_added_tokens_decoder().items() if token.special}
    unknown = said["model"].get("unk_token")
    number = encoder.token_to_id(unknown) if unknown else said["model"].get("unk_id")
    return sorted((found - {number}) | ({separator} if separator is not None else set()))


def _can_be_cut(said: Mapping[str, Any]) -> bool:
    """Whether a text may be cut at CUT with the same tokens: it is parted by a regular expression that is known, after
    single digits or not, and neither normalization nor an added token reaches across."""
    if (said["normalizer"] or {}).get("type", "NFC") != "NFC":
        return False
    if any(not token["special"] for token in said["added_tokens"]):
        return False
    parting = said["pre_tokenizer"] or {}
    steps = parting["pretokenizers"] if parting.get("type") == "Sequence" else [parting]
    steps = [{name: value for name, value in step.items() if name != "trim_offsets"} for step in steps]
    if steps[0] == {"type": "Digits", "individual_digits": True}:
        steps = steps[1:]
    return any(steps == _steps(expression) for expression in PARTING)


def _steps(expression: str | None) -> list[dict[str, Any]]:
    """The bytes of what a regular expression parts, as a tokenizer.json says it."""
    levels = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": expression is None}
    split = {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}
    return [levels] if expression is None else [split, levels]
