"""Lines and paragraphs by Python's own split and strip."""


def segments(text, shortest, *, paragraphs):
    """Tuples (start, end, what it says) of a text: places in bytes, what is said as bytes."""
    lines, at = [], 0
    for line in text.encode().split(b"\n"):
        lines.append((at, at + len(line) + 1, line.decode().strip().encode()))
        at += len(line) + 1
    whole = text.encode()
    if paragraphs:
        lines = _joined(lines, whole)
    return [(start, min(end, len(whole)), said) for start, end, said in lines if len(said) >= max(1, shortest)]


def _joined(lines, whole):
    found, blank = [], True
    for start, end, said in lines:
        if not said:
            if found:
                found[-1][1] = end
        elif blank:
            found.append([start, end, end])
        else:
            found[-1][1:] = [end, end]
        blank = not said
    return [(start, end, whole[start:last].decode().strip().encode()) for start, end, last in found]
