"""What a server may answer, or not: errors, too many requests, late, in part, never."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.faults.bench import Bench, Outcome, settle
from tests.faults.building import COMPLETED, REFUSED, build
from tests.faults.proxy import Choice, Fault, Request, proxied

PATIENCE_SECONDS = 1.0  # of a client whose server hangs
FEW, SOME = 0.03, 0.1  # shares of requests
REQUESTS = 500  # about so many are made by a build


def errors(bench: Bench, chance: Random) -> Outcome:
    """500 to some requests, half of which were carried out all the same."""
    return _disturbed(bench, _now_and_then(chance, FEW, lambda: Fault(500, after=chance.random() < 0.5)))


def slow_down(bench: Bench, chance: Random) -> Outcome:
    """503 Slow Down to some, the same."""
    return _disturbed(bench, _now_and_then(chance, FEW, lambda: Fault(503, "SlowDown", after=chance.random() < 0.5)))


def slow_down_for_good(bench: Bench, chance: Random) -> Outcome:
    """503 to everything from some request on."""
    first = chance.randrange(1, REQUESTS)
    busy = Fault(503, "SlowDown")
    return _disturbed(bench, lambda request: busy if request.number >= first else None, "asks for fewer requests")


def slow(bench: Bench, chance: Random) -> Outcome:
    """Every answer up to a twentieth of a second late."""
    return _disturbed(bench, lambda request: Fault(seconds=chance.random() / 20))


def timeouts(bench: Bench, chance: Random) -> Outcome:
    """Some requests hang for longer than the client waits; all of them are carried out in the end."""
    late = Fault(seconds=PATIENCE_SECONDS * 1.5)
    return _disturbed(bench, _now_and_then(chance, FEW / 3, lambda: late), patience=PATIENCE_SECONDS)


def hanging(bench: Bench, chance: Random) -> Outcome:
    """From some request on nothing is answered in time."""
    first, late = chance.randrange(1, REQUESTS), Fault(seconds=0.5, is_dropped=True)
    return _disturbed(bench, lambda request: late if request.number >= first else None, "broke off", patience=0.2)


def cut(bench: Bench, chance: Random) -> Outcome:
    """Some bodies end early: their connection breaks."""
    return _disturbed(bench, _now_and_then(chance, SOME, lambda: Fault(keep=chance.random())))


def dropped(bench: Bench, chance: Random) -> Outcome:
    """Some connections end without an answer, half of them after the request was carried out."""
    return _disturbed(bench, _now_and_then(chance, FEW, lambda: Fault(is_dropped=True, after=chance.random() < 0.5)))


def outage(bench: Bench, chance: Random) -> Outcome:
    """From some request on every connection ends without an answer."""
    first, gone = chance.randrange(1, REQUESTS), Fault(is_dropped=True)
    return _disturbed(bench, lambda request: gone if request.number >= first else None, "cannot be reached")


def short(bench: Bench, chance: Random) -> Outcome:
    """One body in a hundred comes short, and says that it is whole: whatever notices must not publish it."""

    def choose(request: Request) -> Fault | None:
        is_chosen = request.method == "GET" and request.path and chance.random() < FEW / 3
        return Fault(keep=chance.random(), is_told_whole=False) if is_chosen else None

    return _disturbed(bench, choose, " ")


def _now_and_then(chance: Random, share: float, fault: object) -> Choice:
    return lambda request: fault() if chance.random() < share else None  # type: ignore[operator]


def _disturbed(bench: Bench, choose: Choice, saying: str = "", patience: float = 60) -> Outcome:
    """A build through the proxy. With `saying` it may be refused so; without, it must complete."""
    order = bench.order(timeout_seconds=patience)
    with proxied(order.config, choose) as (config, proxy):
        ended = build(replace(order, config=config))
    outcome = settle(bench, order, [ended], should=[REFUSED, COMPLETED] if saying else [COMPLETED], saying=saying)
    if not proxy.faults:
        outcome.odd.append("no request was disturbed")
    return outcome


FAULTS = {
    "500 to some requests": errors,
    "503 to some requests": slow_down,
    "503 for good": slow_down_for_good,
    "slow answers": slow,
    "timeouts": timeouts,
    "server hangs": hanging,
    "bodies cut": cut,
    "bodies short, unsaid": short,
    "connections dropped": dropped,
    "outage": outage,
}
