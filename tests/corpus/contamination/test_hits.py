"""Contamination: planted items are found with their spans, unrelated documents never, and a slow twin agrees."""

import random
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.contamination.answers import answers
from dagster_project.corpus.contamination.hits import KINDS, UNIT, counted, find, overlaps, tally
from dagster_project.corpus.contamination.index import Settings, index_of
from dagster_project.corpus.contamination.items import Item
from dagster_project.corpus.contamination.stored import told_of
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import PIECES
from tests.oracles.contamination import Oracle

settings.register_profile("contamination", deadline=None)
settings.load_profile("contamination")

QUESTION = "Who was the very first person that walked on the surface of the moon in 1969?"
ANSWER = "Neil Armstrong, the American commander."
SHORT = "What is the capital of France?"
CHINESE = "中国的首都是哪一座历史悠久的城市呢"
ITEMS = [
    Item("quiz", "moon", QUESTION, ANSWER),
    Item("quiz", "capital", SHORT, "Paris"),
    Item("quiz", "short", "Who won?", None),
    Item("zh", "1", CHINESE, "北京"),
]
INDEX = index_of(ITEMS, Settings())


def found(texts, index=INDEX):
    """(document, benchmark, item, kind, span of the text) of each hit."""
    hits = find(*buffers(pa.array(texts, pa.large_string())), index)
    spans = [texts[r].encode()[a:b].decode() for r, a, b in zip(hits.row, hits.start, hits.end, strict=True)]
    names = [(index.names[index.benchmark[item]], index.ids[item]) for item in hits.item]
    return [(int(r), *n, KINDS[k], s) for r, n, k, s in zip(hits.row, names, hits.kind, spans, strict=True)]


def rows(texts, index):
    """What the oracle gives, of each text."""
    hits = find(*buffers(pa.array(texts, pa.large_string())), index)
    named = [(index.names[index.benchmark[i]], index.ids[i]) for i in hits.item]
    columns = (hits.row, named, hits.kind, hits.start, hits.end, hits.matched, hits.found, hits.total)
    listed = [(int(r), (n, *map(int, rest))) for r, n, *rest in zip(*columns, strict=True)]
    return [sorted(hit for row, hit in listed if row == i) for i in range(len(texts))]


def vocabulary(seed, size=5000):
    draw = random.Random(seed)
    return ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 9))) for _ in range(size)]


def random_items(count, seed=0, words=20):
    draw, known = random.Random(seed), vocabulary(seed)
    return [Item("b", f"{i:05}", " ".join(draw.choices(known, k=words)), None) for i in range(count)]


def test_what_a_document_holds():
    texts = [
        f"Before. {QUESTION} After that nothing.",
        f"So: {QUESTION.upper()} -- {ANSWER} The end.",
        "nothing here",
        "«What   is the\nCAPITAL, of France»",
        f"问题：{CHINESE}？ 北京。",
    ]
    question = QUESTION.rstrip("?")
    both = f"{QUESTION.upper()} -- {ANSWER}".rstrip(".")
    assert found(texts) == [
        (0, "quiz", "moon", "ngram", question),
        (0, "quiz", "moon", "whole", question),
        (1, "quiz", "moon", "answer", both),
        (1, "quiz", "moon", "whole", question.upper()),
        (3, "quiz", "capital", "whole", "What   is the\nCAPITAL, of France"),
        (4, "zh", "1", "answer", f"{CHINESE}？ 北京"),
        (4, "zh", "1", "whole", CHINESE),
    ]


def test_overlap_counts_the_ngrams_that_a_document_has():
    half = " ".join(QUESTION.split()[:14])
    hits = find(*buffers(pa.array([f"{half} and so on, {half}"])), INDEX)
    assert (hits.found.tolist(), hits.total.tolist(), hits.matched.tolist()) == ([2, 2], [9, 9], [14, 14])
    assert len(hits.where(2 * hits.found >= hits.total)) == 0


def test_a_question_is_whole_only_at_word_boundaries():
    assert found(["the what is the capital of francestan", "xwhat is the capital of france", "is the capital of"]) == []


@settings(max_examples=60)
@given(st.integers(0, 49), st.data())
def test_a_planted_item_is_found_however_it_is_written(number, draw):
    items = random_items(50)
    words = items[number].question.split()
    gaps = st.sampled_from([" ", "\n", "  ", "\u3000", "\t\r\n"])
    marks = st.sampled_from(["", "", ",", "…", "«", '"', "\u200b", "**"])
    shapes = st.sampled_from([str.upper, str.title, str.lower, lambda w: w[:1] + "-" + w[1:], lambda w: w + "\u0301"])
    pieces = [draw.draw(shapes)(word) + draw.draw(marks) + draw.draw(gaps) for word in words]
    planted, before = "".join(pieces).rstrip(), draw.draw(st.sampled_from(["", "é ", "x " * 100, "漢"]))
    [hit, whole] = rows([f"{before}{planted} end"], index_of(items, Settings()))[0]
    start = len(before.encode())
    assert hit[:3] == (("b", f"{number:05}"), 0, start)
    assert hit[4:] == (20, 8, 8)
    assert whole[:4] == (hit[0], 2, start, hit[3])
    assert f"{before}{planted}".encode()[hit[3] :].decode().strip(',…«"\u200b*') == ""


@pytest.mark.parametrize("count", [1, 64, 1023, 1024, 1025])
def test_unrelated_documents_are_never_hit(count):
    # eight n-grams an item: tables of powers of two, and of one more or less
    known = vocabulary("documents")
    draw = random.Random(count)
    texts = [" ".join(draw.choices(known, k=400)) for _ in range(200)]
    assert found(texts, index_of(random_items(count, seed=count), Settings())) == []


def test_a_window_with_the_same_hash_is_no_hit():
    index = index_of(random_items(3), Settings())
    hidden = index.needles._replace(text=np.where(index.text == ord("a"), ord("b"), index.text).astype(np.uint8))
    vars(index)["needles"] = hidden
    planted = [item.question for item in random_items(3)]
    assert all("a" in text for text in planted)
    assert found(planted, index) == []


WORDS = st.sampled_from(["a", "b", "c", "d,", "E", "1", "漢", "ไท", "é"])
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from(PIECES)), max_size=25).map(" ".join)
BENCHMARKS = st.lists(st.tuples(st.sampled_from("xyz"), TEXTS, st.one_of(st.none(), TEXTS)), min_size=1, max_size=14)
PLAIN = ("w", "one two three four five six", None)


@settings(max_examples=300)
@given(BENCHMARKS, st.lists(TEXTS, max_size=5), st.integers(2, 3), st.integers(0, 3), st.integers(1, 8))
@example([("x", "a b a b a b", None)], ["a b a b a b a b a b"], 2, 1, 8)
@example([("x", "a b c d", "e")] * 9, ["a b c d e", "a b c d"], 2, 0, 100)
def test_twin(benchmarks, texts, shortest, more, common):
    items = [
        Item(name, str(i), q, a)
        for i, (name, q, a) in enumerate([*benchmarks, *(("xyz"[i], *PLAIN[1:]) for i in range(3))])
    ]
    options = {"ngram": shortest + more, "shortest": shortest, "common": max(common, 3), "template": 50}
    oracle, index = Oracle(items, **options), index_of(items, Settings(**options))
    documents = [*texts, *(item.question + " " + (item.answer or "") for item in items)]
    assert rows(documents, index) == [oracle.hits(text) for text in documents]
    names = list(zip([index.names[b] for b in index.benchmark], index.ids, strict=True))
    assert {name for name, short in zip(names, index.is_too_short, strict=True) if short} == oracle.too_short
    assert [kind.ngrams for kind in index.templates] == [oracle.left_out[name] for name in index.names]


@settings(max_examples=50)
@given(st.lists(st.sampled_from([QUESTION, SHORT, "x", "", CHINESE, f"{QUESTION} {ANSWER}"]), max_size=8), st.data())
def test_batches_do_not_matter(texts, draw):
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(texts)), max_size=4)))
    bounds = [0, *cuts, len(texts)]
    assert rows(texts, INDEX) == [hit for a, b in pairwise(bounds) for hit in rows(texts[a:b], INDEX)]
    whole = tally(find(*buffers(pa.array(texts, pa.string())), INDEX), INDEX)
    parts = [tally(find(*buffers(pa.array(texts[a:b], pa.string())), INDEX), INDEX) for a, b in pairwise(bounds)]
    assert counted(sum(parts[1:], parts[0]), INDEX) == counted(whole, INDEX)


def test_a_document_inside_larger_data_has_spans_of_its_own():
    data, offsets = buffers(pa.array(["some text before", SHORT]))
    hits = find(data, offsets[1:], INDEX)
    assert (hits.row.tolist(), hits.start.tolist(), hits.end.tolist()) == ([0], [0], [len(SHORT) - 1])


def test_templates_are_left_out_counted_and_listed():
    rule = "Answer the following question by writing the one letter of the choice that you believe is right"
    draw, known = random.Random(3), vocabulary(3)
    items = [Item("exam", str(i), f"{rule}: {' '.join(draw.choices(known, k=15))}", None) for i in range(30)]
    items += [Item("other", "1", f"{rule}, please, in a few words of your own", None)]
    index = index_of(items, Settings())
    assert found([f"{rule}. Then write."], index) == []
    [hit] = [hit for hit in found([items[7].question], index) if hit[3] == "ngram"]
    assert hit[2] == "7"
    exam, other = index.templates
    assert (exam.ngrams, exam.questions) == (5, 0)  # 17 words
    assert other.ngrams == 5
    assert exam.examples[0] == ("answer the following question by writing the one letter of the choice that", 30)


def test_what_too_many_items_share_is_left_out_of_all_benchmarks():
    items = [Item(f"b{i:03}", "1", QUESTION, None) for i in range(6)]
    fillers = [Item(f"b{i:03}", "2", " ".join(vocabulary(i)[:20]), None) for i in range(6)]
    assert len(found([QUESTION], index_of(items + fillers, Settings(common=6)))) == 12
    index = index_of(items + fillers, Settings(common=5))
    assert found([QUESTION], index) == []
    told = told_of(index)
    [answer, *_] = answers(told, counted(tally(find(*buffers(pa.array([QUESTION])), index), index), index))
    assert (answer["status"], answer["untold"], answer["documents"]) == ("clean", 1, 0)
    assert (told["b000"]["templates"]["questions"], told["b000"]["templates"]["ngrams"]) == (1, 4)


def test_every_benchmark_is_answered():
    texts = [QUESTION, f"{QUESTION} {ANSWER}", "nothing", f"{SHORT} {QUESTION}"]
    found = counted(tally(find(*buffers(pa.array(texts)), INDEX), INDEX), INDEX)
    quiz, chinese = answers(told_of(INDEX), found)
    assert quiz == {
        **{"benchmark": "quiz", "status": "hit", "items": 3, "too_short": 1, "untold": 0, "ngrams": 9, "whole": 2},
        **{"documents": 3, "items_hit": 2, "spans": 7, "words": 16 + 21 + 16 + 6},
    }
    assert found["quiz"]["items"] == {"moon": 3, "capital": 1}
    assert (chinese["status"], chinese["documents"], chinese["items_hit"], chinese["words"]) == ("clean", 0, 0, 0)


def test_what_a_document_has_of_all_benchmarks_together():
    half = " ".join(QUESTION.split()[:14])
    texts = ["", f"{SHORT} {QUESTION} {SHORT}", "nothing", f"{half} and so on, {half}", QUESTION.replace("1969", "69")]
    found = overlaps(find(*buffers(pa.array(texts)), INDEX), len(texts))
    assert found.items.tolist() == [0, 2, 0, 1, 1]
    assert found.ngrams.tolist() == [0, 4, 0, 2, 3]
    assert found.words.tolist() == [0, 6 + 16 + 6, 0, 28, 15]
    assert found.largest.tolist() == [0, UNIT, 0, 2 * UNIT // 9, 3 * UNIT // 9]


@settings(max_examples=100)
@given(st.lists(TEXTS, max_size=6), st.integers(2, 3))
def test_overlaps_are_those_of_the_spans(texts, shortest):
    index = index_of([Item("x", str(n), "a b c d, E 1 a a b", "c") for n in range(2)], Settings(shortest + 1, shortest))
    documents = [*texts, "a b c d e 1", "a b c d e 1 a a b"]
    hits = find(*buffers(pa.array(documents, pa.large_string())), index)
    found = overlaps(hits, len(documents))
    for number in range(len(documents)):
        mine = hits.where(hits.row == number)
        spans = zip(mine.word, mine.matched, strict=True)
        covered = {word for first, size in spans for word in range(first, first + size)}
        by_item = dict(zip(mine.item.tolist(), zip(mine.found.tolist(), mine.total.tolist(), strict=True), strict=True))
        shares = [UNIT * part // whole for part, whole in by_item.values() if whole]
        assert found.words[number] == len(covered)
        assert found.items[number] == len(by_item)
        assert found.ngrams[number] == sum(part for part, _ in by_item.values())
        assert found.largest[number] == (UNIT if 2 in mine.kind else max(shares, default=0))
