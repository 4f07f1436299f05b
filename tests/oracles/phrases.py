"""Where phrases stand, by cutting texts into units with `unicodedata` and looking at every place."""

import re
import unicodedata

UNSPACED = re.compile("[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\u0e01-\u0e3a\u0e40-\u0e4e]")


def kind(character):
    """s: whitespace; m: a mark; w: goes on a word; o: any other."""
    if character.isspace():
        return "s"
    category = unicodedata.category(character)
    if category[0] == "M":
        return "m"
    return "w" if (category[0] in "LN" or character == "_") and not UNSPACED.match(character) else "o"


def units(text):
    """Of each unit what it says, whether whitespace stands before it, and whether it is a word."""
    kinds, found = "".join(map(kind, text)), []
    for match in re.finditer("[wm][wm]*|om*", kinds):
        before = match.start() > 0 and kinds[match.start() - 1] == "s"
        found.append((text[match.start() : match.end()], before, match[0][0] != "o"))
    return found


def lower(text):
    """Each character by itself."""
    return "".join(character.lower()[0] for character in text)


def mentions(text, phrases):
    """Of every occurrence (number of the phrase, words before it, words up to its end)."""
    said, found = units(lower(text)), []
    wanted = [[units(lower(" ".join(spelling.split()))) for spelling in spellings] for spellings in phrases]
    for number, spellings in enumerate(wanted):
        at = 0
        while at < len(said):
            sizes = [len(spelling) for spelling in spellings if stands(said[at : at + len(spelling)], spelling)]
            if sizes:
                words = [unit[2] for unit in said]
                found.append((number, sum(words[:at]), sum(words[: at + max(sizes)])))
            at += max(sizes, default=1)
    return sorted(found)


def stands(here, spelling):
    """The same units, with the same whitespace between them."""
    return [unit[0] for unit in here] == [unit[0] for unit in spelling] and [unit[1] for unit in here[1:]] == [
        unit[1] for unit in spelling[1:]
    ]
