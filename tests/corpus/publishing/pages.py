"""A page as its reader's browser finds it, and what no page of hostile data may hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HIDDEN = "[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]"
VOID = {"meta", "br", "wbr", "img", "link", "input"}
ACTIVE = {"script", "img", "link", "iframe", "object", "svg", "base", "form"}
DRAWN = frozenset({"script", "svg", "form"})  # of the provenance page: its own search, and its charts


class Page(HTMLParser):
    """Every tag of a page with its attributes, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown += data


def inert(text: str, allowed: frozenset[str] = frozenset()) -> Page:
    """The page, which nests, loads nothing, runs nothing, and leads to the web or to a place of its own."""
    page = Page(text)
    assert page.open == []
    assert not ACTIVE & {tag for tag, _ in page.tags} - allowed
    anchors = {attributes.get("id") for _, attributes in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        if "href" in attributes:
            address = attributes["href"] or ""
            assert tag == "a"
            assert re.match("https?://", address) or (address[:1] == "#" and address[1:] in anchors)
    return page
