"""What every format must do, run for each line of FORMATS; then what the readers of other projects find in them."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.formats import formats
from dagster_project.corpus.formats.format import ROWS, Format, Shard, Stored, Written
from dagster_project.corpus.formats.formats import FORMATS, file_name, format_of, read_rows
from dagster_project.corpus.formats.streams import stream_digest, tokens_of
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.tokens import Tokens
from tests.corpus.formats.shards import delivered, shard_of, stored_of
from tests.oracles import streams as oracle

HOSTILE = ["a\0b", "\x1b[2J\x07", "../../etc/passwd", "{0}%s\\'\"\r\n\u2028", "\U0001f33c\u0301\U0010ffff", "</script>"]
LONG = "long " * 30_000
EMPTY, LARGE = "", 70_000
SHARDS = {
    "plain": shard_of(["one", "two words", "three"], start=7, vocabulary=300, separator=299),
    "empty": shard_of([], vocabulary=300, separator=299),
    "one": shard_of(["alone"], vocabulary=300),
    "empty documents": shard_of([EMPTY, "a", EMPTY, EMPTY, "bcd", EMPTY], vocabulary=300, separator=0),
    "nothing but empty documents": shard_of([EMPTY] * 3, vocabulary=300),
    "hostile": shard_of([*HOSTILE, LONG], vocabulary=65_499, separator=1),
    "between the types": shard_of(["x" * 300, "y"], vocabulary=65_536, separator=65_535),
    "a large vocabulary": shard_of([*HOSTILE, "a" * 70_000], vocabulary=LARGE, separator=LARGE - 1),
    "masked": shard_of([EMPTY, *HOSTILE, "a" * 300, EMPTY], vocabulary=300, separator=299, masked=True),
    "masked without a separator": shard_of(["one", EMPTY, "three"], start=2, vocabulary=LARGE, masked=True),
    "many rows": shard_of([f"document {row}" for row in range(9000)], vocabulary=50_000, separator=2),
}
texts = st.text(st.characters(codec="utf-8"), max_size=20)


@pytest.fixture(params=sorted(FORMATS))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=sorted(SHARDS))
def shard(request: pytest.FixtureRequest) -> Shard:
    return SHARDS[request.param]


def stored(name: str, shard: Shard) -> Stored:
    return stored_of(FORMATS[name].write(shard), shard.table.num_rows)


def separator_to_add(format: Format, shard: Shard) -> int | None:
    return None if format.streams else shard.separator


def without_tokens(shard: Shard) -> Shard:
    return Shard(shard.number, shard.start, shard.table)


def separator_in(name: str, shard: Shard) -> bool:
    return FORMATS[name].streams and shard.separator is not None


def masks(shard: Shard, with_separator: bool) -> list[list[int]]:
    """Row by row 1 where a token carries loss."""
    assert shard.mask is not None
    assert shard.tokens is not None
    ends = [1] if with_separator else []
    values = shard.mask.astype(int).tolist()
    return [values[start:end] + ends for start, end in pairwise(shard.tokens.offsets.tolist())]


def documents(tokens: Tokens) -> list[list[int]]:
    values, offsets = tokens.values.tolist(), tokens.offsets.tolist()
    return [values[start:end] for start, end in pairwise(offsets)]


# ---- writing and reading --------------------------------------------------------------------------------------


def test_what_was_written_is_read(name: str, shard: Shard) -> None:
    rows = read_rows(name, stored(name, shard))
    assert rows.column_names == [column for column in ROWS if column in rows.column_names]
    for column in set(rows.column_names) - {"tokens", "mask"}:
        assert rows.column(column).to_pylist() == shard.table.column(column).to_pylist()
        assert rows.column(column).type == shard.table.column(column).type
    assert shard.tokens is not None
    digest = stream_digest([tokens_of(rows.column("tokens"))], separator_to_add(FORMATS[name], shard))
    assert digest == oracle.stream_digest(documents(shard.tokens), shard.separator)
    assert FORMATS[name].needs_tokens or {"index", "doc_id", "text"} <= set(rows.column_names)


def test_masks_stand_beside_the_tokens_where_anything_is_masked(name: str, shard: Shard) -> None:
    rows = read_rows(name, stored(name, shard))
    if shard.mask is None:
        assert not rows.num_rows or "mask" not in rows.column_names
        assert not any("mask" in suffix for suffix in FORMATS[name].write(shard).files)
    else:
        assert rows.column("mask").type == pa.list_(pa.uint8())
        assert rows.column("mask").to_pylist() == masks(shard, separator_in(name, shard))


@pytest.mark.parametrize("bounds", [(0, 0), (0, 1), (2, 3), (1, 3), (3, 3)])
def test_some_rows_are_a_part_of_all(name: str, bounds: tuple[int, int]) -> None:
    place = stored(name, SHARDS["plain"])
    assert read_rows(name, place, *bounds).equals(read_rows(name, place).slice(bounds[0], bounds[1] - bounds[0]))


def test_some_rows_far_in_cost_few_bytes(name: str) -> None:
    shard, asked = SHARDS["many rows"], []
    place = stored(name, shard)

    def read(suffix: str, start: int, length: int) -> bytes:
        asked.append(length)
        return place.read(suffix, start, length)

    rows = read_rows(name, place._replace(read=read), 8190, 8205)
    assert rows.equals(read_rows(name, place).slice(8190, 15))
    if not FORMATS[name].seeks:
        assert sum(asked) >= sum(place.sizes.values())
    elif name != "parquet":  # two of its three row groups hold them
        assert sum(asked) < sum(place.sizes.values()) / 4


def test_the_same_rows_are_the_same_bytes_however_they_lie(name: str, shard: Shard) -> None:
    half = shard.table.num_rows // 2
    chunked = pa.concat_tables([shard.table.slice(0, half), shard.table.slice(half)])
    assert shard.tokens is not None
    wide = Tokens(shard.tokens.values.astype(np.int32), shard.tokens.offsets.copy())
    again = Shard(shard.number, shard.start, chunked, wide, shard.vocabulary, shard.separator, shard.mask)
    assert FORMATS[name].write(again) == FORMATS[name].write(shard)


def test_text_alone_is_written_by_every_format_that_holds_text(name: str, shard: Shard) -> None:
    bare = without_tokens(shard)
    if FORMATS[name].needs_tokens:
        with pytest.raises(Refused, match="holds tokens alone: name a tokenizer"):
            FORMATS[name].write(bare)
    else:
        rows = read_rows(name, stored(name, bare))
        assert rows.column_names == ["index", "doc_id", "text"] or not rows.num_rows
        assert rows.column("text").to_pylist() == bare.table.column("text").to_pylist()


@settings(deadline=None, max_examples=25)
@given(parts=st.lists(st.lists(texts, max_size=5), min_size=1, max_size=4), separator=st.sampled_from([None, 0, 299]))
def test_where_shards_begin_is_nothing_to_the_stream(parts: list[list[str]], separator: int | None) -> None:
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    shards = [
        shard_of(part, number=number, start=starts[number], vocabulary=300, separator=separator)
        for number, part in enumerate(parts)
    ]
    expected = oracle.stream_digest([row for shard in shards for row in documents(shard.tokens)], separator)  # type: ignore[arg-type]
    for name, format in FORMATS.items():
        read = [read_rows(name, stored(name, shard)) for shard in shards]
        tokens = [tokens_of(rows.column("tokens")) for rows in read]
        assert stream_digest(tokens, None if format.streams else separator) == expected
        if "text" in read[0].column_names:
            assert [text for rows in read for text in rows.column("text").to_pylist()] == [*chain.from_iterable(parts)]


def test_names_and_suffixes_are_only_ours(name: str, shard: Shard) -> None:
    written = FORMATS[name].write(shard)
    assert file_name(name, 3, "x") == ("shard.00003.x" if name.startswith("mds") else "shard-00003.x")
    assert set(written.files) - {"mask.npy"} == set(FORMATS[name].write(SHARDS["plain"]).files)
    assert json.loads(json.dumps(written.facts)) == written.facts


# ---- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", [(-1, 2), (2, 1), (0, 4), (4, 4)])
def test_rows_that_are_not_there_are_refused(name: str, bounds: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="are not in a shard of 3 rows"):
        read_rows(name, stored(name, SHARDS["plain"]), *bounds)


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refused, match="'csv' is not a format of exports: use one of parquet, jsonl, megatron, numpy"):
        format_of("csv")


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damage_is_told_or_harmless(data: st.DataObject) -> None:
    """A flipped byte or a cut gives a refusal or rows of the same number: no other error, and no reading beyond."""
    name = data.draw(st.sampled_from(sorted(FORMATS)))
    shard = data.draw(st.sampled_from([SHARDS["plain"], SHARDS["masked without a separator"]]))
    files = dict(FORMATS[name].write(shard).files)
    suffix = data.draw(st.sampled_from(sorted(files)))
    body = bytearray(files[suffix])
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    files[suffix] = bytes(body[: data.draw(st.sampled_from([place, len(body)]))])
    damaged = Stored(3, {key: len(value) for key, value in files.items()}, lambda key, at, n: files[key][at : at + n])
    with contextlib.suppress(IntegrityError):
        rows = read_rows(name, damaged)
        rows.validate(full=True)
        assert rows.num_rows == 3


def test_a_shard_of_another_number_of_rows_is_told(name: str) -> None:
    for rows in (2, 4):
        with pytest.raises(IntegrityError, match=f"a {name} shard was altered"):
            read_rows(name, stored(name, SHARDS["plain"])._replace(rows=rows), 0, rows)


def test_a_new_format_is_a_class_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lines(Format):
        def write(self, shard: Shard) -> Written:
            return Written({"txt": "\n".join(shard.table.column("text").to_pylist()).encode()})

        def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
            return pa.table({"text": stored.whole("txt").decode().split("\n")[start:stop]})

    monkeypatch.setattr(formats, "FORMATS", {**FORMATS, "lines": Lines()})
    place = stored_of(format_of("lines").write(SHARDS["plain"]), 3)
    assert read_rows("lines", place, 1, 3).to_pydict() == {"text": ["two words", "three"]}
    assert file_name("lines", 12, "txt") == "shard-00012.txt"


# ---- the readers of other projects ----------------------------------------------------------------------------

READ = ["masked", "plain", "one", "empty documents", "hostile", "between the types", "a large vocabulary", "many rows"]
others = pytest.mark.parametrize("case", READ)


def cases(case: str) -> list[Shard]:
    """Three shards of one export: the case, and two of its like after it."""
    first = SHARDS[case]
    shards, start = [first], first.start + first.table.num_rows
    for number in (1, 2):
        more = [f"more {number}", "and more"]
        vocabulary, separator, masked = first.vocabulary, first.separator, first.mask is not None
        shards.append(
            shard_of(more, number=number, start=start, vocabulary=vocabulary, separator=separator, masked=masked)
        )
        start += len(more)
    return shards


def expected(shards: Sequence[Shard]) -> str:
    stream = [row for shard in shards if shard.tokens is not None for row in documents(shard.tokens)]
    return oracle.stream_digest(stream, shards[0].separator)


def column(shards: Sequence[Shard], name: str) -> list[Any]:
    return [value for shard in shards for value in shard.table.column(name).to_pylist()]


def ids(shards: Sequence[Shard]) -> list[str]:
    return [value.hex() for value in column(shards, "doc_id")]


@others
def test_pyarrow_reads_parquet(case: str, tmp_path: Path) -> None:
    shards = cases(case)
    table = pq.read_table(delivered(FORMATS["parquet"], shards, tmp_path))
    for name in shards[0].table.column_names:
        assert table.column(name).to_pylist() == column(shards, name)
    assert oracle.stream_digest(table.column("tokens").to_pylist(), shards[0].separator) == expected(shards)


@others
def test_zstandard_and_json_read_jsonl(case: str, tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    shards, rows = cases(case), []
    for path in sorted(delivered(FORMATS["jsonl"], shards, tmp_path).iterdir()):
        with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as file:
            rows += [json.loads(line) for line in file]
    assert [row["text"] for row in rows] == column(shards, "text")
    assert [row["doc_id"] for row in rows] == ids(shards)
    assert oracle.stream_digest([row["tokens"] for row in rows], shards[0].separator) == expected(shards)


@others
def test_numpy_maps_numpy(case: str, tmp_path: Path) -> None:
    shards, stream = cases(case), []
    delivered(FORMATS["numpy"], shards, tmp_path)
    for shard in shards:
        values = np.load(tmp_path / f"shard-{shard.number:05d}.npy", mmap_mode="r")
        offsets = np.load(tmp_path / f"shard-{shard.number:05d}.offsets.npy", mmap_mode="r")
        assert values.dtype == (np.uint16 if shard.vocabulary <= 65_536 else np.uint32)
        stream += [values[start:end].tolist() for start, end in pairwise(offsets)]
        if shard.mask is not None:
            mask = np.load(tmp_path / f"shard-{shard.number:05d}.mask.npy", mmap_mode="r")
            assert mask.tolist() == [*chain.from_iterable(masks(shard, shard.separator is not None))]
    assert len(stream) == len(column(shards, "index"))
    assert oracle.stream_digest(stream, None) == expected(shards)


@others
def test_megatron_reads_megatron(case: str, tmp_path: Path) -> None:
    indexed = pytest.importorskip("megatron.core.datasets.indexed_dataset")
    shards, stream = cases(case), []
    delivered(FORMATS["megatron"], shards, tmp_path)
    for shard in shards:
        dataset = indexed.IndexedDataset(str(tmp_path / f"shard-{shard.number:05d}"))
        assert dataset.index.dtype == indexed.DType.optimal_dtype(shard.vocabulary)
        assert dataset.document_indices.tolist() == list(range(shard.table.num_rows + 1))
        stream += [dataset[row].tolist() for row in range(len(dataset))]
    assert len(stream) == len(column(shards, "index"))
    assert oracle.stream_digest(stream, None) == expected(shards)


@others
def test_megatron_itself_writes_the_same_bytes(case: str, tmp_path: Path) -> None:
    indexed = pytest.importorskip("megatron.core.datasets.indexed_dataset")
    torch = pytest.importorskip("torch")
    shard = SHARDS[case]
    dtype = indexed.DType.optimal_dtype(shard.vocabulary)
    builder = indexed.IndexedDatasetBuilder(str(tmp_path / "theirs.bin"), dtype=dtype)
    assert shard.tokens is not None
    for row in documents(shard.tokens):
        ending = [] if shard.separator is None else [shard.separator]
        builder.add_document(torch.tensor([*row, *ending]), [len(row) + len(ending)])
    builder.finalize(str(tmp_path / "theirs.idx"))
    for suffix, body in FORMATS["megatron"].write(shard).files.items():
        assert suffix == "mask.npy" or body == (tmp_path / f"theirs.{suffix}").read_bytes()


@others
@pytest.mark.parametrize("name", ["mds", "mds-zstd"])
def test_streaming_reads_mds(name: str, case: str, tmp_path: Path) -> None:
    streaming = pytest.importorskip("streaming")
    shards, local = cases(case), tmp_path / "local"
    (tmp_path / "remote").mkdir()
    remote = delivered(FORMATS[name], shards, tmp_path / "remote")
    dataset = streaming.StreamingDataset(
        remote=str(remote), local=str(local), shuffle=False, batch_size=1, validate_hash="sha1"
    )
    samples = [dataset[row] for row in range(len(dataset))]
    assert [sample["index"] for sample in samples] == column(shards, "index")
    assert [sample["doc_id"] for sample in samples] == ids(shards)
    assert [sample["text"] for sample in samples] == column(shards, "text")
    for name in ("source", "license", "component"):
        assert [sample[name] for sample in samples] == column(shards, name)
    if shards[0].mask is not None:
        assert [sample["mask"].tolist() for sample in samples] == [
            row for shard in shards for row in masks(shard, False)
        ]
    stream = [sample["tokens"].tolist() for sample in samples]
    assert oracle.stream_digest(stream, shards[0].separator) == expected(shards)


@pytest.mark.parametrize("case", [case for case in READ if case not in ("empty documents", "masked")])
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_streaming_itself_writes_the_same_samples(compression: str | None, case: str, tmp_path: Path) -> None:
    """Its writer takes no empty array; and it compresses with another zstd, so what is compared is not compressed."""
    streaming = pytest.importorskip("streaming")
    name = "mds-zstd" if compression else "mds"
    shards = cases(case)
    (tmp_path / "ours").mkdir()
    ours = delivered(FORMATS[name], shards[:1], tmp_path / "ours")
    width = "uint16" if shards[0].vocabulary <= 65_536 else "uint32"
    columns = {"index": "int", **dict.fromkeys(("text", "doc_id", "source", "license", "component"), "str")}
    columns["tokens"] = f"ndarray:{width}"
    out = str(tmp_path / "theirs")
    with streaming.MDSWriter(
        out=out, columns=columns, compression=compression, hashes=["sha1"], size_limit=None
    ) as writer:
        for sample in samples_of(shards[0], width):
            writer.write(sample)
    index, theirs = (json.loads((folder / "index.json").read_text()) for folder in (ours, tmp_path / "theirs"))
    for found in (index, theirs):
        found["shards"][0].pop("zip_data")
    assert index == theirs  # and in it the size and the hash of what is not compressed


def samples_of(shard: Shard, width: str) -> Iterator[dict[str, Any]]:
    assert shard.tokens is not None
    values, offsets = shard.tokens
    names = ["index", "doc_id", "text", "source", "license", "component"]
    for row, place in enumerate(shard.table.select(names).to_pylist()):
        tokens = values[offsets[row] : offsets[row + 1]].astype(width)
        yield {**place, "doc_id": place["doc_id"].hex(), "tokens": tokens}


@others
def test_webdataset_reads_webdataset(case: str, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    shards = cases(case)
    paths = [str(path) for path in sorted(delivered(FORMATS["webdataset"], shards, tmp_path).iterdir())]
    samples = [*webdataset.WebDataset(paths, shardshuffle=False, empty_check=False).decode()]
    assert [sample["__key__"] for sample in samples] == [f"{index:012d}" for index in column(shards, "index")]
    assert [sample["txt"] for sample in samples] == column(shards, "text")
    assert [sample["json"]["doc_id"] for sample in samples] == ids(shards)
    for name in ("title", "source", "license", "component"):
        assert [sample["json"][name] for sample in samples] == column(shards, name)
    if shards[0].mask is not None:
        assert [sample["mask.npy"].tolist() for sample in samples] == [row for s in shards for row in masks(s, False)]
    stream = [sample["tokens.npy"].tolist() for sample in samples]
    assert oracle.stream_digest(stream, shards[0].separator) == expected(shards)


@pytest.mark.parametrize("case", sorted(SHARDS))
def test_tarfile_itself_writes_the_same_bytes(case: str) -> None:
    shard, sink = SHARDS[case], io.BytesIO()
    facts = shard.table.drop_columns("text").to_pylist()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        width = "uint16" if shard.vocabulary <= 65_536 else "uint32"
        for row, sample in zip(facts, samples_of(shard, width), strict=True):
            np.save(array := io.BytesIO(), sample["tokens"])
            bodies = {"txt": sample["text"].encode(), "json": json_of(row), "tokens.npy": array.getvalue()}
            if shard.mask is not None:
                number = row["index"] - shard.start
                np.save(mask := io.BytesIO(), np.array(masks(shard, False)[number], np.uint8))
                bodies["mask.npy"] = mask.getvalue()
            for suffix, body in bodies.items():
                member = tarfile.TarInfo(f"{row['index']:012d}.{suffix}")
                member.size = len(body)
                archive.addfile(member, io.BytesIO(body))
    assert FORMATS["webdataset"].write(shard).files["tar"] == sink.getvalue()


def json_of(row: dict[str, Any]) -> bytes:
    spans = [{**span, "id": span["id"].hex()} for span in row["spans"]]
    said = {**row, "doc_id": row["doc_id"].hex(), "spans": spans}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
