"""A marked copy with its marks taken out again, and what a tree of it says: resiliparse's own, with no main content."""

import re

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

MARKS = re.compile("[\U000f0000-\U0010ffff]")


def plain(page: bytes, *, main_content: bool) -> str:
    """Every visible character that resiliparse takes from a page, in order."""
    tree = HTMLTree.parse_from_bytes(page, "utf-8")
    text = extract_plain_text(tree, preserve_formatting=True, main_content=main_content, list_bullets=False)
    return "".join(text.split())


def unmarked(marked: bytes, *, main_content: bool) -> str:
    """The same of a marked copy, as if it had no marks."""
    repaired = re.sub(rb"(<a\s[^>]*/>)</a>", rb"\1", marked.replace(chr(0xFFFFD).encode(), b""))
    return "".join(MARKS.sub("", plain(repaired, main_content=main_content)).split())
