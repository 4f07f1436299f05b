"""Which nodes are the page's own work, whatever wraps the script and however it is nested."""

import orjson
import pytest

from dagster_project.corpus.extraction.json_ld import NOTHING, names_of, read_json_ld, words_of

ARTICLE = {"@type": "Article", "license": "L"}
TEXT = orjson.dumps(ARTICLE).decode()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"  {TEXT}\n",
        f"<!-- {TEXT} -->",
        f"<!--\n{TEXT}\n//-->",
        f"//<![CDATA[\n{TEXT}\n//]]>",
        f"/*<![CDATA[*/ {TEXT} /*]]>*/",
        f"<![CDATA[{TEXT}]]>",
        f"{TEXT};",
        f"[{TEXT}]",
        f"<![CDATA[[{TEXT}]]]>",
        f'{{"@graph": [{TEXT}, {{"@type": "Person"}}]}}',
        f'{{"@graph": {TEXT}}}',
    ],
)
def test_wrappers(text):
    assert read_json_ld([text]).own == [ARTICLE]


def test_line_ends_within_strings_are_mended():
    assert read_json_ld(['{"@type": "Article", "license": "a\n\tb"}']).own == [{"@type": "Article", "license": "a  b"}]


@pytest.mark.parametrize(
    "text", ["", "x", "{", "[1, 2]", "null", '"text"', '{"@type": "Article"', '{"a": "\\ud800"}', "NaN"]
)
def test_what_is_no_json_object_says_nothing(text):
    assert read_json_ld([text]) == NOTHING._replace(own=[], others=[])


@pytest.mark.parametrize(
    "kind",
    ["WebPage", "AboutPage", "NewsArticle", "BlogPosting", "Dataset", "CreativeWork", "Recipe", "schema:Article",
     "https://schema.org/ScholarlyArticle", ["Thing", "Report"]],
)  # fmt: skip
def test_kinds_that_a_page_is(kind):
    node = {"@type": kind, "license": "L"}
    assert read_json_ld([orjson.dumps(node).decode()]) == ([node], [])


@pytest.mark.parametrize("kind", ["ImageObject", "VideoObject", "JobPosting", "Product", "Person", 7, None, []])
def test_kinds_that_a_page_is_not(kind):
    node = {"@type": kind, "license": "L"}
    assert read_json_ld([orjson.dumps(node).decode()]) == ([], [node])


def test_the_main_entity_is_the_page_and_every_other_nested_work_is_not():
    image = {"@type": "ImageObject", "license": "of the image"}
    part = {"@type": "Article", "license": "of the part"}
    main = {"@type": "Article", "license": "of the page", "image": [image]}
    page = {"@type": "WebPage", "mainEntity": main, "hasPart": {"deeper": part}}
    own, others = read_json_ld([orjson.dumps(page).decode()])
    assert [node.get("license") for node in own] == [None, "of the page"]
    assert [node["license"] for node in others] == ["of the image", "of the part"]


def test_a_graph_within_a_work_is_not_walked_twice():
    text = orjson.dumps({"@type": "WebPage", "@graph": [ARTICLE]}).decode()
    own, others = read_json_ld([text])
    assert ([node["@type"] for node in own], others) == (["WebPage", "Article"], [])


def test_size_and_depth_are_bounded():
    assert read_json_ld(["[" * 10**6]).own == []
    deep = '{"@type": "Article", "mainEntity": ' * 900 + "{}" + "}" * 900
    assert len(read_json_ld([deep]).own) == 20
    assert len(read_json_ld(["[" + ",".join([TEXT] * 5000) + "]"]).own) == 2000
    assert read_json_ld(["x" * 1_000_001, TEXT]).own == []


def test_words_and_names():
    said = ["a", {"url": "b", "@id": "c", "name": "d"}, {"@id": "e"}, {"name": "f"}, {"url": 1}, 7, None, " ", ["x"]]
    assert list(words_of(said)) == ["a", "b", "e", "f"]
    assert list(words_of({"@value": "2020"})) == ["2020"]
    assert list(words_of(None)) == []
    assert list(names_of([{"name": "a"}, "b", {"name": ["c", 1]}, {"@id": "d"}, 7])) == ["a", "b", "c"]
