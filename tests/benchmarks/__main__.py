"""`python -m tests.benchmarks NAME`: one benchmark on one file, ours and a peer's in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Protocol

from tests.benchmarks import minhash, warc


class Benchmark(Protocol):
    """Measures on a file, or on what it finds without one; the peer gets the first `limit_mb` megabytes of it."""

    def __call__(self, path: str | None, limit_mb: float) -> dict[str, Any]: ...


BENCHMARKS: dict[str, Benchmark] = {"minhash": minhash.run, "warc": warc.run}


def main() -> int:
    arguments = parser().parse_args()
    if not arguments.name:
        print("\n".join(BENCHMARKS))
        return 0
    try:
        result = BENCHMARKS[arguments.name](arguments.input, arguments.limit_mb)
    except (ModuleNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(result) if arguments.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))
    return 0


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    found.add_argument("name", nargs="?", choices=[*BENCHMARKS], help="without it, the names are listed")
    found.add_argument(
        "--input",
        help="documents with a `text` column (.jsonl[.gz|.zst], .parquet); for warc: a WARC file",
    )
    found.add_argument("--limit-mb", type=float, default=20, help="how much of the input the peer gets (default 20)")
    found.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return found


if __name__ == "__main__":
    sys.exit(main())
