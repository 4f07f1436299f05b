"""The formats that a source recipe may name. A new one is a Source in a file of its own and a line here."""

from __future__ import annotations

from difflib import get_close_matches

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart, Source
from dagster_project.corpus.sources.batches import DeadLetter, Record
from dagster_project.corpus.sources.jsonl import JsonLines
from dagster_project.corpus.sources.parquet import Parquet
from dagster_project.corpus.sources.python_environment import PythonCode, PythonManual, PythonReadmes
from dagster_project.corpus.sources.trees import Tree
from dagster_project.corpus.sources.warc import Warc

__all__ = ["SOURCES", "Batch", "DeadLetter", "RawObject", "RawPart", "Record", "Source", "source_for"]

SOURCES: dict[str, Source] = {
    "python-manual": PythonManual(),
    "python-readmes": PythonReadmes(),
    "python-code": PythonCode(),
    "jsonl": JsonLines(),
    "parquet": Parquet(),
    "html": Tree("html"),
    "markdown": Tree("markdown"),
    "text": Tree("text"),
    "rst": Tree("rst"),
    "warc": Warc(),
    "wet": Warc(frozenset({"conversion"}), ".wet"),
}


def source_for(format: str) -> Source:
    """The reader of a format; an unknown one is refused with the names that there are."""
    if format not in SOURCES:
        near = get_close_matches(format, SOURCES, n=1)
        names = ", ".join([*near, *(name for name in SOURCES if name not in near)])
        raise SourceError(f"{format!r} is not a format of sources: use one of {names}")
    return SOURCES[format]
