"""Shards of any store as one Arrow dataset: nothing is read before somebody scans, and then the columns and row groups
that the scan needs, by ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.stores import Store


def dataset_of(store: Store, parts: Iterable[tuple[File, Mapping[str, str]]], schema: pa.Schema) -> ds.Dataset:
    """The rows of some shards, each with what is said of all rows of its shard: text columns that the schema has, too.
    A filter on these leaves shards unread."""
    files = {file.path: (file, said) for file, said in parts}
    handler = fs.PyFileSystem(_Reading(store, {path: file.size_bytes for path, (file, _) in files.items()}))
    format_ = ds.ParquetFileFormat()
    fragments = [
        format_.make_fragment(path, handler, partition_expression=_all(said)) for path, (_, said) in files.items()
    ]
    return ds.FileSystemDataset(fragments, schema, format_, handler)


def _all(said: Mapping[str, str]) -> Any:
    expression = pc.scalar(True)
    for name, value in said.items():
        expression = expression & (pc.field(name) == value)
    return expression


class _Reading(fs.FileSystemHandler):  # type: ignore[misc]  # pyarrow carries no types
    """The files of a store for Arrow: it opens them, and does nothing else."""

    def __init__(self, store: Store, sizes: Mapping[str, int]):
        self.store, self.sizes = store, sizes

    def get_type_name(self) -> str:
        return "florilegium"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: Iterable[str]) -> list[fs.FileInfo]:
        return [fs.FileInfo(path, fs.FileType.File, size=self.sizes.get(path, -1)) for path in paths]

    def open_input_file(self, path: str) -> pa.PythonFile:
        return pa.PythonFile(self.store.open(path), mode="r")

    def open_input_stream(self, path: str) -> pa.PythonFile:
        return self.open_input_file(path)

    def get_file_info_selector(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        raise NotImplementedError("a dataset names its files")

    def create_dir(self, path: str, recursive: bool) -> None:
        raise NotImplementedError("shards are only read")

    delete_dir = delete_dir_contents = delete_root_dir_contents = delete_file = create_dir
    move = copy_file = open_output_stream = open_append_stream = create_dir
