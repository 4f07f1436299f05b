"""`python -m tests.faults`: every fault, tried for real, and a table of what became of it.

Exits with 1 when anything was lost, half published, not recovered or ended otherwise than it should.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from tests.faults import answers, entering, kills, machines
from tests.faults.bench import Bench, Outcome, Skipped, opened_bench
from tests.faults.building import ENDINGS

FAULTS = {**kills.FAULTS, **answers.FAULTS, **machines.FAULTS, **entering.FAULTS}
AT_ONCE = 2  # tries, each with a build of one process
COLUMNS = ("fault", "tried", *ENDINGS, "lost", "half published", "recovered", "s")


def main() -> int:
    asked = parser().parse_args()
    if unknown := {*asked.only} - {*FAULTS}:
        print(f"there is no fault {', '.join(sorted(unknown))}: choose among {', '.join(FAULTS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="florilegium-faults-") as folder, opened_bench(Path(folder)) as bench:
        found = dict(tried(bench, asked.only or [*FAULTS], asked.times, asked.seed, asked.json))
    if asked.json:
        print(json.dumps(found, indent=1))
    return 1 if any(row["problems"] for row in found.values()) else 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this fault; repeatable")
    parser.add_argument("--times", type=int, default=1, help="tries of each [default: 1]")
    parser.add_argument("--seed", type=int, default=0, help="when and where faults strike [default: 0]")
    parser.add_argument("--json", action="store_true", help="everything as JSON, instead of the table")
    return parser


def tried(bench: Bench, names: Sequence[str], times: int, seed: int, quiet: bool) -> Iterator[tuple[str, Any]]:
    """Each fault so many times; a line of the table as soon as it and those before it are known."""
    if not quiet:
        print(" | ".join(("", f"{COLUMNS[0]:28}", *COLUMNS[1:], "")).strip(), flush=True)
        print("|" + "|".join("---" for _ in COLUMNS) + "|", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {
            name: [pool.submit(one, bench, name, Random(f"{seed} {name} {number}")) for number in range(times)]
            for name in names
        }
        for name, tries in begun.items():
            row = summed([found for item in tries if (found := item.result())])
            if not quiet:
                print(line(name, row), flush=True)
            for problem in row["problems"]:
                print(f"    {problem}", file=sys.stderr)
            yield name, row


def one(bench: Bench, name: str, chance: Random) -> Outcome | None:
    """One try; None where the machine does not allow it."""
    begun = time.monotonic()
    try:
        outcome = FAULTS[name](bench, chance)
    except Skipped as reason:
        print(f"{name}: skipped, {reason}", file=sys.stderr)
        return None
    outcome.seconds = round(time.monotonic() - begun, 1)
    return outcome


def summed(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """A row of the table, and what stands behind it."""
    ended = [how for outcome in outcomes for how in outcome.ended]
    return {
        "tried": len(outcomes),
        **{how: ended.count(how) for how in ENDINGS},
        "lost": sum(len(outcome.lost) for outcome in outcomes),
        "half published": sum(len(outcome.half_published) for outcome in outcomes),
        "recovered": sum(not outcome.missing for outcome in outcomes),
        "s": round(sum(outcome.seconds for outcome in outcomes)),
        "problems": [problem for outcome in outcomes for problem in outcome.problems],
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def line(name: str, row: dict[str, Any]) -> str:
    return " | ".join(("", f"{name:28}", *(f"{row[column]}" for column in COLUMNS[1:]), "")).strip()


if __name__ == "__main__":
    sys.exit(main())
