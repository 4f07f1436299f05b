"""What `privacy` finds, one text at a time with Python's `re`: every pattern everywhere, then the overlaps."""

import re

from dagster_project.corpus.signals.personal_data import LETTER
from dagster_project.corpus.signals.privacy import PATTERNS, RANKS

LETTERS = "A-Za-zªºÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ"
BEFORE = 40


def translated(expression):
    """The same for `re`: scripts as ranges, and its name for the end."""
    return re.compile(expression.replace(LETTER, LETTERS).replace(r"\z", r"\Z"), re.ASCII)


EXPRESSIONS = [(item, translated(item.expression), translated(item.unless)) for item in PATTERNS]


def findings(text):
    """(kind, start, end) in bytes of UTF-8, in the order of the text."""
    text = f"\0{text}\0"
    found = [item for each in EXPRESSIONS for item in places(text, *each)]
    kept = []
    for kind, start, end in sorted(found, key=lambda item: (RANKS[item[0]], item[1] - item[2], item[1])):
        if all(end <= other[1] or start >= other[2] for other in kept):
            kept.append((kind, start, end))
    return [(kind, size(text[1:start]), size(text[1:end])) for kind, start, end in sorted(kept, key=lambda x: x[1])]


def places(text, pattern, expression, unless):
    at = 0
    while match := expression.search(text, at):
        start, end = match.span(1 if expression.groups else 0)
        end = start + len(text[start:end].encode()[: pattern.accepts(text[start:end].encode())].decode())
        if end > start and alone(text, start, end, pattern) and not told_otherwise(text, start, pattern, unless):
            yield pattern.kind, start, end
            at = end
        else:
            at = match.end() if pattern.maximal else match.start() + 1


def alone(text, start, end, pattern):
    if pattern.joints is None:
        return True
    joints = f"[{re.escape(pattern.joints)}]" if pattern.joints else "(?!)"
    goes_on = re.search(rf"(?:[A-Za-z0-9_]|[0-9]{joints})\Z", text[:start]) or re.match(
        rf"[A-Za-z0-9_]|{joints}[0-9]", text[end:]
    )
    return not goes_on


def told_otherwise(text, start, pattern, unless):
    if not pattern.unless:
        return False
    before = text[1:start].encode()[-BEFORE:].decode(errors="replace").rpartition("\0")[2]
    return bool(unless.search(before))


def size(text):
    return len(text.encode())
