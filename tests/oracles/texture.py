"""What texture is, with floating-point logarithms, a dictionary of places and `unicodedata`."""

import math
import unicodedata
from collections import Counter

VOWELS = "aeiouy"


def entropy(things) -> float:
    """In thousandths of a bit."""
    counts = Counter(things).values()
    total = sum(counts)
    return 1000 * math.fsum(count / total * math.log2(total / count) for count in counts)


def compressed(data: bytes) -> bytes:
    """A greedy LZ4 block; the places of four bytes are kept by the hash that the kernel uses."""
    if not data:
        return b""
    written, places, anchor, at, misses = b"", {}, 0, 0, 0
    while at + 12 < len(data):
        slot = (int.from_bytes(data[at : at + 4], "little") * 2654435761 & 0xFFFFFFFF) >> 20
        found = places.get(slot, -1)
        places[slot] = at
        if found >= 0 and at - found <= 65535 and data[found : found + 4] == data[at : at + 4]:
            length = 4
            while at + length < len(data) - 5 and data[found + length] == data[at + length]:
                length += 1
            written += sequence(data[anchor:at], at - found, length)
            at += length
            anchor, misses = at, 0
        else:
            misses += 1
            at += 1 + (misses >> 6)
    return written + sequence(data[anchor:], 0, 4)


def sequence(literals: bytes, distance: int, length: int) -> bytes:
    """The token, the literals, and the match unless the distance is 0."""
    token = min(15, len(literals)) << 4 | min(15, length - 4)
    match = distance.to_bytes(2, "little") + more(length - 4) if distance else b""
    return bytes([token]) + more(len(literals)) + literals + match


def more(length: int) -> bytes:
    if length < 15:
        return b""
    whole, rest = divmod(length - 15, 255)
    return b"\xff" * whole + bytes([rest])


def expand(block: bytes) -> bytes:
    """Read an LZ4 block."""
    text, at = bytearray(), 0
    while at < len(block):
        token, at = block[at], at + 1
        size, at = read_length(block, at, token >> 4)
        text += block[at : at + size]
        at += size
        if at < len(block):
            distance, at = int.from_bytes(block[at : at + 2], "little"), at + 2
            size, at = read_length(block, at, token & 15)
            for _ in range(size + 4):
                text.append(text[-distance])
    return bytes(text)


def read_length(block: bytes, at: int, size: int) -> tuple[int, int]:
    while size >= 15:
        size, at = size + block[at], at + 1
        if block[at - 1] < 255:
            break
    return size, at


def syllables(word: str) -> int:
    runs = sum(c.lower() in VOWELS and (not i or word[i - 1].lower() not in VOWELS) for i, c in enumerate(word))
    is_mute = len(word) > 1 and word[-1] in "eE" and word[-2].lower() not in VOWELS
    return max(1, runs - is_mute)


def script(c: str) -> str:
    name = unicodedata.name(c, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    return name.partition(" ")[0].lower()
