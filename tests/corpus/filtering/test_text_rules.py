"""Text rules: their values, and the verdicts of datatrove with the same words on the same texts."""

import hashlib
import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.filtering.rule import judge
from dagster_project.corpus.filtering.text_rules import TEXT_RULES
from dagster_project.corpus.kernels.words import words_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.signals import counting, lines, texture

QUALITY = [
    ("content_words", {"min": 50}, "gopher_short_doc"),
    ("content_words", {"max": 100000}, "gopher_long_doc"),
    ("mean_word_length", {"min": 3}, "gopher_below_avg_threshold"),
    ("mean_word_length", {"max": 10}, "gopher_above_avg_threshold"),
    ("hash_share", {"max": 0.1}, "gopher_too_many_hashes"),
    ("ellipsis_share", {"max": 0.1}, "gopher_too_many_ellipsis"),
    ("bullet_line_share", {"max": 0.9}, "gopher_too_many_bullets"),
    ("ellipsis_line_share", {"max": 0.3}, "gopher_too_many_end_ellipsis"),
    ("alphabetic_word_share", {"min": 0.8}, "gopher_below_alpha_threshold"),
    ("stop_words", {"min": 2}, "gopher_enough_stop_words"),
]
REPETITION = [
    ("characters", {"min": 1}, "empty"),
    ("dup_para_frac", {"max": 0.3}, "dup_para_frac"),
    ("dup_para_char_frac", {"max": 0.2}, "dup_para_char_frac"),
    ("dup_line_frac", {"max": 0.3}, "dup_line_frac"),
    ("dup_line_char_frac", {"max": 0.2}, "dup_line_char_frac"),
]
FINEWEB = [
    ("nonblank_lines", {"min": 1}, "empty"),
    ("line_punct_ratio", {"min": 0.12}, "line_punct_ratio"),
    ("short_line_ratio", {"max": 0.67}, "short_line_ratio"),
    ("char_dup_ratio", {"max": 0.01}, "char_dup_ratio"),
    ("list_ratio", {"max": 0.3}, "list_ratio"),
]
PARAGRAPHS = [("third_longest_line", {"min": 200}, "< 3 paragraphs")]


def block_of(texts):
    ids = [hashlib.md5(str(number).encode()).digest() for number in range(len(texts))]
    return Block(pa.table({"doc_id": pa.array(ids, ID), "text": pa.array(texts, pa.string())}))


def signals_of(texts):
    block, columns = block_of(texts), {}
    for group in (counting, lines, texture):
        table, _ = group.measure(block, {})
        assert table.schema == group.SCHEMA
        columns |= {name: table.column(name) for name in table.column_names}
    return pa.table(columns)


def value_of(name, text):
    return float(judge(TEXT_RULES[name], signals_of([text]), {}).value[0])


def words_in(text):
    block = block_of([text])
    words, data = words_of(*block.texts), block.texts[0]
    return [bytes(data[start:end]).decode() for start, end in zip(words.starts, words.ends, strict=True)]


def first_failing(texts, steps):
    signals = signals_of(texts)
    verdicts = [None] * len(texts)
    for name, limits, reason in reversed(steps):
        for number, keeps in enumerate(judge(TEXT_RULES[name], signals, limits).keeps):
            verdicts[number] = verdicts[number] if keeps else reason
    return verdicts


@pytest.fixture
def filters(monkeypatch):
    """datatrove's filters of characters, words and lines, with our words."""
    pytest.importorskip("datatrove")
    from datatrove.pipeline.filters import c4_filters, fineweb_quality_filter, gopher_quality_filter
    from datatrove.pipeline.filters import gopher_repetition_filter as repetition

    for module in (fineweb_quality_filter, gopher_quality_filter, repetition):
        monkeypatch.setattr(module, "split_into_words", lambda text, language: words_in(text))
    return {
        "quality": (gopher_quality_filter.GopherQualityFilter(), QUALITY),
        "repetition": (repetition.GopherRepetitionFilter(top_n_grams=(), dup_n_grams=()), REPETITION),
        "fineweb": (fineweb_quality_filter.FineWebQualityFilter(), FINEWEB),
        "paragraphs": (c4_filters.C4ParagraphFilter(), PARAGRAPHS),
    }


def judged_by(judge_document, texts):
    from datatrove.data import Document

    answers = [judge_document.filter(Document(text=text, id=str(number))) for number, text in enumerate(texts)]
    return [None if answer is True else answer[1] for answer in answers]


SENTENCE = "The quick brown fox jumps over the lazy dog with its friends and runs to the river. "


def near_thresholds():
    """Texts just below, at and just above what the rules ask."""
    for number in range(8, 13):
        yield f"{'word ' * 86}{'# ' * number}the and {'x ' * 2}"
        yield f"{'word ' * 86}{'... ' * number}the and"
        yield "\n".join(["- the and words that are here"] * number + ["plain words of the text"])
    for number in range(47, 53):
        yield "the and " + "word " * (number - 2)
    for length in range(1, 13):
        yield ("a" * length + " ") * 80 + "the and"
    for number in range(0, 12):
        yield "\n".join([f"{SENTENCE}{i}." for i in range(10)] + [f"{SENTENCE}{i}..." for i in range(number)])
        yield "the and " + "word " * 40 + "12 " * number
        yield "\n".join([f"{SENTENCE}{i}" for i in range(10)] + [f"{SENTENCE}{i}." for i in range(100, 100 + number)])
        yield "\n".join([f"{SENTENCE}{i}." for i in range(6)] + [f"{i} is a short line." for i in range(number + 6)])
        yield "\n".join([f"{i}{SENTENCE}." for i in range(4)]) + f"{chr(10) * (15 + number)}end of it."
        yield "\n\n".join([f"{SENTENCE}{i}" for i in range(12)] + [SENTENCE] * number)
        yield "\n".join([f"{SENTENCE}{i}" for i in range(12)] + ["line"] * number) + "\n"
        yield "\n".join([f"{SENTENCE * 3}{i}." for i in range(12)] + ["x" * 20] * number)
        yield SENTENCE + "word\n" * number + "a b c d e f g h i j\n" * number
    for length in range(198, 203):
        yield "\n".join(["é" * 300, "x" * 300, "y" * length, ""])


@pytest.mark.parametrize("name", ["quality", "repetition", "fineweb", "paragraphs"])
def test_verdicts_near_thresholds(filters, name):
    judge_document, steps = filters[name]
    texts = list(near_thresholds())
    expected = judged_by(judge_document, texts)
    assert first_failing(texts, steps) == expected
    assert len(set(expected)) > (1 if name == "paragraphs" else 4)


PIECES = ["word ", "the ", "# ", "... ", "…\n", "- ", "• ", "12 ", "\n", "\n\n", ". ", ".\n", " \n", "x" * 31, "é"]


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=120).map("".join), min_size=1, max_size=4))
def test_verdicts_of_lines(texts):
    """The two filters of lines never divide by zero where there is a word."""
    pytest.importorskip("datatrove")
    from datatrove.pipeline.filters import fineweb_quality_filter
    from datatrove.pipeline.filters.gopher_repetition_filter import GopherRepetitionFilter

    texts = [f"{text} a" for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fineweb_quality_filter, "split_into_words", lambda text, language: words_in(text))
        fineweb = judged_by(fineweb_quality_filter.FineWebQualityFilter(), texts)
    assert first_failing(texts, FINEWEB) == fineweb
    repetition = GopherRepetitionFilter(top_n_grams=(), dup_n_grams=())
    assert first_failing(texts, REPETITION) == judged_by(repetition, texts)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("dolma_median_word_length", "a bb ccc dddd", 2.5),
        ("dolma_dup_line_frac", "a\n\nb\n\nb", 4 / 5),
        ("dolma_v2_dup_line_frac", "a\n\nb\n\nb", 2 / 3),
        ("dolma_dup_line_char_frac", "a\n\nb\n\nb", 2 / 3),
        ("dolma_bullet_line_share", "* a\n - b\n- c", 2 / 3),
        ("dclm_dup_line_frac", "a\n b\nb\n\n", 2 / 3),
        ("dclm_dup_para_char_frac", "aa\n\nb\n\n b ", 2 / 4),
        ("dclm_symbol_share", "a . . . # b... c", 3 / 7),
        ("dclm_no_letter_word_share", "a 1 2 b3", 0.5),
        ("rps_doc_unigram_entropy", "a b", math.log(2)),
        ("rps_doc_frac_unique_words", "a b a b", 0.5),
        ("rps_doc_frac_no_alph_words", "a 1 b .", 0.5),
        ("rps_lines_start_with_bulletpoint", "• a\nb", 0.5),
        ("no_end_mark_line_share", "a.\nb\nc\nd", 0.75),
        ("mean_line_length", "aa\nbbbb", 3),
        ("reading_ease", "The cat sat. The dog ran.", 206.835 - 1.015 * 3 - 84.6),
        ("reading_grade", "The cat sat. The dog ran.", -15.59 + 0.39 * 3 + 11.8),
        ("script_cyrillic_share", "да ab", 0.5),
        ("character_entropy", "ab", 1.0),
        ("compression_ratio", "a" * 1000, 14 / 1000),
    ],
)
def test_values(name, text, value):
    assert value_of(name, text) == pytest.approx(value, rel=1e-3 if "entropy" in name else 1e-12)


@pytest.mark.parametrize("text", ["", "\n", " ", "a", "1", "\u0301", "\r\n\u2028", "。"])
def test_no_rule_divides_by_zero(text):
    signals = signals_of([text])
    for name, rule in TEXT_RULES.items():
        value = judge(rule, signals, {}).value[0]
        assert math.isfinite(value), name
        assert set(rule.reads) <= set(signals.column_names)
        assert rule.title


def test_profiles():
    _, profile = counting.measure(block_of(["one two", "", "one. Two"]), {})
    assert profile["words"] == 5
    assert profile["words_histogram"] == {"-1": 1, "1": 2}
    _, profile = lines.measure(block_of(["a\n\nb\nb"]), {})
    assert profile == {
        **{"newlines": 3, "nonblank_lines": 3, "paragraphs": 2},
        **{"duplicate_segments": 1, "duplicate_paragraphs": 0},
    }
    _, profile = texture.measure(block_of(["a", "é", "я"]), {})
    assert profile == {"latin_letters": 2, "cyrillic_letters": 1}


def test_pairs_of_names_are_different_rules():
    """dolma's first version counts empty lines, its second does not, datatrove neither of the first occurrences."""
    text = "\n\n".join(f"{SENTENCE}{number}" for number in range(5))
    values = [value_of(name, text) for name in ("dolma_dup_line_frac", "dolma_v2_dup_line_frac", "dup_line_frac")]
    assert values == [4 / 9, 0, 0]
