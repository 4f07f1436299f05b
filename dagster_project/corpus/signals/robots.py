"""robots.txt (RFC 9309) as it speaks to those who train models: which crawlers it keeps out, which uses it refuses.

Read by our own parser, because these files are hostile: a library that copies every rule to each of its agents makes
225 million rules of one file of 500 KiB. Here a block of rules is held once, whoever it is for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from dagster_project.corpus.model.crawlers import AGENTS, EVERYBODY, USES
from dagster_project.corpus.model.documents import SITE_FILE_BYTES
from dagster_project.corpus.signals.path_patterns import Pattern, pattern, spell

ANSWERS = {"no": False, "n": False, "?0": False, "yes": True, "y": True, "?1": True}

_AGENT = frozenset({"user-agent", "useragent", "user agent"})
_ACCESS = {"allow": True} | dict.fromkeys(
    ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"),
    False,  # as Google's parser has it
)
_PREFERENCE = frozenset({"content-signal", "content-usage"})
_LINES = re.compile(r"\r\n?|\n")


class Preference(NamedTuple):
    """A use of the pages of a pattern, which is granted or refused."""

    pattern: Pattern
    use: str


@dataclass
class Block:
    """The rules below some User-agent lines. Plain beginnings are looked up; the others are tried one by one."""

    prefixes: dict[str, bool] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)  # of the prefixes, longest first
    others: list[tuple[Pattern, bool]] = field(default_factory=list)
    preferences: dict[Preference, bool] = field(default_factory=dict)

    def add(self, said: str, allowed: bool) -> None:
        found = pattern(said)
        if found.is_prefix:
            (prefix,) = found.parts
            self.prefixes[prefix] = allowed or self.prefixes.get(prefix, False)
        else:
            self.others.append((found, allowed))

    def finish(self) -> None:
        self.lengths = sorted({len(prefix) for prefix in self.prefixes}, reverse=True)

    def verdict(self, path: str) -> tuple[int, bool]:
        """(length, allowed) of the most specific rule; of two the one that allows; (0, True) when there is none."""
        best = (0, True)
        for length in self.lengths:
            if length <= len(path) and (allowed := self.prefixes.get(path[:length])) is not None:
                best = (length, allowed)
                break
        return max([best, *((rule.length, allowed) for rule, allowed in self.others if rule.matches(path))])


@dataclass(frozen=True)
class Robots:
    """What a file says, by product token in lower case; several blocks for one token count as one."""

    blocks: Mapping[str, Sequence[Block]]

    def refused_agents(self, path: str) -> list[str]:
        """Those of AGENTS that are named and kept from a path, and EVERYBODY when all others are."""
        spelled = spell(path)
        verdicts = {id(block): block.verdict(spelled) for block in self.distinct}
        worst = {agent: max(verdicts[id(block)] for block in blocks) for agent, blocks in self.blocks.items() if blocks}
        return sorted(agent for agent, (_, allowed) in worst.items() if not allowed)

    def refused_uses(self, path: str) -> list[str]:
        """Uses refused for a path, to everybody or to one of AGENTS: of each block the most specific word, or a no."""
        spelled = spell(path)
        return sorted({use for block in self.distinct for use in _refused(block.preferences, spelled)})

    @cached_property
    def distinct(self) -> Sequence[Block]:
        """Every block once, whoever it is for."""
        return tuple({id(block): block for blocks in self.blocks.values() for block in blocks}.values())


def parse_robots(text: str, agents: Collection[str] = AGENTS) -> Robots:
    """The blocks for these agents and for everybody; lines that say nothing we know are passed over."""
    wanted = {EVERYBODY, *agents}
    blocks: dict[str, list[Block]] = {}
    current = preamble = Block()
    naming = False
    for name, value in directives(text):
        if name in _AGENT:
            if not naming:
                current, naming = Block(), True
            agent = _product(value)
            if agent in wanted and (agent not in blocks or blocks[agent][-1] is not current):
                blocks.setdefault(agent, []).append(current)
            continue
        if name in _ACCESS or name in _PREFERENCE:
            naming = False
        _say(current, name, value)
    for block in Robots(blocks).distinct:
        block.finish()
    if preamble.preferences:  # preferences before any User-agent are the whole site's
        blocks.setdefault(EVERYBODY, []).append(Block(preferences=preamble.preferences))
    return Robots(blocks)


def directives(text: str) -> Iterator[tuple[str, str]]:
    """(name in lower case, value) of each line, without comments; like Google's parser it forgives a missing colon."""
    for line in _LINES.split(text[:SITE_FILE_BYTES].removeprefix("\ufeff")):
        line = line.partition("#")[0].strip()
        name, colon, value = line.partition(":")
        if not colon:
            name, _, value = line.partition(" ")
        if name:
            yield name.strip().lower(), value.strip()


def _say(block: Block, name: str, value: str) -> None:
    if name in _ACCESS and value:
        block.add(value, _ACCESS[name])
    elif name in _PREFERENCE:
        for preference, granted in _preferences(value):
            block.preferences[preference] = granted and block.preferences.get(preference, True)


def _product(value: str) -> str:
    """The product token of a User-agent line: without version, comment and asterisk, but never empty."""
    name = value.lower()
    if name in AGENTS:
        return name
    token = re.split(r"[/\s;,]", name, maxsplit=1)[0]
    return token.strip("*") or EVERYBODY if token else ""


def _preferences(value: str) -> Iterator[tuple[Preference, bool]]:
    """`[path] name=answer, …`; what is neither yes nor no says nothing."""
    words = re.split(r"[\s,;]+", value.replace(" =", "=").replace("= ", "="))
    where = pattern(words[0] if words[0].startswith(("/", "*")) else "/")
    for word in words:
        name, _, answer = word.lower().partition("=")
        if name in USES and answer in ANSWERS:
            yield Preference(where, USES[name]), ANSWERS[answer]


def _refused(preferences: Mapping[Preference, bool], path: str) -> Iterator[str]:
    best: dict[str, tuple[int, bool]] = {}
    for (where, use), granted in preferences.items():
        if where.matches(path):
            best[use] = max(best.get(use, (-1, False)), (where.length, not granted))
    yield from (use for use, (_, refused) in best.items() if refused)
