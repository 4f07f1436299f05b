"""What a trainer sees of a document: its text unchanged, metadata around it for as many as asked, none of it faked."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.rendering_recipes import ControlRecipe, RenderingRecipe, TemplateRecipe
from dagster_project.corpus.model.urls import domain_of, host_of
from dagster_project.corpus.publishing.rendering import MASKED, render
from dagster_project.corpus.publishing.rendering_fields import columns_of, values_of
from tests.oracles import rendering as oracle

LOW, HIGH = ControlRecipe("<|low|>", "score < 0.2"), ControlRecipe("<|high|>", "score > 0.8")
HOST = TemplateRecipe("host")
SCHEMA = pa.schema(
    [
        ("doc_id", pa.binary(16)),
        *[(name, pa.string()) for name in ("text", "url", "title", "component", "phase")],
        ("copy", pa.int32()),
        *[(name, pa.string()) for name in ("source", "license", "language")],
        ("control", pa.int8()),
    ]
)


def row(number=0, **said):
    return {
        "doc_id": hashlib.sha256(str(number).encode()).digest()[:16],
        "text": "A text.\n",
        "url": "https://en.example.co.uk/a?b",
        "title": "A title",
        "component": "web",
        "phase": "main",
        "copy": 0,
        "source": "pages@2026-11",
        "license": "CC-BY-4.0",
        "language": "en",
        "control": None,
        **said,
    }


def table(*rows):
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def one(template, controls=(), mask=True, **said):
    recipe = RenderingRecipe((TemplateRecipe("t", template),), tuple(controls), mask)
    found = render(table(row(**said)), recipe, 7)
    return found.text[0].as_py(), [(span["start"], span["end"]) for span in found.masked[0].as_py()]


def test_metadata_stands_before_the_text_and_carries_no_loss():
    assert one("URL: {host}\n\n{text}") == ("URL: en.example.co.uk\n\nA text.\n", [(0, 23)])
    assert one("{text}\n({license})") == ("A text.\n\n(CC-BY-4.0)", [(8, 20)])
    assert one("{title}: {text}\n", title="Ä") == ("Ä: A text.\n\n", [(0, 4), (12, 13)])
    assert one("{text}") == ("A text.\n", [])


def test_every_field():
    template = "{url} {host} {domain} {title} {source} {license} {language} {component} {phase} {{{text}}}"
    said = "https://en.example.co.uk/a?b en.example.co.uk example.co.uk A title pages CC-BY-4.0 en web main {A text.\n}"
    assert one(template)[0] == said


def test_metadata_may_be_trained_on():
    assert one("{title}\n{text}", mask=False) == ("A title\nA text.\n", [])


def test_a_control_token_comes_first():
    assert one("{title}\n{text}", [LOW, HIGH], control=1) == ("<|high|>A title\nA text.\n", [(0, 16)])
    assert one("{title}\n{text}", [LOW, HIGH]) == ("A title\nA text.\n", [(0, 8)])


@pytest.mark.parametrize("title", [None, "", " \n\t", "\x00\x85\u2028", "<|low|>"])
def test_a_document_that_lacks_a_field_is_plain_and_counted(title):
    recipe = RenderingRecipe((TemplateRecipe("t", "{title} {host}\n{text}"),), (LOW,))
    found = render(table(row(1, title=title), row(2), row(3, url=None)), recipe, 7)
    assert found.text.to_pylist() == ["A text.\n", "A title en.example.co.uk\nA text.\n", "A text.\n"]
    assert found.masked.to_pylist() == [[], [{"start": 0, "end": 25}], []]
    assert found.report == {
        "rows": 3,
        "templates": {"t": 1},
        "missing": {"t": 2},
        "known": {"host": 2, "title": 2},
        "controls": {"<|low|>": 0},
        "spelled": {"<|low|>": 0},
        "added_bytes": 25,
    }


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("News\r\n\r\nURL: bank.example", "News    URL: bank.example"),
        ("{text} {host} {{", "{text} {host} {{"),
        ("a<|low|>b", "a b"),
        ("<|<|low|>low|>", "<| low|>"),
        ("<|l\now|>", "<|l ow|>"),
        ("<<|high|>|low|>", "< |low|>"),
        ("a\u2028b\u2029c\x85d\x1b[31me", "a b c d [31me"),
        ("é" * 600, "é" * 500),
        (" \u3000x\u00a0", "x"),
    ],
)
def test_a_hostile_title_is_one_line_that_spells_no_token(title, shown):
    assert one("{title}\n{text}", [LOW, HIGH], title=title)[0] == f"{shown}\nA text.\n"


def test_texts_that_spell_a_token_are_counted_and_left_alone():
    found = render(table(row(1, text="<|low|>x"), row(2, control=0)), RenderingRecipe(controls=(LOW, HIGH)), 7)
    assert found.text.to_pylist() == ["<|low|>x", "<|low|>A text.\n"]
    assert found.report["spelled"] == {"<|low|>": 1, "<|high|>": 0}
    assert found.report["controls"] == {"<|low|>": 1, "<|high|>": 0}


ADDRESSES = st.one_of(
    st.none(),
    st.from_regex(
        r"(http|HTTPS|ftp|foo|mailto|)(://|:/|:|//|:\\\\|:///)[a-z.@:\\\t \n/?#\[\]0-9%é-]{0,12}", fullmatch=True
    ),
)


@pytest.mark.parametrize(
    "url",
    ["https://user:p@h.org:8080/x", "HTTP://H.ORG", "http://h.org?x", "http://h.org#x", "http://[::1]:80/x", "ftp://h/",
     "http://h.org\\@g.org/", "http:///h.org/x", "http://\t/h.org/x", "http://a\nb.org/x", "http://\\/h.org/x",
     "http://h.org/x\ny", "http://h.org/\n", "http:h.org//g.org", "//h.org/x", "///h.org", "foo://h.org/x",
     "mailto:a@h.org", "file:///x", "http://", "http:///", "/x", "http://h.org/x http://g.org/"],
)  # fmt: skip
def test_hosts_are_read_from_sites_as_from_whole_addresses(url):
    rows = table(row(url=url), row(url=None), row(url=url))
    host = host_of(url)
    assert values_of(rows, "host", ()).to_pylist() == [host, None, host]
    assert values_of(rows, "domain", ()).to_pylist() == [host and domain_of(host), None, host and domain_of(host)]


VALUES = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.lists(st.sampled_from(["<|", "low", "|>", "{text}", "\n", "\u2028", "é"])).map("".join),
)
ROWS = st.fixed_dictionaries(
    {
        "doc_id": st.binary(min_size=16, max_size=16),
        "text": st.one_of(st.just(""), st.text(max_size=20)),
        "url": ADDRESSES,
        "title": VALUES,
        "language": VALUES,
        "license": st.sampled_from(["MIT", "NOASSERTION"]),
        "source": st.sampled_from(["a@1", "b@2@3", "c"]),
        "component": st.sampled_from(["web", "books"]),
        "phase": st.sampled_from(["stable", "end"]),
        "copy": st.integers(0, 2),
        "control": st.sampled_from([None, 0, 1]),
    }
)
RECIPES = st.builds(
    RenderingRecipe,
    st.lists(
        st.builds(
            TemplateRecipe,
            st.sampled_from("abc"),
            st.sampled_from(
                [
                    "URL: {host}\n\n{text}",
                    "{{{title}}} {url}\n{text}",
                    "{text}\n{domain} {source}",
                    "# {language}\n{text}\n",
                ]
            ),
            st.sampled_from([0.0, 0.1, 1 / 3]),
            st.sampled_from([(), ("stable",), ("stable", "end")]),
            st.sampled_from([(), ("web",)]),
        ),
        max_size=3,
        unique_by=lambda template: template.name,
    ).map(tuple),
    st.just((LOW, HIGH)),
    st.booleans(),
)


@settings(deadline=None)
@given(st.lists(ROWS, max_size=8), RECIPES, st.integers(0, 3), st.integers(1, 8))
def test_rendering_is_what_formatting_each_row_gives(rows, recipe, seed, size):
    chunks = [table(*rows[at : at + size]) for at in range(0, len(rows), size)]
    found = render(pa.concat_tables([table(), *chunks]), recipe, seed)
    expected = [oracle.rendered(row, recipe, seed) for row in rows]
    assert found.text.to_pylist() == [text for text, _, _ in expected]
    assert found.masked.to_pylist() == [spans for _, spans, _ in expected]
    names = [name for _, _, name in expected]
    assert found.report["templates"] == {template.name: names.count(template.name) for template in recipe.templates}
    assert (found.text.type, found.masked.type) == (pa.string(), MASKED)


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8), RECIPES)
def test_the_bytes_with_loss_are_the_text(rows, recipe):
    found = render(table(*rows), RenderingRecipe(recipe.templates, recipe.controls), 1)
    for row, text, spans in zip(rows, found.text.to_pylist(), found.masked.to_pylist(), strict=True):
        left = bytearray(text.encode())
        for span in reversed(spans):
            del left[span["start"] : span["end"]]
        assert left.decode() == row["text"]


def many(size=20_000, copies=2):
    ids = np.random.default_rng(1).bytes(16 * size // copies)
    rows = {name: [value] * size for name, value in row(text="x").items()}
    rows["doc_id"] = [ids[at : at + 16] for at in range(0, len(ids), 16)] * copies
    rows["copy"] = np.repeat(np.arange(copies), size // copies)
    rows["phase"] = ["stable", "stable", "stable", "end"] * (size // 4)
    return pa.table(rows, schema=SCHEMA)


def test_shares_are_met_within_sampling_error():
    recipe = RenderingRecipe(
        (
            TemplateRecipe("host", share=0.6, phases=("stable",)),
            TemplateRecipe("title", "{title}\n{text}", share=0.1),
            TemplateRecipe("never", share=0.0),
        )
    )
    report = render(many(), recipe, 7).report
    for name, drawn, expected in (("host", 15_000, 0.6), ("title", 20_000, 0.1)):
        assert abs(report["templates"][name] - drawn * expected) < 4 * np.sqrt(drawn * expected * (1 - expected))
    assert report["templates"]["never"] == 0


def test_a_whole_share_is_everything():
    tenths = tuple(TemplateRecipe(f"t{number}", share=0.1) for number in range(10))
    assert sum(render(many(), RenderingRecipe(tenths), 7).report["templates"].values()) == 20_000


def test_copies_and_seeds_draw_apart_and_layout_does_not_matter():
    rows, recipe = many(), RenderingRecipe((TemplateRecipe("host", share=0.5),))
    drawn = [len(text) > 1 for text in render(rows, recipe, 7).text.to_pylist()]
    both = np.mean(np.array(drawn[:10_000]) & np.array(drawn[10_000:]))
    assert abs(both - 0.25) < 0.02
    assert render(rows, recipe, 8).text != render(rows, recipe, 7).text
    parts = [render(rows.slice(start, 7000), recipe, 7).text for start in range(0, 20_000, 7000)]
    assert pa.concat_arrays(parts) == render(rows, recipe, 7).text


def test_a_plain_recipe_changes_nothing():
    rows = many().select(["text"])
    found = render(rows, RenderingRecipe(), 7)
    assert found.text == rows.column("text").combine_chunks()
    assert found.masked.to_pylist() == [[]] * 20_000
    assert columns_of(RenderingRecipe()) == ("text",)


def test_columns_that_are_needed():
    recipe = RenderingRecipe((HOST, TemplateRecipe("t", "{domain} {language}\n{text}")), (LOW,))
    assert columns_of(recipe) == ("text", "doc_id", "copy", "phase", "component", "url", "language", "control")
    rows = table(row())
    render(rows.select(columns_of(recipe)), recipe, 7)
    for name in columns_of(recipe)[3:]:
        with pytest.raises(IntegrityError, match=f"no column {name}, and the recipe needs it"):
            render(rows.drop_columns([name]), recipe, 7)


def test_rows_without_text_are_refused():
    with pytest.raises(IntegrityError, match="1 rows to be rendered have no text"):
        render(table(row(text=None)), RenderingRecipe(), 7)
