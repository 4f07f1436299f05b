"""What a page asks of those who read it by machine: robots directives, TDM reservations, AI preferences.

Sources: Google's robots meta tag specification (X-Robots-Tag, named agents), the noai and noimageai directives first
used by DeviantArt, TDMRep (W3C Community Group report, 10 May 2024), the Content-Usage header of the IETF's AI
preferences drafts, and Content-Signal (contentsignals.org).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dagster_project.corpus.extraction.statements import HEADER_CHARACTERS, Statements, worded

LIMIT_DIRECTIVES = 100
FOR_AGENT = ", for "

# What only repeats that all is allowed is no reservation.
PERMISSIONS = frozenset({"", "all", "archive", "follow", "imageindex", "index", "index follow", "snippet", "translate"})
LIMITS = ("max-snippet:", "max-image-preview:", "max-video-preview:")
WITH_VALUE = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
AGENTS = frozenset(
    {
        "ai2bot",
        "anthropic-ai",
        "applebot-extended",
        "chatgpt-user",
        "claude-user",
        "claude-web",
        "cohere-ai",
        "diffbot",
        "facebookexternalhit",
        "google-extended",
        "googlebot-image",
        "googlebot-news",
        "ia_archiver",
        "img2dataset",
        "meta-externalagent",
        "meta-externalfetcher",
        "mistralai-user",
        "omgili",
        "perplexity-user",
        "robots",
        "slurp",
        "teoma",
    }
)
AGENT_ENDINGS = ("bot", "spider")
MINING = frozenset({"tdm-reservation", "tdm-policy"})
WHOLE = MINING | {"content-usage", "content-signal"}  # headers that are one statement

_TOKENS = {
    "noai": ("noai",),
    "noimageai": ("noimageai",),
    "noindex": ("noindex",),
    "none": ("noindex",),
    "nosnippet": ("nosnippet",),
    "max-snippet:0": ("nosnippet",),
}
# Categories of preferences, of the current drafts and of those before; bots and tdm are the ones that hold all others
_NO_TRAINING = frozenset({"ai", "train-ai", "train-genai", "ai-train", "genai"})
_NO_MINING = frozenset({"tdm", "bots"})


def reservations_of(said: Statements) -> list[dict[str, str]]:
    """One item per directive, in its own words in lower case, `where` with the agent that it is meant for."""
    found = dict.fromkeys([*_of_headers(said), *_of_metas(said)])
    return [
        {"kind": kind, "value": worded(value), "where": worded(where)}
        for kind, value, where in list(found)[:LIMIT_DIRECTIVES]
    ]


def reserved_tokens(reservations: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """What is reserved, normalized and sorted: noai, noimageai, noindex, nosnippet, tdm; for one agent as noai:gptbot.

    `none` is noindex, a snippet of no length is nosnippet, a refused AI preference is noai, and tdm where it
    refuses all mining.
    """
    return tuple(sorted({token for item in reservations for token in _tokens(item)}))


def _of_headers(said: Statements) -> Iterator[tuple[str, str, str]]:
    for name, value in said.headers:
        if name == "x-robots-tag":
            for agent, directive in _directives(value):
                yield "http.x-robots-tag", directive, "header X-Robots-Tag" + (FOR_AGENT + agent if agent else "")
        elif name in WHOLE and value.strip():
            yield f"http.{name}", value.strip(), f"header {name}"


def _of_metas(said: Statements) -> Iterator[tuple[str, str, str]]:
    for name in said.metas:
        if name in AGENTS or name.endswith(AGENT_ENDINGS):
            where = "meta robots" if name == "robots" else f"meta{FOR_AGENT}{name[:60]}"
            for content in said.metas[name]:
                yield from (("meta.robots", directive, where) for _, directive in _directives(content, agents=False))
    for name, content in said.contents(MINING):
        yield f"meta.{name}", content, f"meta {name}"


def _directives(value: str, *, agents: bool = True) -> Iterator[tuple[str, str]]:
    """(agent, directive) of a comma-separated list; an agent before a colon holds for all that follow it."""
    agent, open_date = "", ""
    for piece in value[:HEADER_CHARACTERS].lower().replace(";", ",").split(","):
        piece = " ".join(piece.split())
        if open_date and piece[:1].isdigit():  # a date with a comma, such as "Sunday, 06-Nov-94 08:49:37 GMT"
            piece = f"{open_date}, {piece}"
        elif open_date:
            yield agent, open_date
        open_date = ""
        head, colon, rest = piece.partition(":")
        if agents and colon and head.strip() not in WITH_VALUE:
            agent, piece = head.strip().removeprefix("*")[:60], rest.strip()
        directive = "".join(piece.split()) if piece.startswith("max-") else piece
        if directive.startswith("unavailable_after") and "," not in directive:
            open_date = directive
        elif _is_reservation(directive):
            yield agent, directive
    if open_date:
        yield agent, open_date


def _is_reservation(directive: str) -> bool:
    if directive.startswith(LIMITS):
        return directive == "max-snippet:0"
    return directive not in PERMISSIONS


def _tokens(item: Mapping[str, str]) -> Iterator[str]:
    kind, value = item["kind"].partition(".")[2], item["value"].strip()
    agent = item["where"].partition(FOR_AGENT)[2]
    if kind == "tdm-reservation":
        yield from ("tdm",) if value == "1" else ()
    elif kind in ("content-usage", "content-signal"):
        yield from _refused(value)
    elif kind in ("x-robots-tag", "robots"):
        for directive in (value, *value.split()):  # some write white space for commas
            yield from (f"{token}:{agent}" if agent else token for token in _TOKENS.get(directive, ()))


def _refused(preferences: str) -> Iterator[str]:
    """train-ai=n, or ai-train=no; in a structured dictionary also with parameters, and ?0 for false."""
    for piece in preferences.lower().split(","):
        name, _, answer = piece.partition(";")[0].partition("=")
        if answer.strip() in ("n", "no", "?0"):
            yield from ("noai",) if name.strip() in _NO_TRAINING else ("tdm",) if name.strip() in _NO_MINING else ()
