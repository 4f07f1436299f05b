"""Machines that go wrong: clocks that jump, disks that are full."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from tests.faults.accounts import fill
from tests.faults.bench import Bench, Outcome, Skipped, settle
from tests.faults.building import COMPLETED, REFUSED, Order, build

MINUTE, DAY = 60.0, 86_400.0
SOON_SECONDS = 2.0
MIB = 1 << 20


def minutes(bench: Bench, chance: Random) -> Outcome:
    """Within what signatures allow, forward or backward, in the middle of a build."""
    order = bench.order(jump=(chance.random() * SOON_SECONDS, chance.choice([-1, 1]) * 10 * MINUTE))
    return settle(bench, order, [build(order)], should=[COMPLETED])


def days(bench: Bench, chance: Random) -> Outcome:
    """Beyond it: the server takes no signature any more."""
    order = bench.order(jump=(chance.random() * SOON_SECONDS, chance.choice([-1, 1]) * 2 * DAY))
    return settle(bench, order, [build(order)], should=[REFUSED, COMPLETED], saying="set the clock that is wrong")


def store_full(bench: Bench, chance: Random) -> Outcome:
    """The disk of the embedded server, up to a few KiB; then it is freed, and the server still runs."""
    home = bench.new_folder()
    with small_disk(home / "store", 200 * MIB), embedded(home / "store") as config:
        order = Order(bench.recipes, home, config)
        fill(S3Store(config), bench.before)
        with ballast(home / "store", chance.randrange(64 << 10)):
            ended = build(order)
        return settle(bench, order, [ended], should=[REFUSED], saying="full")


def work_full(bench: Bench, chance: Random) -> Outcome:
    """The disk on which a build sorts what memory does not hold."""
    with small_disk(bench.new_folder() / "tmp", 4096 * chance.randrange(4, 12)) as folder:
        order = bench.order(temporary=folder, spool_bytes=1 << 10)
        ended = build(order)
        outcome = settle(bench, order, [ended], should=[REFUSED], saying="full")
        outcome.odd += [f"{path} was left behind" for path in folder.iterdir()]
        return outcome


@contextlib.contextmanager
def small_disk(path: Path, size_bytes: int) -> Iterator[Path]:
    """A file system in memory of its own at this path."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Skipped(f"no file system may be mounted here ({done.stderr.strip()})")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextlib.contextmanager
def ballast(folder: Path, left_bytes: int) -> Iterator[None]:
    """A file that leaves this much of a disk."""
    path = folder / "ballast"
    disk = os.statvfs(folder)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, disk.f_bavail * disk.f_frsize - left_bytes))
    try:
        yield
    finally:
        path.unlink()


FAULTS = {
    "clock jumps by minutes": minutes,
    "clock jumps by days": days,
    "disk of the store full": store_full,
    "disk of the builder full": work_full,
}
