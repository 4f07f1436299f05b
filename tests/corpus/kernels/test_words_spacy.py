"""Words against spaCy's English tokenizer, as datatrove calls it: on hand-made, generated and real text."""

import sysconfig
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels import words as w
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from tests.corpus.kernels.test_words import split
from tests.corpus.kernels.word_strategies import NASTY, SPACED_TEXTS
from tests.oracles.words import group

spacy = pytest.importorskip("spacy")
LANGUAGE = spacy.blank("en")
LANGUAGE.add_pipe("sentencizer")
MANUAL_PAGES = Path("/work/shared/data/jsonl/manpages.jsonl.zst")


def tokens(text):
    with LANGUAGE.memory_zone():
        return [token.text for token in LANGUAGE.tokenizer(text) if not token.is_space]


def agreement(texts):
    """How many documents have all tokens the same, and the share of tokens that are missing on either side."""
    pairs = [(Counter(tokens(text)), Counter(words)) for text, words in zip(texts, split(texts), strict=True)]
    different = sum(((theirs - ours) + (ours - theirs)).total() for theirs, ours in pairs)
    same = sum(tokens(text) == words for text, words in zip(texts, split(texts), strict=True))
    return same, different / sum(theirs.total() for theirs, _ in pairs)


@pytest.mark.parametrize("text", [text for text in NASTY if not any(map(group, text)) or "¯\\(ツ)/¯" in text])
def test_nasty_pieces(text):
    assert split([text]) == [tokens(text)]


@given(st.lists(SPACED_TEXTS, min_size=1, max_size=20))
@settings(max_examples=300)
def test_generated_text(texts):
    assert split(texts) == [tokens(text) for text in texts]


def test_every_special_case_in_company():
    around = ["{}", "({})", "{}.", "{},", "'{}'", "x{}", "{}x", "-{}", "{}-x", "{}{}", "{} {}", '"{}."', "a.{}", "5{}"]
    texts = [" ".join(each.replace("{}", case) for each in around) for case in LANGUAGE.tokenizer.rules if case.strip()]
    texts = [text for text in texts if "ツ" not in text]
    assert split(texts) == [tokens(text) for text in texts]


def test_source_code():
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::4]
    texts = [file.read_text(errors="replace")[:20000] for file in files]
    same, different = agreement([text for text in texts if not any(map(group, text))])
    assert same > 20
    assert different == 0


@pytest.mark.skipif(not MANUAL_PAGES.exists(), reason="the shared input is not here")
def test_manual_pages():
    import json

    with pa.CompressedInputStream(pa.OSFile(str(MANUAL_PAGES)), "zstd") as stream:
        lines = stream.read(12_000_000).split(b"\n")[:-1]
    texts = [json.loads(line)["text"][:10000] for line in lines[:: max(1, len(lines) // 150)]]
    texts = [text for text in texts if not any(map(group, text))]
    same, different = agreement(texts)
    assert same == len(texts) > 50
    assert different == 0


@given(st.lists(SPACED_TEXTS, min_size=1, max_size=10))
def test_flags_tell_sentences_as_the_sentencizer_does(texts):
    texts = [*texts, "One. Two!  Three?\n\n'Four' . \"Five\". $ six … 7... 8", "A.\n B", "a. )", ". .", "x.\n"]
    words = words_of(*buffers(pa.array(texts, pa.string())))
    for i, text in enumerate(texts):
        sentences, has_ended = 0, True
        for flags in words.flags[words.firsts[i] : words.firsts[i + 1]].tolist():
            is_first = sentences == 0
            if is_first or (has_ended and (flags & w.AFTER_BREAK or not flags & (w.PUNCTUATION | w.SENTENCE_END))):
                sentences, has_ended = sentences + 1, False
            has_ended |= flags & w.SENTENCE_END != 0
        assert sentences == sum(1 for sentence in LANGUAGE(text).sents if sentence.text.strip())
