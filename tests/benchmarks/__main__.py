"""`python -m tests.benchmarks NAME`: one benchmark on one file, ours and a peer's in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Protocol

from tests.benchmarks import minhash, texts


class Benchmark(Protocol):
    """Measures on texts; the peer gets the first `limit_mb` megabytes of them."""

    def __call__(self, texts: list[str], limit_mb: float) -> dict[str, Any]: ...


BENCHMARKS: dict[str, Benchmark] = {"minhash": minhash.run}


def main() -> int:
    arguments = parser().parse_args()
    if not arguments.name:
        print("\n".join(BENCHMARKS))
        return 0
    try:
        result = BENCHMARKS[arguments.name](texts.read(arguments.input), arguments.limit_mb)
    except (ModuleNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(result) if arguments.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))
    return 0


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    found.add_argument("name", nargs="?", choices=[*BENCHMARKS], help="without it, the names are listed")
    found.add_argument("--input", help="a .jsonl, .jsonl.gz, .jsonl.zst or .parquet file with a `text` column")
    found.add_argument("--limit-mb", type=float, default=20, help="how much of the texts the peer gets (default 20)")
    found.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return found


if __name__ == "__main__":
    sys.exit(main())
