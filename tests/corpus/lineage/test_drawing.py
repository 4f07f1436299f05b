"""Graphs for other programs: whatever a label says, it stays a label."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.lineage.drawing import Graph, Node, drawn

HOSTILE = [
    '"]; evil [label="x',
    'a\\" ; evil',
    "\\N \\l",
    "<script>alert(1)</script>",
    'x"]\nclick n0 "javascript:alert(1)"',
    "#quot;]; end",
    "&lt;b&gt; %%{init: {}}%%",
    "\u202eabc\x1b[31m",
    "https://evil.example/",
    "`**bold**`",
]
LINE = {
    "dot": re.compile(r'  (n\d+ \[label="(?:[^"\\]|\\.)*"\];|n\d+ -> n\d+;|rankdir=LR;|node \[shape=box\];)'),
    "mermaid": re.compile(r'  (n\d+\["[^"<>\\`%&;\[\]{}|]*(?:(?:#\d+;|<br/>)[^"<>\\`%&;\[\]{}|]*)*"\]|n\d+ --> n\d+)'),
}


def graph(label: str) -> Graph:
    return Graph((Node("a", (label, "second")), Node(label + "b", ("x",))), (("a", label + "b"),))


@pytest.mark.parametrize("form", LINE)
@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_ends_nothing(form: str, label: str) -> None:
    check(drawn(graph(label), form), form)


@given(st.text(max_size=40), st.sampled_from(sorted(LINE)))
def test_any_label_is_one_line_of_the_syntax(label: str, form: str) -> None:
    check(drawn(graph(label), form), form)


def check(text: str, form: str) -> None:
    lines = text.split("\n")
    inner = lines[1:-1] if form == "dot" else lines[1:]
    assert (lines[0], len(inner)) == (("digraph lineage {", 5) if form == "dot" else ("flowchart LR", 3))
    assert all(LINE[form].fullmatch(line) for line in inner), text
    assert not {"\x1b", "\u202e"} & set(text)


def test_the_lines_of_a_label_are_kept_apart() -> None:
    assert 'n0 [label="one\\nsecond"];' in drawn(graph("one"), "dot")
    assert 'n0["one<br/>second"]' in drawn(graph("one"), "mermaid")
    assert 'n0["a#34;b#35;<br/>second"]' in drawn(graph('a"b#'), "mermaid")
    assert 'n0 [label="a\\"b\\\\c\\nsecond"];' in drawn(graph('a"b\\c'), "dot")
