"""Statements of reservation that a policy may honor, by name, and how many of them a document holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.model.crawlers import AGENTS, EVERYBODY, UNREACHABLE, USES

ANY = "any"  # every statement, but for those of OTHER_MATTERS
# what a page and its headers can say, each also for one agent after a colon, which may be anyone
OF_PAGES = frozenset({"noai", "noimageai", "noindex", "nosnippet"})
# what a site can say, and for whom or what after a colon
OF_SITES: Mapping[str, frozenset[str]] = {
    "tdm": frozenset(),
    "ai.txt": frozenset(AGENTS),
    "robots.txt": frozenset({EVERYBODY, UNREACHABLE, *AGENTS, *USES.values()}),
}
# searching and pictures: no word on whether a model may learn from the text
OTHER_MATTERS = ("noimageai", "noindex", "nosnippet", "robots.txt:search")


def unknown_statements(names: Sequence[str]) -> list[str]:
    """Names that nobody says: a misspelled one, or one with capitals, would honor nothing."""
    return [name for name in names if name != ANY and not _is_said(name)]


def _is_said(name: str) -> bool:
    head, colon, whom = name.partition(":")
    if head in OF_SITES:
        return not colon or whom in OF_SITES[head]
    return head in OF_PAGES and bool(whom) == bool(colon) and whom == whom.lower()


def holding(statements: pa.ChunkedArray, names: Sequence[str]) -> NDArray[np.float64]:
    """How many statements each document holds that a policy honors; float64[n]."""
    lists = statements.combine_chunks()
    coded = lists.flatten().dictionary_encode()
    honored = np.array([is_honored(token, names) for token in coded.dictionary.to_pylist()], bool)
    owners = np.repeat(np.arange(len(lists)), lists.value_lengths().fill_null(0).to_numpy())
    counted = np.bincount(owners[honored[coded.indices.to_numpy()]], minlength=len(lists))
    return counted.astype(np.float64)


def is_honored(token: str, names: Collection[str]) -> bool:
    """Whether a policy that names these honors a token: by its whole, by what stands before its colon, or as any."""
    head = token.partition(":")[0]
    return token in names or head in names or (ANY in names and not {token, head} & {*OTHER_MATTERS})
