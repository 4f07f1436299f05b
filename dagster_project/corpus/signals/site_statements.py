"""What a site says of one of its pages, from its robots.txt, ai.txt and tdmrep.json, as tokens that a policy can name.

    robots.txt:gptbot       a crawler of AGENTS that is named there is kept from the page
    robots.txt:*            all crawlers that are not named are
    robots.txt:ai-train     a use is refused (Content-Signal, Content-Usage); also :ai-input, :search
    robots.txt:unreachable  the server failed (5xx), which RFC 9309 section 2.3.1.4 takes for a complete disallow
    ai.txt, ai.txt:gptbot   the page, or text of any kind, is kept from data sets (Spawning)
    tdm                     text and data mining is reserved (TDMRep, W3C Community Group report of 10 May 2024)

A file that is not there (4xx) says nothing, and a web page that a server sends in its place is no such file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from dagster_project.corpus.model import crawlers
from dagster_project.corpus.model.crawlers import EVERYBODY
from dagster_project.corpus.model.documents import SITE_FILE_BYTES
from dagster_project.corpus.signals.path_patterns import Pattern, pattern, spell
from dagster_project.corpus.signals.robots import Robots, parse_robots

ROBOTS, AI, TDMREP = "/robots.txt", "/ai.txt", "/.well-known/tdmrep.json"
LONGEST_POLICY = 2_000  # characters of the address of a licensing policy
UNREACHABLE = f"robots.txt:{crawlers.UNREACHABLE}"
NOTHING: frozenset[str] = frozenset()


class Said(NamedTuple):
    """Tokens of one page; of TDMRep also whether a rule spoke of it, and where its licensing policy stands."""

    tokens: frozenset[str] = NOTHING
    tdm_policy: str | None = None


class Rule(NamedTuple):
    """One rule of a tdmrep.json."""

    pattern: Pattern
    reserved: bool
    policy: str | None


class SiteFile:
    """One capture of one site file, parsed when it is first asked."""

    def __init__(self, path: str, status: int, text: str):
        self.path, self.status, self._text = path, status, text[:SITE_FILE_BYTES]

    def say(self, page: str) -> Said:
        """What it says of the page at a path with its query, such as `/a?b=c`."""
        if self.path == ROBOTS and self.status >= 500:
            return Said(frozenset({UNREACHABLE}))
        if not 200 <= self.status < 300:
            return Said()
        return {ROBOTS: self._of_robots, AI: self._of_ai, TDMREP: self._of_tdmrep}[self.path](page)

    def _of_robots(self, page: str) -> Said:
        found = [*self._robots.refused_agents(page), *self._robots.refused_uses(page)]
        return Said(frozenset(f"robots.txt:{name}" for name in found))

    def _of_ai(self, page: str) -> Said:
        """Its rules go by file type, and a page is text whatever its name: it is judged as a .txt file, too."""
        as_text = page.partition("?")[0].rstrip("/") + ".txt"
        found = {*self._robots.refused_agents(page), *self._robots.refused_agents(as_text)}
        return Said(frozenset("ai.txt" if agent == EVERYBODY else f"ai.txt:{agent}" for agent in found))

    def _of_tdmrep(self, page: str) -> Said:
        spelled = spell(page)
        rule = next((rule for rule in self._rules if rule.pattern.matches(spelled)), None)
        return Said(frozenset({"tdm"}), rule.policy) if rule and rule.reserved else Said()

    @cached_property
    def _robots(self) -> Robots:
        return parse_robots("" if self._text.lstrip("\ufeff \t\r\n").startswith("<") else self._text)

    @cached_property
    def _rules(self) -> Sequence[Rule]:
        return tuple(_tdm_rules(self._text))


def _tdm_rules(text: str) -> Iterator[Rule]:
    """The rules in their sequence, the first match of which holds; what is no rule counts as unset, as the report has
    it."""
    try:
        found = orjson.loads(text.removeprefix("\ufeff").encode("utf-8", "replace"))
    except orjson.JSONDecodeError:  # also for nesting without end
        return
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict) and isinstance(location := item.get("location"), str):
            reservation = item.get("tdm-reservation")
            if str(reservation) in ("0", "1") and not isinstance(reservation, bool):
                where = location if location.startswith(("/", "*")) else f"/{location}"
                yield Rule(pattern(where), str(reservation) == "1", _policy(item.get("tdm-policy")))


def _policy(said: Any) -> str | None:
    if not isinstance(said, str) or not said.startswith(("https://", "http://")):
        return None
    return said if len(said) <= LONGEST_POLICY and said.isprintable() else None
