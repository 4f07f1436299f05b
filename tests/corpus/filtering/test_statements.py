"""Which statements a policy honors, by name, by head and by `any`."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dagster_project.corpus.filtering.statements import holding, is_honored, unknown_statements


@pytest.mark.parametrize(
    ("token", "names", "honored"),
    [
        ("noai", ["noai"], True),
        ("noai:gptbot", ["noai"], True),
        ("noai", ["noai:gptbot"], False),
        ("noaix", ["noai"], False),
        ("noimageai", ["noai"], False),
        ("robots.txt:*", ["robots.txt"], True),
        ("robots.txt:gptbot", ["robots.txt:ccbot"], False),
        ("robots.txt:gptbot", ["any"], True),
        ("robots.txt:unreachable", ["any"], True),
        ("robots.txt:search", ["any"], False),
        ("robots.txt:search", ["robots.txt"], True),
        ("noindex", ["any"], False),
        ("noindex:googlebot", ["any"], False),
        ("noindex", ["any", "noindex"], True),
        ("something new", ["any"], True),
        ("tdm", ["any"], True),
    ],
)
def test_honored(token: str, names: list[str], honored: bool) -> None:
    assert is_honored(token, names) is honored


def test_counts_per_document_over_chunks() -> None:
    kind = pa.list_(pa.string())
    lists = pa.chunked_array([pa.array([["tdm", "noai"], []], kind), pa.array([["noindex"], ["tdm"]], kind)])
    assert holding(lists, ["tdm", "noai"]).tolist() == [2, 0, 0, 1]
    assert holding(lists.slice(1, 2), ["tdm"]).tolist() == [0, 0]
    assert holding(pa.chunked_array([], kind), ["tdm"]).tolist() == []


def test_a_name_that_nobody_says_is_told() -> None:
    said = ["noai", "any", "noai:anybot", "robots.txt:gptbot", "robots.txt:*", "robots.txt:search", "ai.txt:ccbot"]
    assert unknown_statements([*said, "robots.txt:unreachable", "robots.txt", "ai.txt", "tdm"]) == []
    unsaid = ["robots", "", "TDM", "noai:", "noai:GPTBot", "robots.txt:GPTBot", "robots.txt:gtpbot", "tdm:gptbot"]
    assert unknown_statements([*said, *unsaid]) == unsaid
    assert unknown_statements(["robots.txt:train-ai", "ai.txt:*", "ai.txt:search"]) == [
        "robots.txt:train-ai", "ai.txt:*", "ai.txt:search"
    ]  # fmt: skip
