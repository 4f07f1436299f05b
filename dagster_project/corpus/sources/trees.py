"""Trees of files: one file is one record, located by its name below the root, and so alike wherever the tree stands.

Where the recipe gives the address of the root, the record is located by the file's address instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from dagster_project.corpus.extraction import main_content, pages
from dagster_project.corpus.extraction.markdown import read_markdown
from dagster_project.corpus.extraction.plain_text import (
    HEAD_CHARACTERS,
    Marked,
    NotText,
    comments_in,
    decode,
    read_plain_text,
)
from dagster_project.corpus.extraction.restructured_text import read_restructured_text
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.dates import Dated
from dagster_project.corpus.model.documents import NOT_TEXT
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files
from dagster_project.corpus.sources.archives import DECODERS, Blocks
from dagster_project.corpus.sources.batches import (
    BAD_KEY,
    EMPTY_OBJECT,
    EMPTY_TEXT,
    EXCERPT_BYTES,
    NOT_UTF8,
    TEXT_TOO_LONG,
    DeadLetter,
    Gathering,
    Record,
)
from dagster_project.corpus.sources.fields import EVIDENCE_CHARACTERS, metadata
from dagster_project.corpus.sources.file_licenses import (
    LicenseFile,
    LicenseFiles,
    file_evidence,
    is_license_file,
)
from dagster_project.corpus.sources.moments import seconds
from dagster_project.corpus.sources.spdx_tags import tag_evidence

TEXT_BYTES = 64 << 20
Value = TypeVar("Value")
Reader = Callable[[bytes, SourceRecipe, "Named"], Record | DeadLetter]


class Named(NamedTuple):
    """How a file is called below the root of its tree, what locates it, and the license files that speak for it."""

    name: str
    key: str | None
    url: str | None
    licenses: tuple[LicenseFile, ...]


@dataclass(frozen=True)
class Tree:
    """The files of one format below a directory or prefix, or all that match a glob, plain or packed."""

    format: str
    text_bytes: int = TEXT_BYTES
    licenses: LicenseFiles = field(default_factory=LicenseFiles, repr=False, compare=False)

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        """The files, and the license files that speak for them."""
        self.licenses.forget()
        found = files.find(recipe, self._suffixes)
        licenses = [license for item in found for license in self._licenses(recipe, item.uri)]
        return sorted({item.uri: item for item in (*(license.item for license in licenses), *found)}.values())

    def checksum(self, item: RawObject) -> str:
        return files.checksum(item.uri)

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        """A license file is evidence; where its ending is that of the format, it is a record, too."""
        is_record = item.uri.lower().endswith(self._suffixes) or not is_license_file(item.uri)
        if not is_record:
            return []
        said = [[found.where, found.value] for found in self._licenses(recipe, item.uri)]
        return [RawPart(item.uri, beside=digest(said))]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        gathering = Gathering(part.uri, recipe)
        gathering.add(self._item(recipe, part.uri), 0)
        yield gathering.take()

    @property
    def _suffixes(self) -> tuple[str, ...]:
        return tuple(stem + packed for stem in FORMATS[self.format].suffixes for packed in ("", *DECODERS))

    def _licenses(self, recipe: SourceRecipe, uri: str) -> tuple[LicenseFile, ...]:
        return self.licenses.above(files.root_of(recipe, uri), uri)

    def _item(self, recipe: SourceRecipe, uri: str) -> Record | DeadLetter:
        body = self._body(uri)
        if isinstance(body, DeadLetter):
            return body
        named = self._named(recipe, uri)
        if named is None:
            return DeadLetter(0, BAD_KEY, "the file's name is not UTF-8", body[:EXCERPT_BYTES])
        item = FORMATS[self.format].read(body, recipe, named)
        return item._replace(excerpt=body[:EXCERPT_BYTES]) if isinstance(item, DeadLetter) else item

    def _body(self, uri: str) -> bytes | DeadLetter:
        """The bytes of a file, all of them, or why they cannot be a record."""
        body = bytearray()
        with files.open_raw(uri) as raw:
            blocks = Blocks(raw, files.suffix_of(uri))
            for block in blocks:
                body += block
                if len(body) > self.text_bytes:
                    detail = f"more than {self.text_bytes:,} bytes"
                    return DeadLetter(0, TEXT_TOO_LONG, detail, bytes(body[:EXCERPT_BYTES]))
        if blocks.damage:
            detail = f"{blocks.damage.detail}, after {len(body):,} bytes"
            return DeadLetter(0, blocks.damage.reason, detail, bytes(body[:EXCERPT_BYTES]))
        return bytes(body) or DeadLetter(0, EMPTY_OBJECT, "0 bytes")

    def _named(self, recipe: SourceRecipe, uri: str) -> Named | None:
        root = files.root_of(recipe, uri)
        suffix = files.suffix_of(uri)
        bare = uri[: -len(suffix)] if suffix in DECODERS else uri
        try:
            name = files.name_below(root, bare).decode()
        except UnicodeDecodeError:
            return None
        found = self._licenses(recipe, uri)
        if not recipe.base_url:
            return Named(name, name, None, found)
        return Named(name, None, recipe.base_url.rstrip("/") + "/" + quote(name), found)


def _marked(read: Callable[[str], Marked]) -> Reader:
    """A reader of files that are text themselves."""

    def record(body: bytes, recipe: SourceRecipe, named: Named) -> Record | DeadLetter:
        text = decode(body)
        if isinstance(text, NotText):
            return DeadLetter(0, NOT_TEXT if text.is_binary else NOT_UTF8, text.detail)
        marked = read(text)
        if not marked.text or marked.text.isspace():
            return DeadLetter(0, EMPTY_TEXT, f"{len(text):,} characters, none of them text")
        return _record(marked, named)

    return record


def _record(marked: Marked, named: Named) -> Record:
    """A record of a text and what its author says at its head; what is not understood stays as metadata."""
    said = dict(marked.fields)
    where = f"{marked.place} of {named.name}"
    stated = [
        {"kind": "record.license", "value": text, "where": where} for text in _taken(said, "license", _texts) or ()
    ]
    at = _taken(said, "date", seconds)
    words = f"{marked.place} date: {marked.fields.get('date')}"[:EVIDENCE_CHARACTERS]
    return Record(
        0,
        marked.text,
        key=named.key,
        url=named.url,
        title=_taken(said, "title", _label) or marked.title,
        language=_taken(said, "language", _label) or _taken(said, "lang", _label),
        license_evidence=[*tag_evidence(marked.comments, named.name), *stated, *file_evidence(named.licenses)],
        dates=[] if at is None else [Dated("published", at, "meta", words)],
        metadata=metadata(said) if said else None,
        structure=marked.structure,
    )


def _taken(said: dict[str, Any], name: str, read: Callable[[Any], Value | None]) -> Value | None:
    """The value of a field, which is then no longer among them; None, and still there, when it cannot be read."""
    value = read(said.get(name))
    if value is not None:
        del said[name]
    return value


def _texts(value: Any) -> list[str] | None:
    """A text, or a list of them."""
    values = value if isinstance(value, list) else [value]
    is_said = values and all(isinstance(item, str) and item.strip() for item in values)
    return [item.strip()[:EVIDENCE_CHARACTERS] for item in values] if is_said else None


def _label(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _page(body: bytes, recipe: SourceRecipe, named: Named) -> Record | DeadLetter:
    """A reader of files whose main content is to be extracted."""
    found = main_content.extract(pages.Page(body, named.url), recipe.extractor)
    if isinstance(found, pages.Unextracted):
        return DeadLetter(0, found.reason, found.detail)
    tags = tag_evidence(comments_in(body[:HEAD_CHARACTERS].decode("utf-8", "replace")), named.name)
    return Record(
        0,
        found.text,
        key=named.key,
        url=named.url,
        title=found.title,
        language=found.language,
        license_evidence=[*tags, *found.license_evidence, *file_evidence(named.licenses)],
        dates=found.dates,
        metadata=metadata(dict(found.metadata)) if found.metadata else None,
        structure=found.structure,
        reservations=found.reservations,
        boilerplate_characters=found.boilerplate_characters,
    )


class Format(NamedTuple):
    """The endings of a format's files, packed or not, and how one becomes a record."""

    suffixes: tuple[str, ...]
    read: Reader


FORMATS = {
    "html": Format((".html", ".htm", ".xhtml"), _page),
    "markdown": Format((".md", ".markdown", ".mkd"), _marked(read_markdown)),
    "text": Format((".txt",), _marked(read_plain_text)),
    "rst": Format((".rst", ".rest"), _marked(read_restructured_text)),
}
