"""Tokens from site files: status codes, ai.txt by file type, tdmrep.json by its first match."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from dagster_project.corpus.model.documents import SITE_PATHS
from dagster_project.corpus.signals.site_statements import AI, ROBOTS, TDMREP, Said, SiteFile

KEEP_OUT = "User-agent: *\nDisallow: /"


def test_the_paths_are_those_that_are_collected() -> None:
    assert (ROBOTS, AI, TDMREP) == SITE_PATHS


STATUSES = {200: "robots.txt:*", 206: "robots.txt:*", 500: "robots.txt:unreachable", 503: "robots.txt:unreachable"}


@pytest.mark.parametrize("status", [*STATUSES, 0, 301, 401, 403, 404, 410, 429])
def test_what_a_status_means_for_robots(status: int) -> None:
    expected = {STATUSES[status]} if status in STATUSES else set()
    assert SiteFile(ROBOTS, status, KEEP_OUT).say("/a") == Said(frozenset(expected))


@pytest.mark.parametrize("path", [AI, TDMREP])
@pytest.mark.parametrize("status", [301, 404, 500])
def test_other_files_that_are_not_there_say_nothing(path: str, status: int) -> None:
    assert SiteFile(path, status, KEEP_OUT).say("/a") == Said()


@pytest.mark.parametrize("path", [ROBOTS, AI])
def test_a_web_page_in_the_place_of_a_file_says_nothing(path: str) -> None:
    assert SiteFile(path, 200, "\n<!doctype html>\nUser-agent: *\nDisallow: /").say("/a") == Said()


def test_robots_names_agents_and_uses() -> None:
    text = "User-agent: GPTBot\nDisallow: /\nUser-agent: *\nContent-Signal: ai-train=no\nDisallow: /x"
    assert SiteFile(ROBOTS, 200, text).say("/x").tokens == {"robots.txt:gptbot", "robots.txt:*", "robots.txt:ai-train"}


@pytest.mark.parametrize(
    ("text", "page", "tokens"),
    [
        ("User-Agent: *\nDisallow: *.txt\nDisallow: *.jpg\nDisallow: /\nDisallow: *", "/a.html", {"ai.txt"}),
        ("User-Agent: *\nDisallow: *.txt\nAllow: *.jpg", "/a.html", {"ai.txt"}),
        ("User-Agent: *\nDisallow: *.txt", "/", {"ai.txt"}),
        ("User-Agent: *\nDisallow: *.txt", "/a/?b=c", {"ai.txt"}),
        ("User-Agent: *\nAllow: *.txt\nDisallow: *.jpg", "/a.html", set()),
        ("User-Agent: *\nDisallow: *.jpg", "/a.html", set()),
        ("User-Agent: *\nDisallow: *.html", "/a.html", {"ai.txt"}),
        ("User-Agent: CCBot\nDisallow: /", "/a", {"ai.txt:ccbot"}),
        ("User-Agent: *\nAllow: /", "/a", set()),
        ("# all welcome", "/a", set()),
    ],
)
def test_ai_txt_speaks_of_text_whatever_the_name_of_the_page(text: str, page: str, tokens: set[str]) -> None:
    assert SiteFile(AI, 200, text).say(page).tokens == tokens


POLICY = "https://provider.test/policies/policy.json"


def rule(location: Any, reservation: Any = 1, policy: Any = None) -> dict[str, Any]:
    return {"location": location, "tdm-reservation": reservation} | ({"tdm-policy": policy} if policy else {})


@pytest.mark.parametrize(
    ("rules", "page", "said"),
    [
        ([rule("/")], "/a", (True, None)),
        ([rule("/directory-b/html/", 1, POLICY)], "/directory-b/html/x", (True, POLICY)),
        ([rule("/directory-b/html/", 1, POLICY)], "/directory-b/", (False, None)),
        ([rule("/free/", 0), rule("/", 1)], "/free/a", (False, None)),
        ([rule("/", 1), rule("/free/", 0)], "/free/a", (True, None)),
        ([rule("/images/*.jpg", 0)], "/images/a.jpg", (False, None)),
        ([rule("/exactly$")], "/exactly/not", (False, None)),
        ([rule("directory")], "/directory/a", (True, None)),
        ([rule("*")], "/directory/a", (True, None)),
        ([rule("/", "1")], "/a", (True, None)),
        (rule("/"), "/a", (True, None)),
        ([rule("/", 2)], "/a", (False, None)),
        ([rule("/", True)], "/a", (False, None)),
        ([rule(None)], "/a", (False, None)),
        ([{"tdm-reservation": 1}, 7, None, "x", []], "/a", (False, None)),
        ([rule("/", 1, "javascript:alert(1)")], "/a", (True, None)),
        ([rule("/", 1, "https://a.test/\x00")], "/a", (True, None)),
        ([rule("/", 1, "https://a.test/" + "a" * 9_000)], "/a", (True, None)),
        ([rule("/", 1, {"uid": 1})], "/a", (True, None)),
    ],
)
def test_tdmrep(rules: Any, page: str, said: tuple[bool, str | None]) -> None:
    reserved, policy = said
    expected = Said(frozenset({"tdm"}), policy) if reserved else Said()
    assert SiteFile(TDMREP, 200, json.dumps(rules)).say(page) == expected


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 500_000, '{"a":' * 80_000, "NaN", "[1e999]", "\x00", "\ud800", "[" + "1," * 200_000 + "1]"]
)
def test_json_made_to_hurt_says_nothing(text: str) -> None:
    begun = time.perf_counter()
    assert SiteFile(TDMREP, 200, text).say("/a") == Said()
    assert time.perf_counter() - begun < 2
