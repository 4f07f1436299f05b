"""What benchmarks read: a file of documents, or the texts that every installation has."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib.metadata import PackagePath, distributions

import pyarrow as pa
import pyarrow.parquet as pq


def read(path: str | None) -> list[str]:
    """The non-empty texts of a file; without one, this environment's manual, READMEs and sources."""
    if path is None:
        return installed()
    if path.endswith(".parquet"):
        return list(filter(None, pq.read_table(path, columns=["text"])["text"].to_pylist()))
    if not path.endswith((".jsonl", ".jsonl.gz", ".jsonl.zst")):
        raise ValueError(f"{path} is none of .jsonl, .jsonl.gz, .jsonl.zst, .parquet")
    with pa.input_stream(path, compression="detect") as stream:
        lines = stream.read().splitlines()
    return list(filter(None, (json.loads(line)["text"] for line in lines if line.strip())))


def installed() -> list[str]:
    """The same order in every run of one environment."""
    from pydoc_data.topics import topics

    found = sorted({*topics.values(), *readmes(), *sources()})
    random.Random(0).shuffle(found)
    return found


def readmes() -> Iterator[str]:
    for distribution in distributions():
        text = distribution.metadata.get_payload() or distribution.metadata.get("description")
        if isinstance(text, str) and text.strip():
            yield text


def sources() -> Iterator[str]:
    for distribution in distributions():
        for file in distribution.files or []:
            if file.suffix == ".py":
                yield from content(file)


def content(file: PackagePath) -> Iterator[str]:
    """The text of a source file, unless it is missing, empty or not UTF-8."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if text.strip():
        yield text
