"""Directives and preferences as they are sent, and the tokens that a policy can enforce."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.extraction.reservation_statements import reservations_of, reserved_tokens
from dagster_project.corpus.extraction.statements import sort_statements
from dagster_project.corpus.extraction.tags import Tag


def reservations(*tags, headers=()):
    return reservations_of(sort_statements(tags, headers, None))


def said(*tags, headers=()):
    return [tuple(item.values()) for item in reservations(*tags, headers=headers)]


def robots(value):
    return [(directive, where) for _, directive, where in said(headers=[("X-Robots-Tag", value)])]


HEADER = "header X-Robots-Tag"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("noindex", [("noindex", HEADER)]),
        ("NoIndex,  NOAI,noimageai", [("noindex", HEADER), ("noai", HEADER), ("noimageai", HEADER)]),
        ("none; noarchive", [("none", HEADER), ("noarchive", HEADER)]),
        (
            "googlebot: noindex, nofollow",
            [("noindex", f"{HEADER}, for googlebot"), ("nofollow", f"{HEADER}, for googlebot")],
        ),
        (
            "noindex, BadBot: noai, GPTBot: noai, nosnippet",
            [
                ("noindex", HEADER),
                ("noai", f"{HEADER}, for badbot"),
                ("noai", f"{HEADER}, for gptbot"),
                ("nosnippet", f"{HEADER}, for gptbot"),
            ],
        ),
        ("*: noai", [("noai", HEADER)]),
        ("index, follow, all, max-snippet:-1, max-image-preview:large", []),
        ("max-snippet: 0", [("max-snippet:0", HEADER)]),
        ("otherbot: max-snippet:0", [("max-snippet:0", f"{HEADER}, for otherbot")]),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", [("unavailable_after: 25 jun 2010 15:00:00 pst", HEADER)]),
        (
            "unavailable_after: Sunday, 06-Nov-94 08:49:37 GMT, noai",
            [("unavailable_after: sunday, 06-nov-94 08:49:37 gmt", HEADER), ("noai", HEADER)],
        ),
        ("unavailable_after: Sunday, noai", [("unavailable_after: sunday", HEADER), ("noai", HEADER)]),
        ("", []),
    ],
)
def test_x_robots_tag(value, expected):
    assert robots(value) == expected


def test_the_header_may_come_several_times_and_says_each_thing_once():
    headers = [("X-Robots-Tag", "noai"), ("x-robots-tag", "googlebot: noai"), ("X-ROBOTS-TAG", "noai")]
    assert [where for _, _, where in said(headers=headers)] == [HEADER, f"{HEADER}, for googlebot"]


@pytest.mark.parametrize(
    ("name", "where"),
    [("robots", "meta robots"), ("GPTBot", "meta, for gptbot"), ("googlebot-news", "meta, for googlebot-news"),
     ("CCBot", "meta, for ccbot"), ("Bytespider", "meta, for bytespider"), ("anthropic-ai", "meta, for anthropic-ai")],
)  # fmt: skip
def test_meta_robots(name, where):
    assert said(Tag("meta", {"name": name, "content": "INDEX, noai"})) == [("meta.robots", "noai", where)]


def test_a_long_list_of_agents_is_read_to_its_end():
    value = ", ".join(f"bot-number-{number}: noai" for number in range(90))
    assert len(value) > 1_500
    assert robots(value)[-1] == ("noai", f"{HEADER}, for bot-number-89")


def test_other_metas_are_no_reservations():
    assert said(Tag("meta", {"name": "description", "content": "noai"})) == []


@pytest.mark.parametrize("name", ["tdm-reservation", "TDM-Policy"])
def test_tdm(name):
    kind = name.lower()
    assert said(headers=[(name, " 1 ")]) == [(f"http.{kind}", "1", f"header {kind}")]
    assert said(Tag("meta", {"name": name, "content": "1"})) == [(f"meta.{kind}", "1", f"meta {kind}")]


def test_preferences_are_kept_whole():
    headers = [("Content-Usage", "train-ai=n, search=y"), ("Content-Signal", "ai-train=no")]
    assert said(headers=headers) == [
        ("http.content-usage", "train-ai=n, search=y", "header content-usage"),
        ("http.content-signal", "ai-train=no", "header content-signal"),
    ]


@pytest.mark.parametrize(
    ("header", "value", "tokens"),
    [
        ("X-Robots-Tag", "noai, noimageai", ("noai", "noimageai")),
        ("X-Robots-Tag", "none", ("noindex",)),
        ("X-Robots-Tag", "noindex nosnippet", ("noindex", "nosnippet")),
        ("X-Robots-Tag", "max-snippet:0", ("nosnippet",)),
        ("X-Robots-Tag", "nofollow, noarchive", ()),
        ("X-Robots-Tag", "noindex, GPTBot: noai", ("noai:gptbot", "noindex")),
        ("TDM-Reservation", "1", ("tdm",)),
        ("TDM-Reservation", "0", ()),
        ("TDM-Policy", "https://a.example/policy", ()),
        ("Content-Usage", "train-ai=n", ("noai",)),
        ("Content-Usage", "search=y, train-ai=n;x=1", ("noai",)),
        ("Content-Usage", "ai=n", ("noai",)),
        ("Content-Usage", "tdm=n", ("tdm",)),
        ("Content-Usage", "bots=n", ("tdm",)),
        ("Content-Usage", "train-ai=y", ()),
        ("Content-Usage", "search=n", ()),
        ("Content-Usage", "train-ai=?0", ("noai",)),
        ("Content-Signal", "search=yes, ai-train=no", ("noai",)),
        ("Content-Signal", "ai-train=yes", ()),
        ("Content-Signal", "AI-Train = NO", ("noai",)),
    ],
)
def test_tokens(header, value, tokens):
    assert reserved_tokens(reservations(headers=[(header, value)])) == tokens


def test_tokens_of_metas():
    tags = [
        Tag("meta", {"name": "robots", "content": "noai"}),
        Tag("meta", {"name": "ccbot", "content": "noindex"}),
        Tag("meta", {"name": "tdm-reservation", "content": "1"}),
    ]
    assert reserved_tokens(reservations(*tags)) == ("noai", "noindex:ccbot", "tdm")
    assert reserved_tokens([]) == ()


@given(st.text("noaidex:, ;-*GPTBunavilbe_fr0123=n", max_size=60) | st.text(max_size=60))
def test_any_value_is_survived_and_only_known_tokens_come_of_it(value):
    headers = [(name, value) for name in ("X-Robots-Tag", "TDM-Reservation", "Content-Usage", "Content-Signal")]
    found = reserved_tokens(reservations(Tag("meta", {"name": "robots", "content": value}), headers=headers))
    assert {token.partition(":")[0] for token in found} <= {"noai", "noimageai", "noindex", "nosnippet", "tdm"}
