"""What datatrove's filters say of texts, and the statistic that each of their reasons is about.

One splitting into words serves all filters of a text, by datatrove's own cache of the last five.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, NamedTuple

FRENCH = "fra_Latn"
CHUNK = 64  # texts that travel together to another process


class Verdict(NamedTuple):
    """Kept, or the rule that removed it and the value that it judged."""

    keep: bool
    rule: str | None = None
    value: float | None = None


RULE_SETS: dict[str, tuple[str, ...]] = {  # by the names of our policies: filters in their order, each of what is left
    "gopher": ("quality",),
    "gopher-repetition": ("repetition",),
    "c4": ("c4",),
    "c4-unpunctuated": ("c4-unpunctuated",),
    "fineweb-quality": ("fineweb",),
    "fineweb": ("repetition", "quality", "c4-unpunctuated", "fineweb"),
    "fineweb2-fr": ("french repetition", "french fineweb", "french quality"),
}


def filters() -> dict[str, Callable[[], Any]]:
    """datatrove's, as FineWeb and FineWeb2 (configs/fra_Latn.yml) configure them."""
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    french_repetition = {
        "dup_para_frac": 0,
        "dup_line_char_frac": 0,
        "dup_para_char_frac": 0,
        "dup_line_frac": 0.264,
        "top_n_grams": ((2, 0.161), (3, 0.149), (4, 0.134)),
        "dup_n_grams": ((5, 0.15), (6, 0.141), (7, 0.131), (8, 0.121), (9, 0.111), (10, 0.1)),
    }
    french_lines = {"short_line_thr": 999, "char_duplicates_ratio": 0.1, "line_punct_thr": 0.1, "new_line_ratio": 0.185}
    french_quality = {
        "max_avg_word_length": 11,
        "min_avg_word_length": 2,
        "stop_words": "de la le et à en l' des du les est d' un une il dans par au".split(),
        "max_non_alpha_words_ratio": 0.812,
        "min_stop_words": 2,
    }
    return {
        "repetition": GopherRepetitionFilter,
        "quality": GopherQualityFilter,
        "c4": C4QualityFilter,
        "c4-unpunctuated": partial(C4QualityFilter, filter_no_terminal_punct=False),
        "fineweb": FineWebQualityFilter,
        "french repetition": partial(GopherRepetitionFilter, language=FRENCH, **french_repetition),
        "french fineweb": partial(FineWebQualityFilter, language=FRENCH, **french_lines),
        "french quality": partial(GopherQualityFilter, language=FRENCH, **french_quality),
    }


class Judge:
    """Loaded filters: one text in, the verdict of each rule set out."""

    def __init__(self, names: Sequence[str], with_values: bool = True):
        datatrove()
        self.names, self.with_values = names, with_values
        wanted = dict.fromkeys(step for name in names for step in RULE_SETS[name])
        self.filters = {step: make() for step, make in filters().items() if step in wanted}
        self.judge("Loads the tokenizers before any clock starts. It is English. Here are words.\n" * 9)

    def judge(self, text: str) -> dict[str, Verdict]:
        known: dict[tuple[str, str], tuple[Verdict, str]] = {}
        return {name: self._judge_one(RULE_SETS[name], text, known) for name in self.names}

    def _judge_one(self, steps: Sequence[str], text: str, known: dict[tuple[str, str], tuple[Verdict, str]]) -> Verdict:
        for step in steps:
            if (step, text) not in known:
                known[step, text] = verdict(self.filters[step], text, self.with_values)
            found, text = known[step, text]
            if not found.keep:
                return found
        return Verdict(True)


def verdict(judging: Any, text: str, with_value: bool) -> tuple[Verdict, str]:
    """A filter's verdict, and the text as it leaves it."""
    from datatrove.data import Document

    document = Document(text, "")
    keep, reason = result(judging, document)
    value = value_of(reason, text, judging) if with_value and not keep else None
    return Verdict(keep, reason, value), document.text


def result(judging: Any, document: Any) -> tuple[bool, str | None]:
    """A filter's answer; an exception is an answer, too."""
    try:
        answer = judging.filter(document)
    except Exception as error:  # a text that breaks a peer must not break the comparison
        return False, f"{type(error).__name__}: {error}"[:200]
    return answer if isinstance(answer, tuple) else (bool(answer), None)


def judge_texts(names: Sequence[str], texts: Sequence[str], processes: int = 1) -> dict[str, list[Verdict]]:
    """By rule set, the verdicts on all texts in their order."""
    found: dict[str, list[Verdict]] = {name: [] for name in names}
    for verdicts in _spread(names, texts, processes):
        for name, verdict in verdicts.items():
            found[name].append(verdict)
    return found


def _spread(names: Sequence[str], texts: Sequence[str], processes: int) -> Iterator[dict[str, Verdict]]:
    if processes == 1:
        yield from map(Judge(names).judge, texts)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(partial(_judge_there, tuple(names)), texts, CHUNK)


def _judge_there(names: tuple[str, ...], text: str) -> dict[str, Verdict]:
    return _loaded(names).judge(text)


@lru_cache(maxsize=1)
def _loaded(names: tuple[str, ...]) -> Judge:
    return Judge(names)


def datatrove() -> None:
    """Makes it quiet, or says how to get it."""
    for name in ("datatrove", "spacy"):
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"this benchmark needs {name}: pip install 'florilegium[bench]'")
    from loguru import logger

    logger.disable("datatrove")


# The statistic of each reason, from datatrove's own functions and with the settings of the filter that judges.


def value_of(reason: str | None, text: str, judging: Any) -> float | None:
    """What a reason judged; None for one that judges nothing, such as a curly bracket."""
    statistic = STATISTICS.get(reason or "")
    return statistic(text, judging) if statistic else None


def words(text: str, judging: Any) -> list[str]:
    from datatrove.utils.text import split_into_words

    found: list[str] = split_into_words(text, judging.language)
    return found


def content(text: str, judging: Any) -> list[str]:
    from datatrove.utils.text import PUNCTUATION_SET

    return [word for word in words(text, judging) if any(character not in PUNCTUATION_SET for character in word)]


def content_words(text: str, judging: Any) -> float:
    return float(len(content(text, judging)))


def mean_length(text: str, judging: Any) -> float:
    return share(sum(map(len, found := content(text, judging))), len(found))


def hashes(text: str, judging: Any) -> float:
    return share(text.count("#"), len(words(text, judging)))


def ellipses(text: str, judging: Any) -> float:
    return share(text.count("...") + text.count("…"), len(words(text, judging)))


def bullet_lines(text: str, judging: Any) -> float:
    lines = text.splitlines()
    return share(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines))


def ellipsis_lines(text: str, judging: Any) -> float:
    lines = text.splitlines()
    return share(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines))


def alphabetic(text: str, judging: Any) -> float:
    found = words(text, judging)
    return share(sum(any(map(str.isalpha, word)) for word in found), len(found))


def stop_words(text: str, judging: Any) -> float:
    return float(len(judging.stop_words & set(words(text, judging))))


def paragraphs(text: str) -> list[str]:
    return re.split(r"\n{2,}", text.strip())


def lines(text: str) -> list[str]:
    return re.split(r"\n+", text)


def filled_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def duplicates(units: Sequence[str]) -> tuple[int, int]:
    """How many units stood before, and their characters."""
    from datatrove.pipeline.filters.gopher_repetition_filter import find_duplicates

    found: tuple[int, int] = find_duplicates(units)
    return found


def top_gram(text: str, judging: Any, n: int) -> float:
    from datatrove.pipeline.filters.gopher_repetition_filter import find_top_duplicate, get_n_grams

    grams = get_n_grams(words(text, judging), n)
    return share(find_top_duplicate(grams), len(text)) if grams else 0.0


def duplicated_grams(text: str, judging: Any, n: int) -> float:
    from datatrove.pipeline.filters.gopher_repetition_filter import find_all_duplicate

    return share(find_all_duplicate(words(text, judging), n), len(text))


def sentences(text: str, judging: Any) -> float:
    """Sentences of the lines that C4 keeps, when it does not end the document before."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter
    from datatrove.utils.text import split_into_sentences

    lenient = C4QualityFilter(min_num_sentences=0, filter_no_terminal_punct=judging.filter_no_terminal_punct)
    if lenient.filter(document := Document(text, "")) is not True:
        return float("nan")
    return float(sum(len(split_into_sentences(line)) for line in document.text.split("\n") if line))


def punctuated_lines(text: str, judging: Any) -> float:
    found = filled_lines(text)
    return share(sum(line.endswith(judging.stop_chars) for line in found), len(found))


def short_lines(text: str, judging: Any) -> float:
    found = filled_lines(text)
    return share(sum(len(line) <= judging.short_line_length for line in found), len(found))


def repeated_characters(text: str, judging: Any) -> float:
    return share(duplicates(filled_lines(text))[1], len(text.replace("\n", "")))


def line_breaks(text: str, judging: Any) -> float:
    return share(text.count("\n"), len(words(text, judging)))


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


STATISTICS: dict[str, Callable[[str, Any], float]] = {
    "gopher_short_doc": content_words,
    "gopher_long_doc": content_words,
    "gopher_below_avg_threshold": mean_length,
    "gopher_above_avg_threshold": mean_length,
    "gopher_too_many_hashes": hashes,
    "gopher_too_many_ellipsis": ellipses,
    "gopher_too_many_bullets": bullet_lines,
    "gopher_too_many_end_ellipsis": ellipsis_lines,
    "gopher_below_alpha_threshold": alphabetic,
    "gopher_enough_stop_words": stop_words,
    "dup_para_frac": lambda text, _: share(duplicates(found := paragraphs(text))[0], len(found)),
    "dup_para_char_frac": lambda text, _: share(duplicates(paragraphs(text))[1], len(text)),
    "dup_line_frac": lambda text, _: share(duplicates(found := lines(text))[0], len(found)),
    "dup_line_char_frac": lambda text, _: share(duplicates(lines(text))[1], len(text)),
    **{f"top_{n}_gram": partial(top_gram, n=n) for n in (2, 3, 4)},
    **{f"duplicated_{n}_n_grams": partial(duplicated_grams, n=n) for n in range(5, 11)},
    "too_few_sentences": sentences,
    "line_punct_ratio": punctuated_lines,
    "short_line_ratio": short_lines,
    "char_dup_ratio": repeated_characters,
    "list_ratio": line_breaks,
}
