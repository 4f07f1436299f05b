"""`python -m tests.benchmarks NAME`: one benchmark on one file, ours and a peer's in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks import (
    families,
    layers,
    lineage,
    minhash,
    mixes,
    parity,
    portraits,
    recall,
    scale,
    signals,
    support,
    tokens,
    warc,
)

Result = tuple[dict[str, Any], int]  # what was measured, and the exit code


class Benchmark(NamedTuple):
    """Measures as the arguments say; `told` is what a person sees of the result."""

    run: Callable[[Namespace], Result]
    told: Callable[[Mapping[str, Any]], str]


def lines(result: Mapping[str, Any]) -> str:
    return "\n".join(f"{name:32} {value}" for name, value in result.items())


BENCHMARKS: dict[str, Benchmark] = {
    "families": Benchmark(families.run, lines),
    "layers": Benchmark(layers.run, lines),
    "lineage": Benchmark(lineage.run, lines),
    "minhash": Benchmark(lambda said: (minhash.run(said.input, said.limit_mb), 0), lines),
    "mixes": Benchmark(mixes.run, lines),
    "parity": Benchmark(parity.run, parity.told),
    "portrait": Benchmark(portraits.run, lines),
    "recall": Benchmark(recall.run, recall.told),
    "scale": Benchmark(scale.run, scale.told),
    "signals": Benchmark(signals.run, signals.told),
    "support": Benchmark(lambda said: (support.run(said.input, said.limit_mb), 0), lines),
    "tokenizers": Benchmark(lambda said: (tokens.run(said.input, said.limit_mb), 0), lines),
    "warc": Benchmark(lambda said: (warc.run(said.input, said.limit_mb), 0), lines),
}


def main() -> int:
    arguments = parser().parse_args()
    if not arguments.name:
        print("\n".join(BENCHMARKS))
        return 0
    benchmark = BENCHMARKS[arguments.name]
    try:
        result, code = benchmark.run(arguments)
    except (ModuleNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json == PRINTED:
        print(json.dumps(result))
        return code
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(benchmark.told(result))
    return code


PRINTED = "-"


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    found.add_argument("name", nargs="?", choices=[*BENCHMARKS], help="without it, the names are listed")
    found.add_argument(
        "--input",
        help="documents with a `text` column (.jsonl[.gz|.zst], .parquet), a .txt or a folder of text files; for warc, "
        "a WARC file",
    )
    found.add_argument("--limit", type=int, help="the first so many documents (parity, signals)")
    found.add_argument("--megabytes", type=float, help="the first so many megabytes (signals)")
    found.add_argument(
        "--limit-mb",
        type=float,
        default=20,
        help="how much the peer gets (families, minhash, portrait, support, tokenizers, warc; default 20)",
    )
    found.add_argument("--peer-megabytes", type=float, help="how much the peer gets (signals; default all)")
    found.add_argument("--texts", type=float, help="gather so many megabytes of texts from this machine (signals)")
    found.add_argument(
        "--memory", action="store_true", help="also peak memory, for the input and ten times it (signals)"
    )
    found.add_argument("--documents", type=int, default=5000, help="real texts at most (recall; default 5000)")
    found.add_argument("--manifests", type=int, default=5000, help="generated (lineage; default 5,000)")
    found.add_argument("--mixes", type=int, default=20, help="generated (lineage; default 20)")
    found.add_argument("--members", type=int, default=10_000_000, help="of all mixes (lineage; default 10 million)")
    found.add_argument("--times", type=int, nargs="+", help="the input (scale; default 1 4 16)")
    found.add_argument("--plot", help="draw the curves there, as PNG or SVG (scale)")
    found.add_argument("--sketch", type=int, default=256, help="hashes of shingles that verify (recall; default 256)")
    found.add_argument("--processes", type=int, default=2, help="of the peer (parity, recall; default 2)")
    found.add_argument("--list", help="write every disagreement there, as JSON lines (parity)")
    found.add_argument(
        "--json", nargs="?", const=PRINTED, help="one JSON object instead of lines; with a file, there and lines, too"
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
