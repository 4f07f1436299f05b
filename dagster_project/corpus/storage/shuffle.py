"""A shuffle is files on the object store: every sender writes one object with a section per receiver.

Both engines run the same code, and a receiver fetches only its own byte ranges. Objects live under scratch/ and are
removed when the build is done; `gc` removes what a killed build left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Sent:
    """One sender's object: for each receiver the byte range of its section."""

    path: str
    sections: Mapping[int, tuple[int, int]]


def send(store: Store, path: str, tables: Mapping[int, pa.Table]) -> Sent:
    """Write the rows for every receiver."""
    sections: dict[int, tuple[int, int]] = {}
    body = bytearray()
    for receiver, table in tables.items():
        start = len(body)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
        body += sink.getvalue()
        sections[receiver] = (start, len(body) - start)
    store.put(path, bytes(body))
    return Sent(path, sections)


def receive(store: Store, sent: Sequence[Sent], receiver: int) -> list[pa.Table]:
    """Every section for one receiver."""
    ranges = [(item.path, *item.sections[receiver]) for item in sent if receiver in item.sections]
    return [pa.ipc.open_stream(store.get_range(path, start, length)).read_all() for path, start, length in ranges]


def discard(store: Store, sent: Iterable[Sent]) -> None:
    store.delete([item.path for item in sent])
