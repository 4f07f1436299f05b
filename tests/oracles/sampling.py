"""SipHash-2-4 of any bytes, after the paper."""

MASK = 2**64 - 1


def siphash(key: bytes, message: bytes) -> int:
    """64 bits of SipHash-2-4."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = message + bytes(-(len(message) + 1) % 8) + bytes([len(message) % 256])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i : i + 8], "little")
        v[3] ^= word
        rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def rounds(v: list[int], times: int) -> None:
    for _ in range(times):
        half(v, 0, 1, 13), half(v, 2, 3, 16)
        v[0] = rotate(v[0], 32)
        half(v, 2, 1, 17), half(v, 0, 3, 21)
        v[2] = rotate(v[2], 32)


def half(v: list[int], i: int, j: int, bits: int) -> None:
    v[i] = (v[i] + v[j]) & MASK
    v[j] = rotate(v[j], bits) ^ v[i]


def rotate(x: int, bits: int) -> int:
    return (x << bits | x >> (64 - bits)) & MASK
