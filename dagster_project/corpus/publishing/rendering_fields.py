"""What templates may say of a document, as text that cannot pass for anything else: one line of limited length each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.rendering_recipes import TEMPLATE_FIELDS, TEXT, RenderingRecipe, pieces_of
from dagster_project.corpus.model.urls import domain_of, host_of

LONGEST_VALUE = 500  # characters
STRING = pa.large_string()
NOTHING = pa.scalar("", STRING)
BREAKS = r"[\p{Cc}\p{Zl}\p{Zp}]"  # controls, newlines among them, and separators of lines and paragraphs
# What an address needs no more of than this to tell its host, so that few different ones are left to be read.
SITE = r"(?s)^((?:https?|ftp)://[^/\\?#\x00-\x20]+)(?:[/\\?#].*)?$"
CONTROL = "control"
READ_FROM = {"host": "url", "domain": "url"}


def fields_of(recipe: RenderingRecipe) -> tuple[str, ...]:
    """The fields that the templates name, but for the text, in the order of TEMPLATE_FIELDS."""
    named = {field for template in recipe.templates for field in pieces_of(template.text).fields}
    return tuple(field for field in TEMPLATE_FIELDS if field in named and field != TEXT)


def columns_of(recipe: RenderingRecipe) -> tuple[str, ...]:
    """The columns that rows must have to be rendered, in a fixed order."""
    drawn = ("doc_id", "copy", "phase", "component") if recipe.templates else ()
    read = [READ_FROM.get(field, field) for field in fields_of(recipe)]
    besides = [*([CONTROL] if recipe.controls else []), *(["turns"] if recipe.speaks else [])]
    return tuple(dict.fromkeys((TEXT, *drawn, *read, *besides)))


def column_of(rows: pa.Table, name: str, kind: pa.DataType = STRING) -> pa.Array:
    """A column as one array of that type."""
    if name not in rows.column_names:
        raise IntegrityError(f"rows to be rendered have no column {name}, and the recipe needs it: export them with it")
    return rows.column(name).cast(kind).combine_chunks()


def values_of(rows: pa.Table, field: str, tokens: Sequence[str]) -> pa.Array:
    """A field of every row as large_string, null where it is unknown.

    Controls and line breaks are spaces in it, so are control tokens; it has at most LONGEST_VALUE characters.
    """
    values = column_of(rows, READ_FROM.get(field, field))
    return _harmless(READERS[field](values) if field in READERS else values, tokens)


def _harmless(values: pa.Array, tokens: Sequence[str]) -> pa.Array:
    values = pc.replace_substring_regex(pc.utf8_slice_codeunits(values, 0, LONGEST_VALUE), BREAKS, " ")
    for token in tokens:  # which hold no space, so that none comes to be where another was
        values = pc.replace_substring(values, token, " ")
    values = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(values, NOTHING), pa.scalar(None, STRING), values)


def _hosts(urls: pa.Array) -> pa.Array:
    return _each_once(host_of, pc.replace_substring_regex(urls, SITE, r"\1"))


def _domains(urls: pa.Array) -> pa.Array:
    return _each_once(domain_of, _hosts(urls))


def _names(sources: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(sources, r"(?s)@.*$", "")


def _each_once(read: Callable[[str], str | None], values: pa.Array) -> pa.Array:
    """What is read from each different value, in the place of it."""
    coded = values.dictionary_encode()
    return pa.array([read(value) for value in coded.dictionary.to_pylist()], STRING).take(coded.indices)


READERS: dict[str, Callable[[Any], Any]] = {"host": _hosts, "domain": _domains, "source": _names}
