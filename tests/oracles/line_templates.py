"""How lines begin and end, with regular expressions over characters and their categories."""

import unicodedata


def tokens(line):
    found = []
    for character in line:
        category = unicodedata.category(character)
        kind = "gap" if character.isspace() else "word" if category[0] in "LM" else category[0] == "N" or "sign"
        if found and found[-1][0] == kind and kind != "sign":
            found[-1] = (kind, found[-1][1] + character)
        else:
            found.append((kind, character))
    return [(kind, "0" if kind is True else text) for kind, text in found if kind != "gap"]


def templates(text):
    """Of each line that is not blank (start, end, how it begins, how it ends)."""
    found, start = [], 0
    for line in text.split("\n"):
        end = start + len(line.encode())
        told = tokens(line)
        if told:
            beginning = told[:2] if told[0][0] == "word" else told[:1]
            found.append((start, end, tuple(beginning), tuple(told[-2:])))
        start = end + 1
    return found
