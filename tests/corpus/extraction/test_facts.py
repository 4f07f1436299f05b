"""Whole pages and what they say of themselves, against what a person reads in them."""

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.extraction.facts import Facts, facts_of
from dagster_project.corpus.extraction.reservation_statements import reserved_tokens
from dagster_project.corpus.extraction.tags import Tag
from dagster_project.corpus.model.dates import KINDS, Dated
from dagster_project.corpus.model.documents import EVIDENCE

BLOG = "https://blog.example/2019/03/27/on-bees/"
JSON_LD = """
{"@context": "https://schema.org", "@graph": [
  {"@type": "Article", "headline": "On bees", "datePublished": "2019-03-27T10:00:00+01:00",
   "dateModified": "2020-01-02T10:00:00+01:00", "author": [{"@type": "Person", "name": "Ada Bee"}, {"name": "Bo Bee"}],
   "license": "https://creativecommons.org/licenses/by-sa/4.0/",
   "image": {"@type": "ImageObject", "license": "https://creativecommons.org/licenses/by-nc/2.0/"}},
  {"@type": "Organization", "name": "Bees"}]}
"""


def test_a_blog_post():
    tags = [
        Tag("html", {"lang": "en-GB"}),
        Tag("title", {}, "\n  On  bees |\n Blog ", 30),
        Tag("meta", {"name": "description", "content": "What bees\n do"}),
        Tag("meta", {"property": "og:site_name", "content": "Blog"}),
        Tag("meta", {"property": "og:title", "content": "On bees"}),
        Tag("meta", {"property": "article:published_time", "content": "2019-03-27"}),
        Tag("meta", {"name": "robots", "content": "index, follow, max-snippet:-1, NoAI"}),
        Tag("link", {"rel": "canonical", "href": "/2019/03/27/on-bees/"}),
        Tag("script", {"type": "application/ld+json"}, JSON_LD),
        Tag("time", {"datetime": "2019-03-27T10:00:00+01:00"}, "27 March"),
        Tag("a", {"rel": "license", "href": "//creativecommons.org/licenses/by-sa/4.0/"}, "CC", 900),
        Tag("a", {"href": "https://creativecommons.org/licenses/by/2.0/"}, "photo", 950),
    ]
    headers = [
        ("Date", "Sat, 21 Nov 2020 02:26:42 GMT"),
        ("Last-Modified", "Thu, 02 Jan 2020 09:00:00 GMT"),
        ("Content-Language", "de"),
        ("TDM-Reservation", "1"),
    ]
    assert facts_of(tags, headers, BLOG) == Facts(
        title="On bees | Blog",
        language="en-GB",
        license_evidence=[
            {
                "kind": "html.rel-license",
                "value": "https://creativecommons.org/licenses/by-sa/4.0/",
                "where": "a rel=license, byte 900",
            },
            {
                "kind": "html.link",
                "value": "https://creativecommons.org/licenses/by/2.0/",
                "where": "a href, byte 950",
            },
            {
                "kind": "json-ld.license",
                "value": "https://creativecommons.org/licenses/by-sa/4.0/",
                "where": "license of Article",
            },
            {
                "kind": "json-ld.part-license",
                "value": "https://creativecommons.org/licenses/by-nc/2.0/",
                "where": "license of ImageObject",
            },
        ],
        reservations=[
            {"kind": "http.tdm-reservation", "value": "1", "where": "header tdm-reservation"},
            {"kind": "meta.robots", "value": "noai", "where": "meta robots"},
        ],
        dates=[
            Dated("published", 1553677200, "json-ld", "datePublished: 2019-03-27T10:00:00+01:00"),
            Dated("published", 1553644800, "meta", "article:published_time: 2019-03-27"),
            Dated("published", 1553677200, "time", "time: 2019-03-27T10:00:00+01:00"),
            Dated("published", 1553644800, "url", "/2019/03/27"),
            Dated("published", 1577955600, "http.last-modified", "Thu, 02 Jan 2020 09:00:00 GMT"),
        ],
        metadata={
            "canonical": BLOG,
            "description": "What bees do",
            "site_name": "Blog",
            "authors": ["Ada Bee", "Bo Bee"],
            "modified": "2020-01-02T10:00:00+01:00",
        },
    )


def test_a_page_that_says_nothing():
    assert facts_of([], [], None) == Facts(None, None, [], [], [], {})


def test_the_title_is_the_first_that_says_anything_and_is_bounded():
    tags = [Tag("title", {}, " \n"), Tag("title", {}, "Second"), Tag("meta", {"property": "og:title", "content": "Og"})]
    assert facts_of(tags, [], None).title == "Second"
    assert facts_of(tags[:1] + tags[2:], [], None).title == "Og"
    long = facts_of([Tag("title", {}, "word " * 1000)], [], None).title
    assert (len(long), long[-1]) == (1000, "…")


def test_language_as_declared_by_the_nearest_that_declares_one():
    html, meta = Tag("html", {"xml:lang": "pt-BR"}), Tag("meta", {"http-equiv": "Content-Language", "content": "fr"})
    header = [("content-language", "de-AT")]
    assert facts_of([html, meta], header, None).language == "pt-BR"
    assert facts_of([Tag("html", {"lang": ""}), meta], header, None).language == "de-AT"
    assert facts_of([meta], [("Content-Language", "de, en")], None).language == "fr"
    assert facts_of([Tag("html", {"lang": "{{ lang }}"})], [], None).language is None
    assert facts_of([Tag("html", {"lang": "en_US"})], [], None).language == "en_US"


def test_a_relative_canonical_address_is_relative_to_the_base():
    link = Tag("link", {"rel": "Canonical", "href": "b"})
    assert facts_of([link], [], "https://a.example/x/y").metadata == {"canonical": "https://a.example/x/b"}
    base = Tag("base", {"href": "/z/"})
    assert facts_of([base, link], [], "https://a.example/x/y").metadata == {"canonical": "https://a.example/z/b"}
    assert facts_of([link], [], None).metadata == {"canonical": "b"}


def test_authors_of_metas_where_json_ld_has_none():
    tags = [
        Tag("meta", {"name": "citation_author", "content": "Bee, Ada"}),
        Tag("meta", {"name": "citation_author", "content": "Bee, Bo"}),
        Tag("meta", {"name": "citation_author", "content": "Bee, Ada"}),
    ]
    assert facts_of(tags, [], None).metadata == {"authors": ["Bee, Ada", "Bee, Bo"]}


NAMES = st.sampled_from(["html", "title", "base", "meta", "link", "time", "script", "a", "span"])
KEYS = st.sampled_from(
    "lang name property content rel href itemprop datetime pubdate http-equiv class src about type".split()
)
WORDS = st.sampled_from(
    """license copyright robots gptbot noai date dc.rights article:published_time datePublished content-language
    canonical https://creativecommons.org/licenses/by/4.0/ //creativecommons.org/licenses/ http://[x 2019-03 2019-03-27
    9999-12-31T23:59:59-23:59 {"@type":"Article","license":[[{}],{"url":1}],"author":{"name":[1]}} [[[[ \x00 \ud800
    unavailable_after:Sunday,06-Nov-94 tdm-reservation ::: , ; <""".split(" ")
)
TEXTS = WORDS | st.text(max_size=20)
TAGS = st.builds(Tag, NAMES, st.dictionaries(KEYS, TEXTS, max_size=5), TEXTS, st.integers(0, 10**9))
HEADERS = st.sampled_from(["Link", "X-Robots-Tag", "Last-Modified", "Date", "TDM-Policy", "Content-Usage", "x"])


@given(st.lists(TAGS, max_size=8), st.lists(st.tuples(HEADERS, TEXTS), max_size=4), st.none() | TEXTS)
def test_any_page_is_survived_and_what_is_said_fits_its_columns(tags, headers, url):
    facts = facts_of(tags, headers, url)
    for item in [*facts.license_evidence, *facts.reservations]:
        assert set(item) == {field.name for field in EVIDENCE}
        assert all(len(value.encode()) <= 4_000 for value in item.values())
    for dated in facts.dates:
        assert dated.kind in KINDS
        assert len(dated.value.encode()) <= 4_200
        assert -62_135_596_800 <= dated.at <= 253_402_300_799
    reserved_tokens(facts.reservations)
    assert facts == facts_of(tags, headers, url)
