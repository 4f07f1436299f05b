"""What counts as a statement of publication, and what only looks like one."""

from datetime import UTC, datetime

import pytest

from dagster_project.corpus.extraction.date_statements import dates_of, modified_of
from dagster_project.corpus.extraction.statements import sort_statements
from dagster_project.corpus.extraction.tags import Tag
from dagster_project.corpus.model.dates import conclude


def said(*tags, headers=(), url=None):
    """(day, kind, value) of each piece of evidence."""
    found = dates_of(sort_statements(tags, headers, url), url)
    assert {item.date for item in found} <= {"published"}
    return [(datetime.fromtimestamp(item.at, UTC).date().isoformat(), item.kind, item.value) for item in found]


def script(text):
    return Tag("script", {"type": "application/ld+json"}, text)


@pytest.mark.parametrize(
    "name",
    ["article:published_time", "dc.date", "DC.date.issued", "dcterms.created", "dcterms.issued", "dcterms.date",
     "citation_publication_date", "citation_date", "og:published_time", "datePublished", "pubdate", "date"],
)  # fmt: skip
def test_metas(name):
    expected = [("2019-03-27", "meta", f"{name.lower()}: 2019/03/27")]
    assert said(Tag("meta", {"name": name, "content": "2019/03/27"})) == expected
    assert said(Tag("meta", {"property": name, "content": "2019/03/27"})) == expected


def test_json_ld():
    assert said(script('{"@type": "NewsArticle", "datePublished": "2019-03"}')) == [
        ("2019-03-01", "json-ld", "datePublished: 2019-03 (read as the first of the month)")
    ]
    assert said(script('{"@type": "Event", "datePublished": "2019-03-27"}')) == []
    assert said(script('{"@type": "Article", "dateCreated": "2019-03-27", "video": {"datePublished": "2018"}}')) == []


def test_a_page_that_lists_articles_is_as_old_as_none_of_them():
    articles = ",".join(f'{{"@type": "Article", "datePublished": "201{n}-01-01"}}' for n in range(9))
    assert said(script(f"[{articles}]")) == []


def test_microdata_and_pubdate():
    time = Tag("time", {"itemprop": "datePublished", "datetime": "2019-03-27"}, "yesterday")
    assert said(time)[0] == ("2019-03-27", "meta", "time itemprop=datePublished: 2019-03-27")
    span = Tag("span", {"itemprop": "datePublished"}, "March 27, 2019")
    assert said(span) == [("2019-03-27", "meta", "span itemprop=datePublished: March 27, 2019")]
    meta = Tag("meta", {"itemprop": "datePublished", "content": "2019-03-27"})
    assert said(meta) == [("2019-03-27", "meta", "meta itemprop=datePublished: 2019-03-27")]
    assert said(Tag("time", {"pubdate": "", "datetime": "2019-03-27"}))[0][1:] == ("meta", "time pubdate: 2019-03-27")


def test_a_time_counts_where_it_is_the_only_one():
    first, second = Tag("time", {"datetime": "2019-03-27"}), Tag("time", {}, "2020-01-01")
    assert said(first) == [("2019-03-27", "time", "time: 2019-03-27")]
    assert said(first, first) == said(first)
    assert said(second) == [("2020-01-01", "time", "time: 2020-01-01")]
    assert said(first, second) == []
    assert said(Tag("time", {"datetime": "10:00"})) == []
    assert said(Tag("time", {"datetime": "1850-01-01"})) == []  # the page is about it


def test_a_time_counts_where_its_class_says_so():
    published = Tag("time", {"class": "entry-date published", "datetime": "2019-03-27"})
    updated = Tag("time", {"class": "updated", "datetime": "2020-01-01"})
    assert said(published, updated) == [("2019-03-27", "time", "time: 2019-03-27")]
    other = Tag("time", {"class": "published", "datetime": "2018-03-27"})
    assert said(published, other, updated) == []
    assert said(Tag("time", {"itemprop": "dateModified", "datetime": "2019-03-27"})) == []


@pytest.mark.parametrize(
    ("path", "day", "value"),
    [
        ("/2019/03/27/bees", "2019-03-27", "/2019/03/27"),
        ("/a/2019/3/7/", "2019-03-07", "/2019/3/7"),
        ("/2019/03/27", "2019-03-27", "/2019/03/27"),
        ("/2019-03-27-bees.html", "2019-03-27", "/2019-03-27"),
        ("/news/2019-03-27/", "2019-03-27", "/2019-03-27"),
        ("/20190327/bees", "2019-03-27", "/20190327"),
        ("/20190327-bees", "2019-03-27", "/20190327"),
        ("/2019/03/bees", "2019-03-01", "/2019/03 (read as the first of the month)"),
        ("/2019/03/27-bees", "2019-03-01", "/2019/03 (read as the first of the month)"),
        ("/1234/56/2019/03/27/", "2019-03-27", "/2019/03/27"),
    ],
)
def test_addresses(path, day, value):
    assert said(url=f"https://a.example{path}?d=/2001/01/01/#/2002/02/02/") == [(day, "url", value)]


@pytest.mark.parametrize(
    "path",
    [
        "/2019/",
        "/2019/bees",
        "/2019/13/01/",
        "/2019/02/30/",
        "/1989/03/27/",
        "/2100/03/27/",
        "/2019/12-things",
        "/12019/03/27/",
        "/201903271",
        "/2019-03-271",
        "/v2019-03-27",
        "/3/27/2019/",
        "",
    ],
)
def test_addresses_without_a_date(path):
    assert said(url=f"https://a.example{path}") == []


def test_last_modified_unless_it_is_the_moment_of_sending():
    last = ("last-modified", "Wed, 27 Mar 2019 10:00:00 GMT")
    assert said(headers=[last]) == [("2019-03-27", "http.last-modified", last[1])]
    assert len(said(headers=[last, ("Date", "Wed, 27 Mar 2019 10:01:01 GMT")])) == 1
    assert said(headers=[last, ("Date", "Wed, 27 Mar 2019 10:01:00 GMT")]) == []
    assert said(headers=[last, ("Date", "Wed, 27 Mar 2019 09:00:00 GMT")]) == []
    assert len(said(headers=[last, ("Date", "now")])) == 1
    assert said(headers=[("Last-Modified", "Thu, 01 Jan 1970 00:00:01 GMT")]) == []
    assert said(headers=[("Last-Modified", "27/03/2019")]) == []


def test_what_cannot_be_read_is_no_evidence():
    for words in ("01/02/2020", "soon", "2020-02-30", "", "0001-01-01T00:00:00Z"):
        assert said(Tag("meta", {"name": "date", "content": words}), Tag("time", {"datetime": words})) == []


def test_the_publisher_is_believed_before_the_address():
    tags = [Tag("meta", {"name": "dc.date", "content": "2018-01-01"})]
    found = dates_of(sort_statements(tags, [], None), "https://a.example/2019/03/27/")
    assert conclude(found) == ((None, "unknown"), (1514764800, "declared"))


def test_modified_is_in_its_own_words():
    meta = Tag("meta", {"property": "article:modified_time", "content": "2020-01-02T10:00:00Z"})
    item = Tag("time", {"itemprop": "dateModified"}, "2 January")
    assert modified_of(sort_statements([item, meta], [], None)) == "2020-01-02T10:00:00Z"
    assert modified_of(sort_statements([item], [], None)) == "2 January"
    node = script('{"@type": "Article", "dateModified": "2021"}')
    assert modified_of(sort_statements([item, meta, node], [], None)) == "2021"
    assert modified_of(sort_statements([], [], None)) is None
