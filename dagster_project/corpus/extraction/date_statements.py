"""When a page says that it was published: every statement that can be read, with its words; no clock is consulted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dagster_project.corpus.extraction.json_ld import words_of
from dagster_project.corpus.extraction.statements import Statements, worded
from dagster_project.corpus.extraction.tags import Tag
from dagster_project.corpus.extraction.written_dates import LONGEST, read_date, read_numbers
from dagster_project.corpus.model.dates import Dated

FIRST, LAST = 631_152_000, 4_102_444_800  # 1990 to 2099, for inferred dates: there were no web pages before
LIMIT_DATES = 20
SENDING_SECONDS = 60  # changed no longer before it was sent: made on demand

PUBLISHED = frozenset(
    {
        "article.published",
        "article:published",
        "article:published_time",
        "bt:pubdate",
        "citation_date",
        "citation_online_date",
        "citation_publication_date",
        "date",
        "date.issued",
        "datepublished",
        "dc.date",
        "dc.date.created",
        "dc.date.issued",
        "dc.date.published",
        "dc:created",
        "dc:date",
        "dc:issued",
        "dcterms.created",
        "dcterms.date",
        "dcterms.issued",
        "dcterms:created",
        "dcterms:date",
        "dcterms:issued",
        "og:article:published_time",
        "og:pubdate",
        "og:publish_date",
        "og:published_time",
        "og:release_date",
        "parsely-pub-date",
        "prism.publicationdate",
        "pubdate",
        "publication_date",
        "publish-date",
        "publish_date",
        "publishdate",
        "rnews:datepublished",
        "sailthru.date",
    }
)
MODIFIED = frozenset(
    {
        "article:modified_time",
        "datemodified",
        "dc.date.modified",
        "dcterms.modified",
        "dcterms:modified",
        "og:article:modified_time",
        "og:updated_time",
    }
)

_IN_PATH = re.compile(
    r"/(\d{4})(?:/(\d{1,2})(?:/(\d{1,2}))?(?=/|$)|-(\d\d)-(\d\d)(?=[-_./]|$)|(\d\d)(\d\d)(?=[-_./]|$))", re.ASCII
)


def dates_of(said: Statements, url: str | None) -> list[Dated]:
    """Evidence of publication, each once; what cannot be read, or has two readings, is left out."""
    found = [*_of_json_ld(said), *_of_metas(said), *_of_items(said), *_of_times(said)]
    return [*list(dict.fromkeys(found))[:LIMIT_DATES], *_of_url(url), *_of_headers(said)]


def modified_of(said: Statements) -> str | None:
    """When the page says that it was last changed, in its own words."""
    for node in said.json_ld.own:
        for words in words_of(node.get("dateModified")):
            return worded(words)[:LONGEST]
    for _, content in said.contents(MODIFIED):
        return worded(content)[:LONGEST]
    return next(
        (words[:LONGEST] for name, tag in said.items if name == "dateModified" and (words := _words(tag))), None
    )


def _of_json_ld(said: Statements) -> Iterator[Dated]:
    """A page and its article may differ; a page that gives more dates lists other pages."""
    found = dict.fromkeys(words for node in said.json_ld.own for words in words_of(node.get("datePublished")))
    if len(found) <= 2:
        for words in found:
            yield from _dated("json-ld", "datePublished: ", words)


def _of_metas(said: Statements) -> Iterator[Dated]:
    for name, content in said.contents(PUBLISHED):
        yield from _dated("meta", f"{name}: ", content)


def _of_items(said: Statements) -> Iterator[Dated]:
    for name, tag in said.items:
        if name == "datePublished":
            yield from _dated("meta", f"{tag.name} itemprop=datePublished: ", _words(tag))
    for tag in said.times:
        if "pubdate" in tag.attributes:
            yield from _dated("meta", "time pubdate: ", _words(tag))


def _of_times(said: Statements) -> Iterator[Dated]:
    """A time element says when anything was: of the page it speaks where it says so, or where it is the only one."""
    if not said.times:
        return
    named = [tag for tag in said.times if _is_published(tag)]
    for tags in (named, said.times):
        if len({_words(tag) for tag in tags}) == 1:
            is_other = tags[0].attributes.get("itemprop") not in (None, "", "datePublished")
            yield from () if is_other else _inferred("time", "time: ", _words(tags[0]))
            return


def _of_url(url: str | None) -> Iterator[Dated]:
    """/2019/03/27/, /2019/03/, /2019-03-27-slug and /20190327/ in the path of an address."""
    if not url:
        return
    path = url.partition("#")[0].partition("?")[0].partition("//")[2][:2_000]  # with the host, which holds no slash
    for match in _IN_PATH.finditer(path):
        year, *slashed, month, day, joined_month, joined_day = match.groups()
        read = read_numbers(year, slashed[0] or month or joined_month, slashed[1] or day or joined_day)
        if read and FIRST <= read.at < LAST:
            yield Dated("published", read.at, "url", _noted(match[0], read.supplied))
            return


def _of_headers(said: Statements) -> Iterator[Dated]:
    """Last-Modified, unless it is the moment of sending: then the page was made on demand, and it says nothing."""
    for words in said.header("last-modified"):
        sent = next((read.at for text in said.header("date") if (read := read_date(text))), LAST)
        for dated in _inferred("http.last-modified", "", words):
            if dated.at < sent - SENDING_SECONDS:
                yield dated
        return


def _inferred(kind: str, place: str, words: str) -> Iterator[Dated]:
    return (dated for dated in _dated(kind, place, words) if FIRST <= dated.at < LAST)


def _dated(kind: str, place: str, words: str) -> Iterator[Dated]:
    if read := read_date(words):
        yield Dated("published", read.at, kind, place + _noted(worded(words), read.supplied))


def _noted(words: str, supplied: str) -> str:
    return f"{words} (read as the {supplied})" if supplied else words


def _words(tag: Tag) -> str:
    attributes = tag.attributes
    return worded(attributes.get("datetime") or attributes.get("content") or tag.text)


def _is_published(tag: Tag) -> bool:
    """Classes of the hAtom and h-entry microformats."""
    return not {"published", "dt-published"}.isdisjoint(tag.attributes.get("class", "").split())
