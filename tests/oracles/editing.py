"""Edits of one text as a list of (start, end, text) in bytes, applied from the back."""

Edit = tuple[int, int, str]


def apply(text: bytes, edits: list[Edit]) -> bytes:
    for start, end, new in reversed(edits):
        text = text[:start] + new.encode() + text[end:]
    return text
