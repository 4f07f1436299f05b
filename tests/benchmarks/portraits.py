"""Portraits: how fast, how large, how often they err, and what they miss; and verbatim spans by reading the version.

From a store to the store by one process, beside a read of the same text column, beside a bare read-and-rewrite as
`mixes` has it, and beside the same filter in plain Python, which gets the first megabytes. Spans of 99 to 400
characters of the texts are planted in noise, and all must be shown.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import Portrait
from dagster_project.corpus.portraits.drawing import draw
from dagster_project.corpus.portraits.matching import matches
from dagster_project.corpus.portraits.portrait import PROBES, WIDTH, forget
from dagster_project.corpus.portraits.spans import Least
from dagster_project.corpus.portraits.texts import shards_of
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from tests.benchmarks.mixes import rewritten
from tests.benchmarks.texts import read
from tests.corpus.portraits.publications import published

SHARD_BYTES = 32 << 20
PLANTED, NOISE = 2000, 200_000
MOST_SHARE = 0.03  # of the text
RUNS = 3
LETTERS = "abcdefghijklmnopqrstuvwxyz ,.0123456789"


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    texts = [*dict.fromkeys(read(arguments.input))]
    with tempfile.TemporaryDirectory() as place:
        found = measured(texts, Path(place), arguments.limit_mb)
    good = found["recall"] == 1 and found["share_of_text"] <= MOST_SHARE and found["all_matched"]
    return {**found, "counts": good}, 0 if good else 1


def measured(texts: list[str], place: Path, limit_mb: float) -> dict[str, Any]:
    size = sum(len(text.encode()) for text in texts) / 1e6
    with embedded(place / "store") as config, closing(LocalEngine(1)) as engine:
        store = S3Store(config)
        manifest = published(store, *in_shards(texts))
        draw(store, engine, published(store, ["it compiles " * 9]))
        times = [timed(store, engine, manifest) for _ in range(RUNS)]
        drawing, reading, bare = (sorted(column)[RUNS // 2] for column in zip(*times, strict=True))
        portrait = Portrait(store, header := draw(store, engine, manifest))
        planted = list(spans_of(texts))
        shown, asking = asked(portrait, planted)
        noise = drawn(random.Random(2), NOISE)
        errs = sum(span.grams for span in portrait.spans([noise])[0]) / (len(noise) - WIDTH + 1)
        matches(store, engine, shards_of(store, manifest)[:1], planted[:9], Least())
        began = perf_counter()
        found = matches(store, engine, shards_of(store, manifest), planted, Least())
        matching = perf_counter() - began
    whole = {match.text for match in found.found if match.end - match.start >= header.certain}
    some = [*up_to(texts, limit_mb)]
    theirs = sum(len(text.encode()) for text in some) / 1e6 / plain(some)
    return {
        "documents": len(texts),
        "megabytes": round(size, 1),
        "portrait_mb_per_second": round(size / drawing, 1),
        "read_mb_per_second": round(size / reading, 1),
        "of_a_read": round(drawing / reading, 2),
        "of_a_bare_rewrite": round(drawing / bare, 2),
        "plain_python_mb_per_second": round(theirs, 2),
        "times_plain_python": round(size / drawing / theirs, 1),
        "elements": header.elements,
        "share_of_text": round(header.share, 5),
        "stated_false_rate": round(header.false_rate, 5),
        "measured_false_rate": round(errs, 5),
        "planted": len(planted),
        "recall": sum(shown) / len(shown),
        "asked_kb_per_second": round(sum(map(len, planted)) / 1e3 / asking),
        "matches_mb_per_second": round(size / matching, 1),
        "all_matched": len(whole) == len(planted),
    }


def timed(store: S3Store, engine: LocalEngine, manifest: Manifest) -> tuple[float, float, float]:
    """Seconds for the portrait, for a read of the texts, and for a bare rewrite."""
    forget(store, manifest.id)
    began = perf_counter()
    draw(store, engine, manifest)
    drawing = perf_counter() - began
    began = perf_counter()
    for file in manifest.files:
        read_shard(store, file, ["text"])
    return drawing, perf_counter() - began, rewritten(store, manifest)


def in_shards(texts: Sequence[str]) -> Iterator[list[str]]:
    shard: list[str] = []
    size = 0
    for text in texts:
        shard.append(text)
        size += len(text.encode())
        if size > SHARD_BYTES:
            yield shard
            shard, size = [], 0
    yield shard


def drawn(chosen: random.Random, size: int) -> str:
    return "".join(chosen.choices(LETTERS, k=size))


def spans_of(texts: Sequence[str]) -> Iterator[str]:
    """Spans of texts, each between two stretches of noise of as many characters."""
    chosen = random.Random(1)
    long = [text for text in texts if len(text) >= 2 * WIDTH - 1]
    for _ in range(PLANTED if long else 0):
        text = chosen.choice(long)
        size = chosen.randint(2 * WIDTH - 1, min(400, len(text)))
        start = chosen.randint(0, len(text) - size)
        yield drawn(chosen, 99) + text[start : start + size] + drawn(chosen, 99)


def asked(portrait: Portrait, planted: Sequence[str]) -> tuple[list[bool], float]:
    """Whether each planted span is shown by as many n-grams as it must have, and the seconds that it took."""
    began = perf_counter()
    found = portrait.spans(planted)
    seconds = perf_counter() - began
    least = [(len(text) - 198 - WIDTH + 1) // WIDTH for text in planted]
    shown = [
        any(span.grams >= grams and span.end > 99 and span.start < len(text) - 99 for span in spans)
        for text, spans, grams in zip(planted, found, least, strict=True)
    ]
    return shown, seconds


def up_to(texts: Sequence[str], megabytes: float) -> Iterator[str]:
    left = megabytes * 1e6
    for text in texts:
        if left <= 0:
            return
        yield text
        left -= len(text.encode())


def plain(texts: Sequence[str]) -> float:
    """Seconds that the same filter takes in plain Python."""
    began = perf_counter()
    bits = max(512, sum(len(text) // WIDTH for text in texts) * 10)
    found = bytearray(bits // 8 + 1)
    for text in texts:
        for at in range(0, len(text) - WIDTH + 1, WIDTH):
            hashed = hashlib.blake2b(text[at : at + WIDTH].encode(), digest_size=8 * PROBES).digest()
            for probe in range(PROBES):
                place = int.from_bytes(hashed[8 * probe : 8 * probe + 8], "little") % bits
                found[place >> 3] |= 1 << (place & 7)
    return perf_counter() - began
