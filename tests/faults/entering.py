"""Stores that are entered by others, too, hold something else, do not let in, or do not keep what publishing needs."""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
from dataclasses import replace
from functools import partial
from random import Random

from dagster_project.corpus.storage.embedded import embedded, status
from dagster_project.corpus.storage.processes import process_start
from dagster_project.corpus.storage.s3 import S3Store
from tests.faults.accounts import fill, held, kept, wrong
from tests.faults.bench import Bench, Outcome, settle
from tests.faults.building import COMPLETED, MIX, REFUSED, Build, Order, build
from tests.faults.kills import at_some_write
from tests.faults.proxy import Fault, Request, proxied

REQUESTS = 500  # about so many are made by a build


def two_at_once(bench: Bench, chance: Random) -> Outcome:
    """Two builds of one partition, the second up to a second later."""
    order = bench.order()
    first = Build(order)
    time.sleep(chance.random())
    second = Build(replace(order, home=bench.new_folder()))
    return settle(bench, order, [first.wait(), second.wait()], should=[COMPLETED])


def altered(bench: Bench, chance: Random) -> Outcome:
    """A bit of any object of the finished mix, of its records or of its publication. Verification must find it where
    the mix needs it; objects are made again by --repair, records as their refusal says."""
    order = bench.order()
    store = S3Store(order.config)
    first = build(order)
    before = held(store)
    kind = chance.choice(["data/", "data/", "manifests/", "builds/", "refs/"])
    path = chance.choice(sorted(name for name in {*before} - {*bench.before} if name.startswith(kind)))
    body = bytearray(before[path])
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    store.put(path, bytes(body))
    noticed = wrong(kept(held(store)), MIX)
    ended = build(order)
    if kind == "refs/":
        store.put(path, before[path])
    elif kind != "data/":
        store.delete([path])
    facts = {"before": before, "damaged": [path], "again": ["--repair"]}
    outcome = settle(bench, order, [first, ended], should=[REFUSED, COMPLETED], saying=path, **facts)
    if not any(path in problem for problem in noticed) and kind != "builds/":
        outcome.odd.append(f"verification did not find that {path} was altered")
    return outcome


def rotated(bench: Bench, chance: Random) -> Outcome:
    """The keys of a real server, in the middle of a build."""
    home = bench.new_folder()
    with embedded(home / "store") as config:
        order = Order(bench.recipes, home, config)
        fill(S3Store(config), bench.before)
        building = Build(order)
        at_some_write(bench, building, S3Store(config), chance)
        building.send(signal.SIGSTOP)
        keys = {"accessKey": secrets.token_hex(8), "secretKey": secrets.token_hex(20)}
        identity = {"name": "florilegium", "credentials": [keys], "actions": ["Admin"]}
        (home / "store" / "identities.json").write_text(json.dumps({"identities": [identity]}))
        pid = status(home / "store").pid
        assert pid
        os.killpg(pid, signal.SIGKILL)
        while process_start(pid):
            time.sleep(0.02)
        with embedded(home / "store") as renewed:
            building.send(signal.SIGCONT)
            ended = building.wait()
            order = replace(order, config=renewed)
            return settle(bench, order, [ended], should=[REFUSED, COMPLETED], saying="refused the credentials")


def wrong_secret(bench: Bench, chance: Random) -> Outcome:
    """From the beginning."""
    order = bench.order()
    ended = build(replace(order, config=replace(order.config, secret_key=secrets.token_hex(20))))
    return settle(bench, order, [ended], should=[REFUSED], saying="refused the credentials")


def expired(bench: Bench, chance: Random) -> Outcome:
    """A session token that ends in the middle of a build."""
    first, over = chance.randrange(1, REQUESTS), Fault(403, "ExpiredToken")
    order = bench.order()
    with proxied(order.config, lambda request: over if request.number >= first else None) as (config, _):
        ended = build(replace(order, config=config))
    return settle(bench, order, [ended], should=[REFUSED, COMPLETED], saying="credentials")


def unconditional(bench: Bench, chance: Random) -> Outcome:
    """A gateway that drops the condition of a PUT, and one that knows no such header: refused before anything is
    written."""
    order = bench.order()
    ended = []
    for fault in (Fault(is_bare=True), Fault(501, "NotImplemented")):
        with proxied(order.config, partial(_to_conditional, fault)) as (config, _):
            ended.append(build(replace(order, config=config)))
    unwritten = held(S3Store(order.config)).keys() == bench.before.keys()
    outcome = settle(bench, order, ended, should=[REFUSED], saying="lacks conditional PUT")
    if not unwritten:
        outcome.odd.append("something was written to a store that cannot keep it")
    return outcome


def _to_conditional(fault: Fault, request: Request) -> Fault | None:
    return fault if request.method == "PUT" and "if-none-match" in request.headers else None


FAULTS = {
    "two builds at once": two_at_once,
    "object altered": altered,
    "keys rotated": rotated,
    "wrong secret": wrong_secret,
    "token expired": expired,
    "no conditional PUT": unconditional,
}
