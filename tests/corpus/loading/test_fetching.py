"""Exports as files: names that readers expect, files kept and made again, and nothing outside the folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.loading.fetching import fetch, files_of
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.loading.handmade import ROWS, Publication, file_of, publication_of, replaced


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(scope="module")
def made(store: MemoryStore) -> Publication:
    return publication_of(store)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_file_is_there_under_the_name_of_its_format(
    store: MemoryStore, made: Publication, format: str, tmp_path: Path
) -> None:
    files = files_of(made.manifest, format)
    assert [item.kept for item in fetch(store, files, tmp_path / "new" / "x")] == [False] * len(files)
    found = {path.name: path.read_bytes() for path in (tmp_path / "new" / "x").iterdir()}
    assert found == {name: store.get(file.path) for name, file in files.items()}
    assert len(found) == len(ROWS) * (3 if format in ("numpy", "megatron") else 1) + format.startswith("mds")


def test_readers_find_what_they_look_for(store: MemoryStore, made: Publication, tmp_path: Path) -> None:
    for format in ("parquet", "numpy"):
        list(fetch(store, files_of(made.manifest, format), tmp_path / format))
    table = pq.read_table(tmp_path / "parquet")
    assert table.column("text").to_pylist() == [sample[6] for sample in made.samples]
    stream = np.concatenate([np.load(tmp_path / "numpy" / f"shard-{shard:05d}.npy") for shard in range(len(ROWS))])
    assert stream.tolist() == [token for sample in made.samples for token in sample[5]]


def test_what_is_whole_is_kept_and_the_rest_made_again(store: MemoryStore, made: Publication, tmp_path: Path) -> None:
    files = files_of(made.manifest, "numpy")
    list(fetch(store, files, tmp_path))
    names = list(files)
    (tmp_path / names[0]).unlink()
    flipped = bytearray((tmp_path / names[2]).read_bytes())
    flipped[-1] ^= 1
    (tmp_path / names[2]).write_bytes(flipped)
    (tmp_path / names[4]).write_bytes(b"short")
    (tmp_path / f".{names[0]}.draft").write_bytes(b"of a run that was killed")
    again = [item.name for item in fetch(store, files, tmp_path) if not item.kept]
    assert again == [names[0], names[2], names[4]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name).read_bytes() == store.get(file.path) for name, file in files.items())


def test_links_are_replaced_and_what_they_lead_to_is_left(
    store: MemoryStore, made: Publication, tmp_path: Path
) -> None:
    files, folder, outside = files_of(made.manifest, "parquet"), tmp_path / "to", tmp_path / "outside"
    folder.mkdir()
    outside.write_bytes(store.get(files["shard-00000.parquet"].path))
    for name in ("shard-00000.parquet", ".shard-00001.parquet.draft"):
        (folder / name).symlink_to(outside)
    before = outside.read_bytes()
    assert [item.kept for item in fetch(store, files, folder)] == [False] * len(files)
    assert outside.read_bytes() == before
    assert not any(path.is_symlink() for path in folder.iterdir())


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "..", ".hidden", "a\\b", "a\n", ""])
def test_a_name_that_leads_elsewhere_is_refused(made: Publication, name: str) -> None:
    (file,) = made.manifest.facts["exports"]["mds"]["index"].values()
    exports = {"mds": {"shards": [], "index": {name: file}}}
    altered = type(made.manifest)(made.manifest.identity, (), (), {}, {"exports": exports})
    with pytest.raises(IntegrityError, match="which may lie elsewhere: it was altered"):
        files_of(altered, "mds")


def test_an_altered_object_leaves_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    made = publication_of(store, formats=["jsonl"])
    file = file_of(made.manifest, "jsonl", 0, "jsonl.zst")
    replaced(store, file.path, store.get(file.path)[:-1] + b"?")
    with pytest.raises(IntegrityError, match="was altered: build its partition again with --repair"):
        list(fetch(store, files_of(made.manifest, "jsonl"), tmp_path))
    assert list(tmp_path.iterdir()) == []
    store.delete([file.path])
    with pytest.raises(IntegrityError, match="is gone: build its partition again with --repair"):
        list(fetch(store, files_of(made.manifest, "jsonl"), tmp_path))


def test_a_folder_that_is_a_file_is_refused(store: MemoryStore, made: Publication, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(Refused, match=r"taken cannot be written \(file exists\): name another folder"):
        list(fetch(store, files_of(made.manifest, "jsonl"), tmp_path / "taken"))
    with pytest.raises(Refused, match="was not published as 'packed': use jsonl, mds"):
        files_of(made.manifest, "packed")
