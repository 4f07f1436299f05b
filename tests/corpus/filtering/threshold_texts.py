"""Texts just below, at and just above every threshold of the published rule sets (algorithms.md, sections 3 to 6).

Each is made of parameters, so that the statistic which its rule judges is known beforehand, and passes all rules
that come before that one. Words are made of syllables that no tokenizer splits, and none comes twice unless it must.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

CONSONANTS, VOWELS = "bdfgklmprtvz", "aeiou"
ENGLISH, FRENCH = ("the", "of", "and"), ("de", "la", "dans")
KEPT = None
POSITIONS = ("below", "at", "above")


class Case(NamedTuple):
    """A text, and why its policy removes it; `position` is where its statistic lies from the threshold."""

    policy: str
    threshold: str
    position: str
    text: str
    reason: str | None

    def __str__(self) -> str:
        return f"{self.policy}-{self.threshold}-{self.position}".replace(" ", "_")


class Fresh:
    """Words that were not there before, of whatever length is asked for: bafeb, dafeb, fafeb …; of one or two letters
    there are so few that they come again."""

    def __init__(self) -> None:
        self.numbers: defaultdict[int, Iterator[int]] = defaultdict(count)

    def __call__(self, length: int = 6) -> str:
        number, letters = next(self.numbers[length]), []
        for place in range(length):
            alphabet = VOWELS if place % 2 else CONSONANTS
            number, letter = divmod(number, len(alphabet))
            letters.append(alphabet[letter])
        if number and length > 2:
            raise ValueError(f"no new word of {length} letters is left")
        return "".join(letters)

    def words(self, amount: int, length: int = 6) -> list[str]:
        return [self(length) for _ in range(amount)]

    def of_total(self, amount: int, letters: int) -> list[str]:
        """So many words of so many letters in all, a shorter one and a longer one in turn."""
        length, more = divmod(letters, amount)
        return [self(length + (number < more) + (1 if number % 2 else -1)) for number in range(amount)]

    def padded(self, text: str, size: int) -> str:
        """The text with new words behind it, exactly so many characters long."""
        while (missing := size - len(text)) > 0:
            text += " " + self(missing - 1 if missing < 14 else 7)
        if len(text) != size:
            raise ValueError(f"{len(text)} characters are already more than {size}")
        return text


def three(policy: str, threshold: str, reasons: Sequence[str | None], make: Callable[[int], str]) -> Iterator[Case]:
    """`make` gets -1, 0 and 1: how much there is to be of what is counted, from the threshold."""
    for position, reason, step in zip(POSITIONS, reasons, (-1, 0, 1), strict=True):
        yield Case(policy, threshold, position, make(step), reason)


def least(reason: str) -> tuple[str | None, ...]:
    return (reason, KEPT, KEPT)


def most(reason: str) -> tuple[str | None, ...]:
    return (KEPT, KEPT, reason)


def cases() -> list[Case]:
    found = [
        *gopher("gopher", ENGLISH, lengths=(3, 10), alphabetic=(80, 100)),
        *repetition("gopher-repetition", lines=(30, 100), top=ENGLISH_TOP, duplicated=ENGLISH_DUPLICATED),
        *units("gopher-repetition", "paragraph", "\n\n"),
        *units("gopher-repetition", "line", "\n"),
        *c4("c4", least_words=3, least_sentences=5),
        *c4_lines(),
        *fineweb("fineweb-quality", punctuated=(12, 100), repeated=100, breaks=(30, 100)),
        *short_lines(),
        *gopher("fineweb2-fr", FRENCH, lengths=(2, 11), alphabetic=(203, 250)),
        *repetition("fineweb2-fr", lines=(33, 125), top=FRENCH_TOP, duplicated=FRENCH_DUPLICATED),
        *fineweb("fineweb2-fr", punctuated=(10, 100), repeated=10, breaks=(37, 200)),
        *edited(),
    ]
    ids = [str(case) for case in found]
    if len(set(ids)) != len(ids):
        raise ValueError("two cases have one name")
    return found


# Gopher quality ------------------------------------------------------------------------------------------------------


def gopher(policy: str, stops: Sequence[str], lengths: tuple[int, int], alphabetic: tuple[int, int]) -> Iterator[Case]:
    """Content words, their mean length, hashes, ellipses, bullets, ends, alphabetic words, stop words. What is not
    asked about passes FineWeb's line rules, too: one line, which ends in a period where that is a token of its own."""

    def prose(words: Sequence[str], marks: Sequence[str] = ()) -> str:
        between = [item for pair in zip(words, marks, strict=False) for item in pair]
        return " ".join([*stops[:2], *between, *words[len(marks) :]]) + "."

    def of_mean(mean: int, step: int) -> str:
        words = 120
        known = sum(map(len, stops[:2]))
        return prose(fresh.of_total(words - 2, mean * words - known + step))

    fresh = Fresh()
    yield from three(policy, "50 words", least("gopher_short_doc"), lambda n: prose(fresh.words(48 + n)))
    fresh = Fresh()
    yield from three(policy, "100000 words", most("gopher_long_doc"), lambda n: prose(Fresh().words(99_998 + n)))
    low, high = lengths
    fresh = Fresh()
    yield from three(policy, f"length {low}", least("gopher_below_avg_threshold"), lambda n: of_mean(low, n))
    yield from three(policy, f"length {high}", most("gopher_above_avg_threshold"), lambda n: of_mean(high, n))
    for mark, reason in (("#", "hashes"), ("...", "ellipsis"), ("…", "ellipsis")):
        yield from three(
            policy,
            f"{mark} tenth",
            most(f"gopher_too_many_{reason}"),
            lambda n, mark=mark: prose(fresh.words(200 - 2 - 1 - 20 - n), [mark] * (20 + n)),
        )
    for bullet in ("-", "•", "  -"):
        yield from three(
            policy,
            f"{bullet.strip()} bullets{len(bullet)}",
            most("gopher_too_many_bullets"),
            lambda n, bullet=bullet: bulleted(fresh, stops, bullet, 90 + n),
        )
    for end in ("...", "…", "… "):
        yield from three(
            policy,
            f"{end.strip()} ends{len(end)}",
            most("gopher_too_many_end_ellipsis"),
            lambda n, end=end: trailing(fresh, stops, end, 30 + n),
        )
    part, whole = alphabetic
    yield from three(
        policy,
        "alphabetic",
        least("gopher_below_alpha_threshold"),
        lambda n: prose(fresh.words(part - 2 + n), [str(10 + number) for number in range(whole - part - 1 - n)]),
    )
    yield from three(
        policy,
        "stop words",
        least("gopher_enough_stop_words"),
        lambda n: " ".join([*stops[: 2 + n], stops[0], stops[0].title(), *fresh.words(80)]) + ".",
    )


def bulleted(fresh: Fresh, stops: Sequence[str], bullet: str, amount: int) -> str:
    """A hundred lines, so many of them with a bullet; enough words in a line for every other rule."""
    lines = [f"{' '.join([*stops[:2], *fresh.words(10)])}." for _ in range(100)]
    return "\n".join(f"{bullet} {line}" if number < amount else line for number, line in enumerate(lines))


def trailing(fresh: Fresh, stops: Sequence[str], end: str, amount: int) -> str:
    lines = [" ".join([*stops[:2], *fresh.words(10)]) for _ in range(100)]
    return "\n".join(line + (end if number < amount else ".") for number, line in enumerate(lines))


# Gopher repetition ---------------------------------------------------------------------------------------------------

# n → (how often the n-gram stands there, characters of a word, characters of the text): exactly the threshold
ENGLISH_TOP = {2: (4, 4, 180), 3: (9, 4, 700), 4: (8, 4, 950)}
FRENCH_TOP = {2: (161, 4, 9000), 3: (149, 4, 14_000), 4: (134, 4, 19_000)}
# n → (characters of a word, characters of the text for each n-gram that comes twice): exactly the threshold
ENGLISH_DUPLICATED = {5: (6, 200), 6: (7, 300), 7: (13, 700), 8: (6, 400), 9: (11, 900), 10: (5, 500)}
FRENCH_DUPLICATED = {5: (6, 200), 6: (47, 2000), 7: (131, 7000), 8: (121, 8000), 9: (37, 3000), 10: (5, 500)}
TWICE = 4  # n-grams: one alone would be too large a share as a most common n-gram


def repetition(
    policy: str,
    lines: tuple[int, int],
    top: dict[int, tuple[int, int, int]],
    duplicated: dict[int, tuple[int, int]],
) -> Iterator[Case]:
    """Duplicate lines, most common and duplicate n-grams. French texts go on to rules that ask for more, so they end
    in a period and hold stop words as far as a repeated word can be one."""
    fresh = Fresh()
    part, whole = lines
    yield from three(
        policy,
        "lines",
        most("dup_line_frac"),
        lambda n: repeated_units(fresh, "\n", part + n, whole, filler=12),
    )
    for n, (times, length, size) in top.items():
        yield from three(
            policy,
            f"top {n}",
            most(f"top_{n}_gram"),
            lambda s, n=n, t=times, k=length, z=size: common(fresh, n, t, k, z - s),
        )
    for n, (length, size) in duplicated.items():
        yield from three(
            policy,
            f"{n}-grams",
            most(f"duplicated_{n}_n_grams"),
            lambda s, n=n, k=length, z=size: twice(fresh, n, k, TWICE * z - s),
        )


def common(fresh: Fresh, n: int, times: int, length: int, size: int) -> str:
    """An n-gram so many times, each time with a new word behind it, and new words up to the size."""
    gram = " ".join(fresh.words(n, length))
    return ended(fresh, " ".join(f"{gram} {fresh(5)}" for _ in range(times)), size)


def twice(fresh: Fresh, n: int, length: int, size: int) -> str:
    """Some n-grams that come again, with new words around them."""
    grams = [" ".join(fresh.words(n, length)) for _ in range(TWICE)]
    return ended(fresh, " ".join(f"{gram} {fresh(5)}" for gram in [*grams, *grams]), size)


def ended(fresh: Fresh, text: str, size: int) -> str:
    """With what the French rules ask for at the end, of the size."""
    return fresh.padded(text, size - len(" de la.")) + " de la."


def units(policy: str, name: str, separator: str) -> Iterator[Case]:
    """Shares of paragraphs or lines that stood before, and of their characters."""
    short = {"paragraph": "para", "line": "line"}[name]
    fresh = Fresh()
    if name == "paragraph":
        yield from three(
            policy, "paragraphs", most("dup_para_frac"), lambda n: repeated_units(fresh, separator, 30 + n, 100)
        )
    yield from three(
        policy,
        f"{name} characters",
        most(f"dup_{short}_char_frac"),
        lambda n: repeated_characters(fresh, separator, 1000 - n),
    )


def repeated_units(fresh: Fresh, separator: str, repeats: int, whole: int, filler: int = 6) -> str:
    """So many of all units have stood before; they are one short word, so that their characters matter to no rule."""
    again = fresh(4)
    others = [" ".join(fresh.words(filler)) + "." for _ in range(whole - repeats - 2)]
    between = [item for other in others[:repeats] for item in (other, again)]
    return separator.join([again, *between, *others[repeats:], " ".join(FRENCH)])


def repeated_characters(fresh: Fresh, separator: str, size: int) -> str:
    """One word of 200 letters is a unit twice, in a text of the size."""
    long = fresh(200)
    head = separator.join([" ".join(fresh.words(4)), long, " ".join(fresh.words(9)), long, " ".join(fresh.words(3))])
    return fresh.padded(head, size)


# C4 ------------------------------------------------------------------------------------------------------------------


def c4(policy: str, least_words: int, least_sentences: int) -> Iterator[Case]:
    """Sentences of a document, words of a line, letters of a word."""
    fresh = Fresh()

    def lines(amount: int) -> list[str]:
        return [" ".join(fresh.words(7)) + "." for _ in range(amount)]

    few = "too_few_sentences"
    yield from three(policy, "sentences in lines", least(few), lambda n: "\n".join(lines(least_sentences + n)))
    yield from three(policy, "sentences in one line", least(few), lambda n: " ".join(lines(least_sentences + n)))
    probe = lines(least_sentences - 1)
    yield from three(
        policy,
        "words of a line",
        least(few),
        lambda n: "\n".join([*probe, " ".join(fresh.words(least_words + n)) + "."]),
    )
    yield from three(
        policy,
        "letters of a word",
        most(few),
        lambda n: "\n".join([*probe, f"{fresh()} {fresh(1000 + n)} {fresh()} {fresh()} {fresh()}."]),
    )


LAST_LINES: dict[str, tuple[str, str | None]] = {  # behind four good lines: the line, and why C4 removes the document
    "period": ("{0} {1} {2}.", KEPT),
    "question": ("{0} {1} {2}?", KEPT),
    "exclamation": ("{0} {1} {2}!", KEPT),
    "double quote": ('{0} {1} {2}"', KEPT),
    "single quote": ("{0} {1} {2}'", KEPT),
    "ellipsis": ("{0} {1} {2}...", "too_few_sentences"),
    "four dots": ("{0} {1} {2}....", "too_few_sentences"),
    "curved quote": ("{0} {1} {2}.”", "too_few_sentences"),
    "semicolon": ("{0} {1} {2};", "too_few_sentences"),
    "nothing": ("{0} {1} {2}", "too_few_sentences"),
    "indented": ("\t {0} {1} {2}. \u3000", KEPT),
    "citation at the end": ("{0} {1} {2}.[12]", KEPT),
    "citation before the end": ("{0} {1} {2} [citation needed].", KEPT),
    "citation counts as a word": ("{0} {1} [edit].", KEPT),
    "citation of letters": ("{0} {1} {2}.[a]", "too_few_sentences"),
    "empty citation": ("{0} {1} {2}[].", KEPT),
    "javascript": ("{0} {1} {2} JavaScripts.", "too_few_sentences"),
    "javascript across a citation": ("{0} {1} java[1]script.", "too_few_sentences"),
    "privacy policy": ("{0} {1} Privacy Policy.", "too_few_sentences"),
    "terms of use": ("{0} {1} terms of use.", "too_few_sentences"),
    "cookie policy": ("{0} {1} cookie policy.", "too_few_sentences"),
    "uses cookies": ("{0} {1} uses cookies.", "too_few_sentences"),
    "use of cookies": ("{0} {1} use of cookies.", "too_few_sentences"),
    "use cookies": ("{0} {1} reuse cookies.", "too_few_sentences"),
    "terms of uselessness": ("{0} {1} Terms  of use.", KEPT),
    "lorem ipsum": ("{0} {1} Lorem Ipsum.", "lorem_ipsum"),
    "lorem ipsum in two words": ("{0} Lorem Ipsum.", "lorem_ipsum"),
    "lorem ipsum alone": ("Lorem ipsum.", "too_few_sentences"),
    "lorem ipsum without an end": ("{0} {1} lorem ipsum", "too_few_sentences"),
    "curly bracket": ("{0} {{ {1} {2}.", "curly_bracket"),
    "curly bracket closing": ("{0} }} {1} {2}.", KEPT),
    "curly bracket without an end": ("{0} {{ {1} {2}", "too_few_sentences"),
    "curly bracket beside javascript": ("{0} {{ {1} javascript.", "too_few_sentences"),
    "curly bracket beside a policy": ("{0} {{ {1} use cookies.", "curly_bracket"),
    "curly bracket beside a long word": ("{0} {{ " + "ba" * 501 + ".", "too_few_sentences"),
}
BREAKS = {"LF": "\n", "CR": "\r", "CRLF": "\r\n", "VT": "\v", "FF": "\f", "NEL": "\x85", "LS": "\u2028", "FS": "\x1c"}


def c4_lines() -> Iterator[Case]:
    """Which lines C4 keeps, and which end a document; one kept line more or less decides."""
    fresh = Fresh()
    good = [" ".join(fresh.words(7)) + "." for _ in range(4)]
    for name, (line, reason) in LAST_LINES.items():
        text = "\n".join([*good, line.format(*fresh.words(3))])
        yield Case("c4", "line", name, text, reason)
        unpunctuated = reason
        if reason == "too_few_sentences" and name in UNPUNCTUATED:
            unpunctuated = UNPUNCTUATED[name]
        yield Case("c4-unpunctuated", "line", name, text, unpunctuated)
    for first, second in (("{", "lorem ipsum"), ("lorem ipsum", "{")):
        both = [f"{fresh()} {mark} {fresh()}." for mark in (first, second)]
        reason = "curly_bracket" if first == "{" else "lorem_ipsum"
        for policy in ("c4", "c4-unpunctuated"):
            yield Case(policy, f"{reason} first", "both", "\n".join([*good, *both]), reason)
    for name, separator in BREAKS.items():
        yield Case("c4", "break", name, separator.join([*good, " ".join(fresh.words(3)) + "."]), KEPT)


UNPUNCTUATED = {  # what becomes of the same lines where no end punctuation is asked for
    "ellipsis": KEPT,
    "four dots": KEPT,
    "curved quote": KEPT,
    "semicolon": KEPT,
    "nothing": KEPT,
    "citation of letters": KEPT,
    "lorem ipsum without an end": "lorem_ipsum",
    "curly bracket without an end": "curly_bracket",
}


# FineWeb -------------------------------------------------------------------------------------------------------------


def fineweb(policy: str, punctuated: tuple[int, int], repeated: int, breaks: tuple[int, int]) -> Iterator[Case]:
    """Lines that end in punctuation, characters of repeated lines (one in `repeated`), line breaks per word."""
    fresh = Fresh()

    def lines(amount: int, whole: int, well: str, otherwise: str) -> str:
        ends = [well if number < amount else otherwise for number in range(whole)]
        return "\n".join(
            [f"{' '.join([*FRENCH, *fresh.words(12)])}{ends[0]}"]
            + [f"{' '.join(fresh.words(12))}{end}" for end in ends[1:]]
        )

    part, whole = punctuated
    reasons = least("line_punct_ratio")
    for name, end in ENDS.items():
        yield from three(policy, f"lines with {name}", reasons, lambda n, end=end: lines(part + n, whole, end, ""))
    for name, end in NO_ENDS.items():
        yield from three(policy, f"lines with {name}", reasons, lambda n, end=end: lines(part + n, whole, ".", end))
    yield from three(
        policy, "repeated characters", most("char_dup_ratio"), lambda n: repeated_line(fresh, 60 * repeated - n)
    )
    part, whole = breaks
    yield from three(policy, "breaks", most("list_ratio"), lambda n: broken(fresh, part + n, whole))


ENDS = {"period": ".", "exclamation": "!", "ideographic period": "。", "Arabic question mark": "؟"}
NO_ENDS = {"quote behind": '."', "curved quote behind": ".”", "space behind": ". ", "comma": ","}


def repeated_line(fresh: Fresh, size: int) -> str:
    """A line of 60 characters comes twice, in a text of the size without its line breaks."""
    again = fresh.padded(" ".join(FRENCH), 59) + "."
    others = [f"{' '.join(fresh.words(12))}." for _ in range((size - 120) // 84 - 1)]
    last = fresh.padded(fresh(), size - 120 - sum(map(len, others)) - 1) + "."
    return "\n".join([again, *others, last, again])


def broken(fresh: Fresh, breaks: int, tokens: int) -> str:
    """So many line breaks between so many tokens: long words, and a period at every fourth line."""
    periods = breaks // 4 + 1
    words = [*FRENCH, *fresh.words(tokens - periods - len(FRENCH), 11)]
    lines: list[list[str]] = [[] for _ in range(breaks + 1)]
    for number, word in enumerate(words):
        lines[number * (breaks + 1) // len(words)].append(word)
    return "\n".join(" ".join(line) + ("" if number % 4 else ".") for number, line in enumerate(lines))


def short_lines() -> Iterator[Case]:
    """Lines of at most 30 characters, in the share and in the length."""
    fresh = Fresh()

    def text(short: int, length: int) -> str:
        lines = [fresh.padded(fresh(), length if number < short else 60) for number in range(100)]
        return "\n".join(line[:-1] + "." for line in lines)

    yield from three("fineweb-quality", "short lines", most("short_line_ratio"), lambda n: text(67 + n, 30))
    yield from three(
        "fineweb-quality",
        "characters of a short line",
        ("short_line_ratio", "short_line_ratio", KEPT),
        lambda n: text(68, 30 + n),
    )


# FineWeb as a whole: its line rules judge what C4 has left ----------------------------------------------------------


def edited() -> Iterator[Case]:
    fresh = Fresh()

    def line(end: str) -> str:
        return f"the {' '.join(fresh.words(5))} of {' '.join(fresh.words(5))}{end}"

    def text(ends: int) -> str:
        """A hundred lines behind which so many end well, and as many that C4 takes away and that end well."""
        kept = [line("." if number < ends else "") for number in range(100)]
        gone = [line(" javascript.") for _ in range(40)]
        return "\n".join([*kept, *gone])

    yield from three("fineweb", "punctuated of the edited text", least("line_punct_ratio"), lambda n: text(12 + n))
    yield Case("fineweb", "cascade", "short", "the " + " ".join(fresh.words(40)) + " of.", "gopher_short_doc")
    yield Case("fineweb", "cascade", "brace", "\n".join([*(line(".") for _ in range(9)), line(" {.")]), "curly_bracket")
    doubled = [line(".") for _ in range(9)]
    yield Case(
        "fineweb", "cascade", "doubled", "\n".join([*doubled, doubled[0], doubled[1], doubled[2]]), "dup_line_char_frac"
    )
