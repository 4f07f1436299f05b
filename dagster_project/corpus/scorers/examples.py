"""Texts to learn from, as a stream: of a version in the store, or of a file that is known by its hash."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.model.artifact_recipes import BenchmarkRecipe, ExampleRecipe
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import iterate_shard, read_shard
from dagster_project.corpus.storage.stores import Store

LONGEST_LINE = 256 << 20  # bytes
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
WITH_TEXT = ("snapshots", "published")


class Example(NamedTuple):
    """One text; that of a file has for id the first 16 bytes of its SHA-256."""

    doc_id: bytes
    text: str


def of_version(store: Store, manifest: Manifest, keep: str = "kept") -> Iterator[Example]:
    """The documents of a snapshot or a published mix, or those that a policy kept or rejected."""
    if manifest.stage in WITH_TEXT:
        for file in manifest.files:
            yield from _examples(store, file)
        return
    if manifest.stage != "filtered":
        raise Refused(f"{manifest.stage} holds no texts to learn from: name snapshots, filtered or published")
    (snapshot,) = (load_manifest(store, item.id) for item in manifest.inputs if item.stage == "snapshots")
    documents = {file.sha256: file for file in snapshot.files}
    for verdicts in manifest.files:
        yield from _judged(store, documents[verdicts.documents], verdicts, keep == "kept")


def _examples(store: Store, file: File) -> Iterator[Example]:
    for batch in iterate_shard(store, file, ["doc_id", "text"]):
        yield from map(Example, batch.column("doc_id").to_pylist(), batch.column("text").to_pylist())


def _judged(store: Store, documents: File, verdicts: File, wanted: bool) -> Iterator[Example]:
    table = read_shard(store, verdicts, ["doc_id", "keep"])
    judged = zip(table.column("doc_id").to_pylist(), table.column("keep").to_pylist(), strict=True)
    for example, (doc_id, keep) in zip(_examples(store, documents), judged, strict=True):
        if example.doc_id != doc_id:
            raise IntegrityError(f"{verdicts.path} does not list the documents that it should cover: rebuild it")
        if keep is wanted:
            yield example


def find_file(recipe: ExampleRecipe | BenchmarkRecipe) -> str:
    """The hash of a file of examples or of a benchmark; one that is missing or another is refused."""
    path = Path(recipe.file).expanduser()
    what = "the examples" if isinstance(recipe, ExampleRecipe) else f"the file of benchmark {recipe.name}"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"{what} {path} cannot be read ({said}): put the file there or name another") from None
    if recipe.sha256 and found != recipe.sha256:
        raise Refused(
            f"the hash of {what} {path} is {found}, and {recipe.sha256} is expected: put that file back, or name "
            f"the new hash and give the artifact a new version"
        )
    return found


def format_of(path: Path) -> tuple[str, str]:
    """(format, compression) of a file of examples, as its suffixes say."""
    suffixes = [suffix for suffix in path.suffixes if suffix not in COMPRESSIONS]
    return suffixes[-1] if suffixes else "", path.suffix if path.suffix in COMPRESSIONS else ""


def of_file(recipe: ExampleRecipe) -> Iterator[Example]:
    """The texts of a file. A record without text, or that cannot be read, is refused with its number."""
    path = Path(recipe.file).expanduser()
    kind, _ = format_of(path)
    if kind not in READERS:
        raise Refused(f"{path} is of no known format: name a file that ends in {', '.join(READERS)}")
    for number, text in enumerate(READERS[kind](path, recipe.field), 1):
        if not isinstance(text, str):
            raise Refused(f"{path}, record {number}: has no text in {recipe.field!r}: name another field")
        yield Example(hashlib.sha256(text.encode()).digest()[:ID_BYTES], text)


def _lines(path: Path) -> Iterator[str]:
    number = 0
    try:
        with pa.input_stream(str(path), compression=COMPRESSIONS.get(path.suffix)) as stream:
            lines = iter(partial(io.BufferedReader(stream).readline, LONGEST_LINE + 1), b"")
            for number, line in enumerate(lines, 1):
                if len(line) > LONGEST_LINE:
                    raise Refused(f"{path}, line {number}: is longer than {LONGEST_LINE:,} bytes: split it")
                yield line.decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}, after line {number}: cannot be read ({error}): save it as UTF-8") from None


def _texts_of_lines(path: Path, field: str) -> Iterator[object]:
    yield from _lines(path)


def _texts_of_json(path: Path, field: str) -> Iterator[object]:
    return (record.get(field) if isinstance(record, dict) else None for record in records_of_json(path))


def records_of_json(path: Path) -> Iterator[Any]:
    """What each line of a file of JSON lines says; a line that cannot be read is refused with its number."""
    for number, line in enumerate(_lines(path), 1):
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise Refused(f"{path}, line {number}: is not JSON ({error}): mend or remove the line") from None


def _texts_of_parquet(path: Path, field: str) -> Iterator[object]:
    with refusing(path, "Parquet"):
        file = pq.ParquetFile(path)
        if field not in file.schema_arrow.names:
            raise Refused(f"{path} has no column {field!r}: name one of {', '.join(file.schema_arrow.names)}")
        for batch in file.iter_batches(1024, columns=[field]):
            yield from batch.column(0).to_pylist()


@contextlib.contextmanager
def refusing(path: Path, kind: str) -> Iterator[None]:
    """What libraries say of a file that they cannot read, as one sentence with the way out."""
    try:
        yield
    except (pa.ArrowException, csv.Error, OSError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{path} cannot be read as {kind} ({said}): name another file") from None


READERS = {".jsonl": _texts_of_json, ".parquet": _texts_of_parquet, ".txt": _texts_of_lines}
