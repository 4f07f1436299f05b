"""`python -m tests.security`: whether a dependency of requirements.lock has a known vulnerability, by pip-audit.

Ends with 0 when all were looked up and none has one, with 1 when one has, and with 2 when the question is open:
pip-audit is not installed, or its data could not be had. pip-audit itself says "No known vulnerabilities found" and
ends with 0 also when its index knew of no package at all.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

LOCK = Path(__file__).parents[2] / "requirements.lock"
NONE, FOUND, OPEN = 0, 1, 2
SECONDS = 600
NAMED = 5


class Answer(NamedTuple):
    """What there is to say, and the exit code."""

    said: str
    code: int


def audit(lock: Path, program: str, more: Sequence[str] = ()) -> Answer:
    """Ask pip-audit about every line of a lock file, as it stands there: nothing is resolved or installed."""
    command = [program, "-r", str(lock), "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", *more]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        return judged(json.loads(told.stdout))
    except OSError:
        return Answer("not audited: pip-audit is not installed (`pipx install pip-audit`)", OPEN)
    except subprocess.TimeoutExpired:
        return Answer(f"not audited: pip-audit gave no answer in {SECONDS} seconds", OPEN)
    except ValueError:
        last = (told.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
        return Answer(f"not audited: pip-audit could not have its data ({last})", OPEN)


def judged(told: Mapping[str, Any]) -> Answer:
    """What pip-audit told, where what it skipped counts as open and never as sound."""
    packages = told["dependencies"]
    skipped = [item["name"] for item in packages if "skip_reason" in item]
    bad = [f"{item['name']} {item['version']}: {_ids(item)}" for item in packages if item.get("vulns")]
    looked_up = f"{len(packages) - len(skipped):,} of {len(packages):,} packages looked up"
    if bad:
        return Answer("\n".join([f"{looked_up}, {len(bad):,} with known vulnerabilities", *bad]), FOUND)
    if skipped or not packages:
        names = ", ".join(skipped[:NAMED]) + (" and more" if len(skipped) > NAMED else "")
        return Answer(f"not audited in full: {looked_up}; the index knows nothing of {names or 'any'}", OPEN)
    return Answer(f"{looked_up}, none with a known vulnerability", NONE)


def _ids(item: Mapping[str, Any]) -> str:
    """Each vulnerability, and the versions that mend it."""
    return "; ".join(f"{vuln['id']} (mended in {', '.join(vuln['fix_versions']) or 'none'})" for vuln in item["vulns"])


def main(arguments: Sequence[str]) -> int:
    """The answer on stdout; options that are not ours go to pip-audit."""
    parser = argparse.ArgumentParser(prog="python -m tests.security", description=__doc__)
    parser.add_argument("--lock", type=Path, default=LOCK)
    given, more = parser.parse_known_args(arguments)
    answer = audit(given.lock, shutil.which("pip-audit") or "pip-audit", more)
    print(answer.said)
    return answer.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
