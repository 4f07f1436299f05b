"""Every place in which a page may state its license, and that the weaker ones are told apart."""

import pytest

from dagster_project.corpus.extraction.license_statements import LIMIT_VALUES, license_evidence
from dagster_project.corpus.extraction.statements import sort_statements
from dagster_project.corpus.extraction.tags import Tag
from dagster_project.corpus.licenses.conclusions import KINDS, OF_OTHER_WORKS, conclude

CC = "https://creativecommons.org/licenses/"
PAGE = "https://a.example/x/"


def said(*tags, headers=()):
    return [tuple(item.values()) for item in license_evidence(sort_statements(tags, headers, PAGE))]


def script(text):
    return Tag("script", {"type": "application/ld+json"}, text)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (
            Tag("link", {"rel": "license", "href": CC + "by/4.0/"}),
            ("html.rel-license", CC + "by/4.0/", "link rel=license"),
        ),
        (
            Tag("link", {"rel": "copyright", "href": "/c"}),
            ("html.rel-license", "https://a.example/c", "link rel=copyright"),
        ),
        (
            Tag("link", {"rel": "DCTERMS.License", "href": CC + "by/3.0/"}),
            ("html.meta", CC + "by/3.0/", "link rel=dcterms.license"),
        ),
        (
            Tag("a", {"rel": "nofollow LICENSE", "href": "../terms"}, "x", 7),
            ("html.rel-license", "https://a.example/terms", "a rel=license, byte 7"),
        ),
        (
            Tag("a", {"rel": "license", "href": CC + "by-sa/2.0/de/"}),
            ("html.rel-license", CC + "by-sa/2.0/de/", "a rel=license, byte 0"),
        ),
        (
            Tag("a", {"rel": "license", "about": "b.jpg", "href": CC + "by/4.0/"}),
            ("html.link", CC + "by/4.0/", "a href, byte 0"),
        ),
        (
            Tag("a", {"href": "http://www.creativecommons.org/licences/by/"}),
            ("html.link", "http://www.creativecommons.org/licences/by/", "a href, byte 0"),
        ),
        (
            Tag("a", {"href": "//creativecommons.org/publicdomain/zero/1.0/"}),
            ("html.link", "https://creativecommons.org/publicdomain/zero/1.0/", "a href, byte 0"),
        ),
        (Tag("meta", {"name": "DC.rights", "content": " CC  BY 4.0"}), ("html.meta", "CC BY 4.0", "meta dc.rights")),
        (Tag("meta", {"property": "dcterms:license", "content": CC}), ("html.meta", CC, "meta dcterms:license")),
        (Tag("meta", {"name": "dcterms.rights", "content": "r"}), ("html.meta", "r", "meta dcterms.rights")),
        (Tag("meta", {"name": "license", "content": "l"}), ("html.meta", "l", "meta license")),
        (Tag("meta", {"name": "rights", "content": "r"}), ("html.meta", "r", "meta rights")),
        (
            Tag("meta", {"name": "copyright", "content": "© 2020 Acme"}),
            ("html.copyright", "© 2020 Acme", "meta copyright"),
        ),
        (
            Tag("meta", {"itemprop": "license", "content": CC}),
            ("microdata.license", CC, "meta itemprop=license, byte 0"),
        ),
        (
            Tag("span", {"itemprop": "license"}, " CC BY", 5),
            ("microdata.license", "CC BY", "span itemprop=license, byte 5"),
        ),
        (
            script('{"@type": "WebPage", "license": {"@id": "//creativecommons.org/licenses/by/4.0/"}}'),
            ("json-ld.license", CC + "by/4.0/", "license of WebPage"),
        ),
        (
            script('{"@type": ["Dataset", "X"], "license": [{"name": "CC0"}]}'),
            ("json-ld.license", "CC0", "license of Dataset X"),
        ),
        (
            script('{"@type": "Article", "license": "/l"}'),
            ("json-ld.license", "https://a.example/l", "license of Article"),
        ),
        (
            script('{"@type": "Article", "copyrightNotice": "© Acme"}'),
            ("json-ld.copyright", "© Acme", "copyrightNotice of Article"),
        ),
        (script('{"@type": "ImageObject", "license": "l"}'), ("json-ld.part-license", "l", "license of ImageObject")),
    ],
)
def test_one_place(tag, expected):
    assert said(tag) == [expected]


@pytest.mark.parametrize(
    "tag",
    [
        Tag("link", {"rel": "stylesheet", "href": "license.css"}),
        Tag("link", {"href": CC + "by/4.0/"}),
        Tag("a", {"rel": "tag", "href": "/license"}),
        Tag("a", {"href": "https://creativecommons.org/about"}),
        Tag("a", {"href": f"https://share.example/?u={CC}by/4.0/"}),
        Tag("a", {"href": "https://creativecommons.org.example/licenses/by/4.0/"}),
        Tag("a", {"href": "http://[creativecommons.org/licenses/by/4.0/"}),
        Tag("meta", {"name": "description", "content": "license"}),
        Tag("meta", {"name": "license", "content": " "}),
        script('{"@type": "Article", "publisher": {"name": "license"}}'),
        script("license"),
    ],
)
def test_what_states_no_license(tag):
    assert said(tag) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f'<{CC}by/4.0/>; rel="license"', [CC + "by/4.0/"]),
        (f"<{CC}by/4.0/>;rel=license", [CC + "by/4.0/"]),
        (f'<{CC}by/4.0/>; title="a, b"; REL="cite-as License"', [CC + "by/4.0/"]),
        (
            f'</style.css>; rel=preload, </l>; rel="license", <{CC}by/4.0/>; rel=license',
            ["https://a.example/l", CC + "by/4.0/"],
        ),
        (f'<{CC}by/4.0/>; rel="license"; anchor="/image.png"', []),
        (f'<{CC}by/4.0/>; rel="license"; anchor="#"', [CC + "by/4.0/"]),
        (f'<{CC}by/4.0/>; rel="author"; title="license"', []),
        (f"<{CC}by/4.0/>", []),
        ("<license" * 1000, []),
        ("license; rel=license", []),
    ],
    ids=lambda value: str(value)[:60],
)
def test_links_of_http(value, expected):
    assert said(headers=[("LINK", value)]) == [("http.link", address, "header Link") for address in expected]


def test_the_same_statement_is_kept_once_with_its_first_place():
    tags = [Tag("a", {"rel": "license", "href": CC + "by/4.0/"}, "", place) for place in (5, 9)]
    assert said(*tags) == [("html.rel-license", CC + "by/4.0/", "a rel=license, byte 5")]


def test_a_relation_said_a_hundred_thousand_times_is_said_once():
    tag = Tag("a", {"rel": "license " * 100_000, "href": "https://a.example/" + "x" * 10**6})
    assert [(kind, len(value)) for kind, value, _ in said(tag)] == [("html.rel-license", 1_000)]


def test_more_statements_than_are_kept_conclude_nothing():
    tags = [Tag("a", {"rel": "license", "href": f"{CC}by/4.0/?{n}"}) for n in range(LIMIT_VALUES + 3)]
    items = said(*tags)
    assert len(items) == LIMIT_VALUES + 1
    assert items[-1] == ("html.rel-license", "… and 3 more", "the same page")
    evidence = license_evidence(sort_statements(tags, [], PAGE))
    assert conclude(evidence[:-1]).expression == "CC-BY-4.0"
    assert conclude(evidence).expression == "NOASSERTION"


def test_every_kind_is_known_to_those_who_conclude():
    tags = [
        Tag("a", {"rel": "license", "href": "l"}),
        Tag("a", {"href": CC}),
        Tag("span", {"itemprop": "license"}, "l"),
        Tag("meta", {"name": "rights", "content": "l"}),
        Tag("meta", {"name": "copyright", "content": "l"}),
        script('[{"@type": "Article", "license": "l", "copyrightNotice": "c"}, {"@type": "X", "license": "l"}]'),
    ]
    kinds = {kind for kind, _, _ in said(*tags, headers=[("Link", "<l>; rel=license")])}
    assert len(kinds) == 9
    assert kinds <= set(KINDS) | OF_OTHER_WORKS


def test_share_alike_is_never_lost_on_the_way():
    for address, expected in (
        ("//creativecommons.org/licenses/by-sa/2.0/de/deed.de", "LicenseRef-CC-BY-SA-2.0-DE"),
        ("http://www.creativecommons.org/licences/by-sa/4.0/)", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/licenses/by-sa/", "NOASSERTION"),
    ):
        evidence = license_evidence(sort_statements([Tag("a", {"rel": "license", "href": address})], [], PAGE))
        assert conclude(evidence).expression == expected
