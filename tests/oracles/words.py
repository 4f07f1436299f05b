"""Words by regular expressions over whole strings and lists of tokens; only the packaged lists are the kernel's own."""

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise

import numpy as np

from dagster_project.corpus.kernels import word_tables as w

IDEOGRAPHS = ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC", "TANGUT", "NUSHU", "KHITAN")
UNSPACED = {"I": IDEOGRAPHS, "H": ("HIRAGANA",), "K": ("KATAKANA", "HALFWIDTH KATAKANA")}
UNSPACED["T"] = ("THAI", "LAO", "KHMER", "MYANMAR", "TAI ")


def tokens(text: str) -> list[str]:
    """The tokens that `words.py` defines."""
    found: list[tuple[str, bool]] = []  # token, and stands nothing between it and the one before
    for is_space, run in groupby(text, str.isspace):
        piece = "".join(run)
        if is_space:
            if piece != " " or not found:
                found.append((piece, False))
        else:
            found += [(token, i > 0) for i, token in enumerate(cut(piece))]
    return [token for token in merged(found) if not token.isspace()]


def cut(piece: str) -> list[str]:
    """Affixes, then what is left: a special case, a URL, or what stands between infixes."""
    prefixes, suffixes = [], []
    while piece and piece not in cases():
        prefix = expressions()["prefix"].match(piece)
        front = prefix[0] if prefix else ""
        rest = piece[len(front) :]
        if front and rest in cases():
            return [*prefixes, front, *cases()[rest], *suffixes]
        suffix = expressions()["suffix"].search(rest)
        back = suffix[0] if suffix else ""
        if back and piece.removesuffix(back) in cases():
            return [*prefixes, *cases()[piece.removesuffix(back)], back, *suffixes]
        if not front + back:
            break
        prefixes += [front] if front else []
        suffixes[:0] = [back] if back else []
        piece = rest[: len(rest) - len(back)]
    return [*prefixes, *(cases().get(piece) or middle(piece)), *suffixes]


def middle(piece: str) -> list[str]:
    if not piece or is_url(piece):
        return respaced(piece)
    found, written = [], 0
    for match in expressions()["infix"].finditer(piece):
        if match.start():
            found += [*respaced(piece[written : match.start()]), match[0]]
            written = match.end()
    return found + respaced(piece[written:])


def is_url(piece: str) -> bool:
    """[scheme://] [anything@] host [:port] [path], where every @ may be the last of `anything`."""
    starts = [0] + [m.end() for m in re.finditer("@", piece) if m.start()]
    starts += [m.end() for m in [re.match(r"[\w+.-]{2,}://", piece)] if m]
    return any(host_and_path(piece[start:]) for start in starts)


def host_and_path(text: str) -> bool:
    parts = re.fullmatch(r"([^:/?#@]+)(?::\d{2,5})?(?:[/?#].*)?", text, re.DOTALL)
    labels = parts[1].split(".") if parts else [""]
    if len(labels) == 4 and all(re.fullmatch(r"\d{1,3}", label) for label in labels):
        return is_public([int(label) for label in labels], labels)
    top = expressions()["lower"].fullmatch(labels[-1])
    return bool(top) and len(labels) > 1 and 2 <= len(top[0]) <= 63 and all(map(is_label, labels[:-1]))


def is_label(text: str) -> bool:
    ends = "[A-Za-z0-9\u00a1-\uffff]"
    return len(text) <= 64 and bool(re.fullmatch(f"{ends}([A-Za-z0-9\u00a1-\uffff_-]*{ends})?", text))


def is_public(numbers: list[int], labels: list[str]) -> bool:
    private = numbers[0] in (10, 127) or numbers[:2] in ([169, 254], [192, 168])
    private |= numbers[0] == 172 and 16 <= numbers[1] <= 31
    in_range = 1 <= numbers[0] <= 223 and max(numbers) <= 255 and 1 <= numbers[3] <= 254
    padded = labels[0][0] == "0" or labels[3][0] == "0" or any(len(x) == 3 and x[0] == "0" for x in labels)
    return in_range and not private and not padded


def merged(found: list[tuple[str, bool]]) -> list[str]:
    """Cut special cases put together again: longest first, then leftmost; a match that loses is still in the way."""
    texts, longest = [token for token, _ in found], max(map(len, patterns()))
    matches = [
        (start, start + size)
        for size in range(longest, 0, -1)
        for start in range(len(texts) - size + 1)
        if tuple(texts[start : start + size]) in patterns()
    ]
    seen: set[int] = set()
    replaced = {}
    for start, end in matches:
        joined = all(is_joined for _, is_joined in found[start + 1 : end])
        if start not in seen and end - 1 not in seen and joined:
            replaced[start] = (end, cases()["".join(texts[start:end])])
        seen |= set(range(start, end))
    result, at = [], 0
    while at < len(texts):
        end, words = replaced.get(at, (at + 1, [texts[at]]))
        result, at = result + words, end
    return result


@cache
def stored() -> dict:
    return dict(np.load(str(files("dagster_project.corpus.kernels").joinpath("words.npz"))))


def listed(name: str) -> list[str]:
    ends = stored()[f"{name}_offsets"].tolist()
    return [stored()[name].tobytes()[i:j].decode() for i, j in pairwise(ends)]


@cache
def cases() -> dict[str, list[str]]:
    return {word: joined.split() for word, joined in zip(listed("words"), listed("tokens"), strict=True)}


@cache
def patterns() -> set[tuple[str, ...]]:
    return {tuple(pattern.split()) for pattern in listed("patterns") if pattern}


@cache
def expressions() -> dict[str, re.Pattern]:
    alpha, lower, upper, quote = (members(bit) for bit in (w.ALPHA, w.ALPHA_LOWER, w.ALPHA_UPPER, w.QUOTE))
    units = "|".join(map(re.escape, sorted(listed("units"), key=len, reverse=True)))
    after_digit = rf"(?<=[0-9])(?:\+|[{members(w.CURRENCY)}]|(?:US|C|A)\$|{units})"
    period = rf"\.\.+|(?<=[{members(w.BEFORE_PERIOD)}])\.|(?<=[{upper}][{upper}])\.|(?<=°[FfCcKk])\."
    return {
        "prefix": re.compile(rf"[{members(w.PREFIX)}]|\.\.+|\+(?![0-9])|(?:US|C|A)\$"),
        "suffix": re.compile(rf"(?:……|['’][sS]|[{members(w.SUFFIX)}]|{after_digit}|{period})$"),
        "infix": re.compile(
            rf"\.\.+|[{members(w.INFIX)}]|(?<=[0-9])[-+*^](?=[0-9-])|(?<=[{lower}{quote}])\.(?=[{upper}{quote}])"
            rf"|(?<=[{alpha}]),(?=[{alpha}])|(?<=[{alpha}0-9])(?:-{{1,3}}?|–|—{{1,2}}?|~|[:<>=/])(?=[{alpha}])"
        ),
        "lower": re.compile(f"[{lower}]+"),
    }


def members(bit: int) -> str:
    """A character class of every code point that has this bit."""
    pages, properties = stored()["pages"].astype(int), stored()["properties"].reshape(-1, w.PAGE)
    codes = np.flatnonzero(properties[pages].reshape(-1) & bit)
    runs = np.split(codes, np.flatnonzero(np.diff(codes) > 1) + 1)
    return "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs)


def respaced(token: str) -> list[str]:
    """The token, or the words of one that holds a script without spaces."""
    if not any(group(c) for c in token):
        return [token] if token else []
    found, at = [], 0
    while at < len(token):
        end = token_end(token, at)
        found.append(token[at:end])
        at = end
    return found


def token_end(text: str, at: int) -> int:
    """Where the word that begins at `at` ends."""
    at = past_marks(text, at)
    if at == len(text):
        return at
    base = kind(text[at])
    if base == "I":
        return past_marks(text, at + 1)
    if base in "HKT":
        while at < len(text) and kind(text[at]) in (base, "m"):
            at += 1
        return at
    if base in "LN_":
        return spaced_end(text, at)
    first = text[at]
    while at < len(text) and text[at] == first:
        at += 1
    return past_marks(text, at)


def spaced_end(text: str, at: int) -> int:
    """A word of a script with spaces, joints included."""
    last = ""
    while at < len(text):
        here, following = kind(text[at]), kind(text[at + 1]) if at + 1 < len(text) else ""
        joins = (last == following == "N" and here in ".,'") or (last == following == "L" and here in ".'")
        if here not in "LN_m" and not joins:
            break
        last = here if here in "LN_" else last
        at += 1
    return at


def past_marks(text: str, at: int) -> int:
    while at < len(text) and kind(text[at]) == "m":
        at += 1
    return at


def kind(c: str) -> str:
    """One letter for what matters of a character."""
    category = unicodedata.category(c)
    if category[0] == "M" or category == "Cf":
        return "m"
    if category[0] in "LN":
        return group(c) or category[0]
    return {".": ".", ",": ",", "'": "'", "’": "'"}.get(c, "_" if category == "Pc" else "o")


def group(c: str) -> str:
    """Which script without spaces a letter, mark or number belongs to; an empty string is none."""
    name = unicodedata.name(c, "") if unicodedata.category(c)[0] in "LMN" else ""
    return next((letter for letter, prefixes in UNSPACED.items() if name.startswith(prefixes)), "")
