"""robots.txt: the cases of RFC 9309, uses refused, agreement with protego, and files made to hurt."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from dagster_project.corpus.model.crawlers import AGENTS
from dagster_project.corpus.signals.robots import parse_robots

ALL = "User-agent: *\n"


@pytest.mark.parametrize(
    ("text", "path", "refused"),
    [
        ("", "/", []),
        (ALL + "Disallow:", "/a", []),
        (ALL + "Disallow: /", "/a", ["*"]),
        (ALL + "Disallow: /a", "/b", []),
        # the most specific rule, and of equals the one that allows (section 2.2.2)
        (ALL + "Allow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/disallowed.gif", ["*"]),
        (ALL + "Disallow: /example/\nAllow: /example/page", "/example/page.html", []),
        (ALL + "Disallow: /page\nAllow: /page", "/page", []),
        (ALL + "Allow: /p\nDisallow: /*.ph", "/p.php5", ["*"]),
        # groups: agents without regard to case, several for one agent count as one, several agents in one
        ("user-AGENT: gptBOT\ndisallow: /", "/", ["gptbot"]),
        ("User-agent: GPTBot\nDisallow: /a\n\nUser-agent: gptbot\nDisallow: /b", "/b", ["gptbot"]),
        ("User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /", "/", ["ccbot", "gptbot"]),
        ("User-agent: GPTBot\n\n# and\n\nDisallow: /", "/", ["gptbot"]),
        ("User-agent: GPTBot/1.0\nDisallow: /", "/", ["gptbot"]),
        ("User-agent: Kangaroo Bot\nDisallow: /", "/", ["kangaroo bot"]),
        # a group of its own takes the place of everybody's
        (ALL + "Disallow: /\nUser-agent: CCBot\nAllow: /", "/a", ["*"]),
        (ALL + "Allow: /\nUser-agent: CCBot\nDisallow: /a", "/a", ["ccbot"]),
        ("User-agent: CCBot\nDisallow:\n" + ALL + "Disallow: /", "/a", ["*"]),
        # nobody we speak for
        ("User-agent: FooBot\nDisallow: /", "/", []),
        ("User-agent: gptbotanist\nDisallow: /", "/", []),
        ("User-agent:\nDisallow: /", "/", []),
        ("Disallow: /", "/", []),
        # other records do not end a group, rules do
        ("User-agent: GPTBot\nCrawl-delay: 3\nSitemap: http://a.test/s\nDisallow: /", "/", ["gptbot"]),
        ("User-agent: GPTBot\nDisallow: /\nUser-agent: CCBot\nDisallow: /c", "/", ["gptbot"]),
        # ways of writing
        ("\ufeff" + ALL + "Disallow: /", "/", ["*"]),
        (ALL.replace("\n", "\r") + "Disallow : /a # not this\r\nDisallow: /b", "/a", ["*"]),
        (ALL + "Dissallow: /", "/", ["*"]),
        (ALL + "Disallow /", "/", ["*"]),
        ("User-agent: *  \t\nDisallow:\t/", "/", ["*"]),
        (ALL + "Disallow: /\u2028x", "/\u2028x", ["*"]),
        ("User-agent: GPT\x00Bot\nDisallow: /", "/", []),
    ],
)
def test_access(text: str, path: str, refused: list[str]) -> None:
    assert parse_robots(text).refused_agents(path) == refused


@pytest.mark.parametrize(
    ("text", "path", "refused"),
    [
        (ALL + "Content-Signal: search=yes, ai-train=no\nAllow: /", "/a", ["ai-train"]),
        (ALL + "Content-signal: ai-train = no , ai-input=NO", "/", ["ai-input", "ai-train"]),
        ("Content-Signal: ai-train=no\n" + ALL + "Allow: /", "/", ["ai-train"]),
        (ALL + "Content-Usage: train-ai=n", "/", ["ai-train"]),
        (ALL + "Content-Usage: ai=n search=n", "/", ["ai-train", "search"]),
        (ALL + "Content-Usage: bots=n", "/", ["ai-train"]),
        (ALL + "Content-Usage: /a train-ai=n", "/b", []),
        (ALL + "Content-Usage: train-ai=n\nContent-Usage: /free/ train-ai=y", "/free/a", []),
        (ALL + "Content-Usage: train-ai=y\nContent-Usage: /mine/*.html$ train-ai=n", "/mine/a.html", ["ai-train"]),
        (ALL + "Content-Usage: train-ai=n, train-ai=y", "/", ["ai-train"]),
        ("User-agent: GPTBot\nContent-Signal: ai-train=no", "/", ["ai-train"]),
        ("User-agent: FooBot\nContent-Signal: ai-train=no", "/", []),
        (ALL + "Content-Signal: ai-train=maybe, ai-train, =no, x=no", "/", []),
        (ALL + "Content-Signal:", "/", []),
    ],
)
def test_uses(text: str, path: str, refused: list[str]) -> None:
    assert parse_robots(text).refused_uses(path) == refused


LINES = st.lists(
    st.sampled_from(
        "User-agent: *|User-agent: GPTBot|User-agent: CCBot|User-agent: Other|Disallow: /|Disallow: /a|Disallow: /a/b|"
        "Allow: /a|Allow: /a/b$|Disallow: /*b|Allow: /*/c|Disallow:|# note|".split("|")
    ),
    max_size=12,
)
PATHS = st.sampled_from(["/", "/a", "/a/b", "/a/bc", "/x/b", "/x/c"])


@given(LINES, PATHS)
def test_agreement_with_protego(lines: list[str], path: str) -> None:
    text = "\n".join(lines)
    refused = parse_robots(text).refused_agents(path)
    other = Protego.parse(text)
    named = {line.partition(": ")[2].lower() for line in lines if line.startswith("User-agent")}
    for agent in ("gptbot", "ccbot"):
        expected = agent in refused if agent in named else "*" in refused
        assert expected is not other.can_fetch(f"http://a.test{path}", agent)


def test_every_agent_of_the_table_can_be_named() -> None:
    for agent in AGENTS:
        assert parse_robots(f"User-agent: {agent.title()}\nDisallow: /").refused_agents("/") == [agent]


RULES = "".join(f"Disallow: /*{number}\n" for number in range(15_000))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: b{n}\n" for n in range(15_000)) + "".join(f"Disallow: /{n}\n" for n in range(15_000)),
        "".join(f"User-agent: {agent}\n" for agent in AGENTS) * 500
        + "".join(f"Disallow: /*{n}\n" for n in range(15_000)),
        ALL + "Disallow: " + "*a" * 250_000,
        ALL + "Disallow: /*a*b*c\n" * 30_000,
        ALL + "".join(f"Content-Usage: /{n}* ai=n\n" for n in range(25_000)),
        ALL + "Content-Usage: " + "ai=n," * 100_000,
        "User-agent: GPTBot\nDisallow: /a\n" * 15_000,
        ":" * 500_000,
        "\n" * 500_000,
        "User-agent: " + " /" * 250_000,
    ],
    ids=range(10),
)
def test_a_hostile_file_is_read_and_asked_in_no_time(text: str) -> None:
    begun = time.perf_counter()
    robots = parse_robots(text)
    for _ in range(3):
        robots.refused_agents("/" + "a" * 2_000)
        robots.refused_uses("/" + "a" * 2_000)
    assert time.perf_counter() - begun < 5
