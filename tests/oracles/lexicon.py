"""How often entries stand in a text, by Python's `re` and a loop over places."""

import re

UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff々]")


def count(text, entries):
    """Matches and distinct entries; first of the entries that stand alone, then of those that stand anywhere."""
    text = text.lower()
    anywhere = {entry for entry in entries if UNSPACED.search(entry[0] + entry[-1])}
    found = []
    for group, flanked in ((set(entries) - anywhere, True), (anywhere, False)):
        at = 0
        while at < len(text):
            here = [entry for entry in group if text.startswith(entry, at)]
            if flanked:
                here = [entry for entry in here if free(text, at - 1) and free(text, at + len(entry))]
            if here:
                found.append(max(here, key=len))
                at += len(found[-1])
            else:
                at += 1
    return len(found), len(set(found))


def free(text, at):
    """Whether no word goes on there: a letter, mark, number or connector."""
    import unicodedata

    return not 0 <= at < len(text) or not (text[at] == "_" or unicodedata.category(text[at])[0] in "LMN")
