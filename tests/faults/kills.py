"""SIGKILL: of workers, of the driver, of the server that holds the store."""

from __future__ import annotations

import os
import signal
import time
from random import Random

from dagster_project.corpus.storage.embedded import embedded, status
from dagster_project.corpus.storage.s3 import S3Store
from tests.faults.accounts import fill
from tests.faults.bench import Bench, Outcome, settle
from tests.faults.building import COMPLETED, KILLED, REFUSED, Build, Order

STEP_SECONDS = 0.02
LONGEST_SECONDS = 60.0


def worker(bench: Bench, chance: Random) -> Outcome:
    """Two of the workers, one after the other; the build replaces them."""
    order = bench.order(workers=2)
    building = Build(order)
    kills = 0
    deadline = time.monotonic() + LONGEST_SECONDS
    while building.is_running and kills < 2 and time.monotonic() < deadline:
        time.sleep(STEP_SECONDS + chance.random() * 10 * STEP_SECONDS * kills)
        kills += building.kill_worker()
    ended = building.wait()
    outcome = settle(bench, order, [ended], should=[COMPLETED])
    if not kills:
        outcome.odd.append("no worker was met alive")
    return outcome


def driver(bench: Bench, chance: Random) -> Outcome:
    """At a random write: as soon as the store holds so many more objects than before."""
    order = bench.order()
    building = Build(order)
    at_some_write(bench, building, S3Store(order.config), chance)
    building.kill()
    return settle(bench, order, [building.wait()], should=[KILLED, COMPLETED])


def server(bench: Bench, chance: Random) -> Outcome:
    """The embedded one, which the build has opened itself; whoever opens it next starts it again."""
    home = bench.new_folder()
    with embedded(home / "store") as config:
        order = Order(bench.recipes, home, config, is_embedded=True)
        fill(S3Store(config), bench.before)
        building = Build(order)
        at_some_write(bench, building, S3Store(config), chance)
        pid = status(home / "store").pid
        assert pid
        os.killpg(pid, signal.SIGKILL)
        ended = building.wait()
        with embedded(home / "store"):
            return settle(bench, order, [ended], should=[REFUSED, COMPLETED], saying="cannot be reached")


def at_some_write(bench: Bench, building: Build, store: S3Store, chance: Random) -> None:
    """As soon as there are so many more objects than before."""
    wanted = len(bench.before) + chance.randrange(1, len(bench.before))
    while building.is_running and sum(1 for _ in store.list("")) < wanted:
        time.sleep(STEP_SECONDS)


FAULTS = {"worker killed": worker, "driver killed": driver, "server killed": server}
