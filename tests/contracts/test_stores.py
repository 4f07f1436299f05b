"""What every store must do; then what only a store across a network can get wrong."""

from __future__ import annotations

import io
import os
import pickle
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import botocore.auth
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import MissingObject, StoreError
from dagster_project.corpus.storage.directory import DirectoryStore
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.promises import require_one_winner
from dagster_project.corpus.storage.ranged import RangedReader
from dagster_project.corpus.storage.s3 import S3Config, S3Store, connect
from dagster_project.corpus.storage.stores import Store

ODD_PATHS = [
    "a/1", "a/z", "a-b", "a.b", "a0", "a", "ab/c", "spaces are fine/x y", "ü+%&=?#;,@:!~*'()[]{}$^|\"<>", "%2F/%41",
    "日本/語", "\U0001f33c/e\u0301", "refs/mixed/m@1.0+x/00000007.json", "n" * 255, ".hidden/..x/...",
]  # fmt: skip
READS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


# ---- writing --------------------------------------------------------------------------------------------------


def test_put_once_keeps_the_first(store: Store) -> None:
    assert store.put_once("refs/a", b"first") is True
    assert store.put_once("refs/a", b"second") is False
    assert store.get("refs/a") == b"first"


def test_put_once_has_one_winner_in_every_race(store: Store) -> None:
    with ThreadPoolExecutor(32) as pool:
        for race in range(8):
            bodies = [f"{race}/{writer}".encode() for writer in range(32)]
            won = [*pool.map(lambda body, path=f"race/{race}": store.put_once(path, body), bodies)]
            assert won.count(True) == 1
            assert store.get(f"race/{race}") == bodies[won.index(True)]


@pytest.mark.parametrize("sizes", [[], [0], [5], [3, 0, 4], [70_000, 1]])
def test_blocks_become_one_object(store: Store, sizes: list[int]) -> None:
    blocks = [os.urandom(size) for size in sizes]
    assert store.put_blocks_once("x", sum(sizes), lambda: iter(blocks)) is True
    assert store.get("x") == b"".join(blocks)
    assert store.put_blocks_once("x", 1, lambda: iter([b"2"])) is False
    assert store.get("x") == b"".join(blocks)


@pytest.mark.parametrize("size", [2, 4])
def test_blocks_of_another_size_leave_nothing(store: Store, size: int) -> None:
    with pytest.raises(StoreError, match=f"to have {size} bytes and came with 3"):
        store.put_blocks_once("x", size, lambda: iter([b"ab", b"c"]))
    assert store.size("x") is None


def test_put_overwrites_and_put_once_respects_it(store: Store) -> None:
    store.put("catalog/x", b"1")
    store.put("catalog/x", b"22")
    assert (store.get("catalog/x"), store.size("catalog/x")) == (b"22", 2)
    assert store.put_once("catalog/x", b"333") is False


def test_empty_bodies_are_objects(store: Store) -> None:
    assert store.put_once("empty", b"")
    assert (store.get("empty"), store.size("empty"), store.get_range("empty", 0, 0)) == (b"", 0, b"")
    assert store.open("empty").read() == b""


def test_delete_is_idempotent(store: Store) -> None:
    paths = [f"scratch/{n}" for n in range(3)]
    for path in paths:
        store.put(path, b"x")
    store.delete(iter([*paths, "scratch/never/was"]))
    store.delete(paths)
    store.delete([])
    assert [store.size(path) for path in paths] == [None] * 3
    assert store.put_once(paths[0], b"again")


# ---- reading --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", ["get", "get_range", "open", "get_nothing"])
def test_a_missing_object_is_named(store: Store, read: str) -> None:
    reads: dict[str, Callable[[], object]] = {
        "get": lambda: store.get("no/such"),
        "get_range": lambda: store.get_range("no/such", 0, 1),
        "get_nothing": lambda: store.get_range("no/such", 0, 0),
        "open": lambda: store.open("no/such"),
    }
    with pytest.raises(MissingObject, match="no/such"):
        reads[read]()
    assert store.size("no/such") is None


def test_a_folder_is_no_object(store: Store) -> None:
    store.put_once("folder/x", b"x")
    assert store.size("folder") is None
    with pytest.raises(MissingObject):
        store.get("folder")


def test_ranges_are_exact(store: Store) -> None:
    store.put_once("x", b"0123456789")
    assert store.get_range("x", 0, 10) == b"0123456789"
    assert store.get_range("x", 3, 4) == b"3456"
    assert store.get_range("x", 10, 0) == b""


@pytest.mark.parametrize(("start", "length"), [(0, 11), (9, 2), (10, 1), (99, 5), (11, 0), (-1, 1), (0, -1)])
def test_a_short_range_is_an_error(store: Store, start: int, length: int) -> None:
    store.put_once("x", b"0123456789")
    with pytest.raises(StoreError):
        store.get_range("x", start, length)


# ---- listing and names ----------------------------------------------------------------------------------------


def test_odd_paths_are_kept_and_listed_in_order(store: Store) -> None:
    paths = [path for path in ODD_PATHS if path != "a" or not isinstance(store, DirectoryStore)]
    for path in paths:
        store.put(path, path.encode())
    assert [entry.path for entry in store.list("")] == sorted(paths)
    assert all(store.get(path) == path.encode() for path in paths)
    for prefix in ("a", "a/", "日", "spaces are", "no such"):
        assert [entry.path for entry in store.list(prefix)] == sorted(p for p in paths if p.startswith(prefix))


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "a/../b", "./a", "n" * 256, "ü" * 128, "a\0b", "a\\b"])
def test_paths_that_stores_would_change_are_refused(store: Store, path: str) -> None:
    for refuse in (store.get, store.size, store.open, lambda p: store.put(p, b""), lambda p: store.put_once(p, b"")):
        with pytest.raises(StoreError, match="cannot name an object"):
            refuse(path)


def test_listing_goes_past_one_page(store: Store) -> None:
    paths = [f"many/{n % 7}/{n:04}" for n in range(1100)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda path: store.put_once(path, b"xy"), paths))
    listed = [*store.list("many/")]
    assert [entry.path for entry in listed] == sorted(paths)
    assert {entry.size for entry in listed} == {2}
    assert len({round(entry.modified / 3600) for entry in listed}) <= 2
    store.delete(paths)
    assert [*store.list("many/")] == []


# ---- readers --------------------------------------------------------------------------------------------------


@READS
@given(data=st.data(), size=st.sampled_from([0, 1, 70_000, 400_000]))
def test_a_reader_reads_what_the_bytes_are(store: Store, data: st.DataObject, size: int) -> None:
    body = random.Random(size).randbytes(size)
    store.put_once(f"reader/{size}", body)
    _read_alike(data, store.open(f"reader/{size}"), body)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), tail=st.integers(0, 300))
def test_a_ranged_reader_reads_what_the_bytes_are(data: st.DataObject, tail: int) -> None:
    body = random.Random(1).randbytes(300)
    raw = RangedReader(lambda start, length: body[start : start + length], 300, body[300 - tail :])
    _read_alike(data, io.BufferedReader(raw, 7), body)


def _read_alike(data: st.DataObject, reader: object, body: bytes) -> None:
    assert isinstance(reader, io.BufferedIOBase)
    model = io.BytesIO(body)
    places, lengths = st.integers(0, len(body) + 10), st.integers(-1, len(body) + 10)
    for place, length, whence in data.draw(
        st.lists(st.tuples(places, lengths, st.sampled_from(["set", "cur", "end"])))
    ):
        if whence == "set":
            assert reader.seek(place) == model.seek(place)
        elif whence == "end":
            back = -min(place, len(body))
            assert reader.seek(back, io.SEEK_END) == model.seek(back, io.SEEK_END)
        assert reader.read(length) == model.read(length)
        assert reader.tell() == model.tell()


def test_parquet_reads_one_column_of_one_group(store: Store) -> None:
    table = pa.table({"id": range(20_000), "text": [f"document {n}" * 9 for n in range(20_000)]})
    pq.write_table(table, sink := io.BytesIO(), row_group_size=5000)
    store.put_once("data/x.parquet", sink.getvalue())
    with store.open("data/x.parquet") as opened:
        parquet = pq.ParquetFile(pa.PythonFile(opened, mode="r"))
        assert parquet.read_row_group(2, columns=["id"]).equals(table.select(["id"]).slice(10_000, 5000))
        assert parquet.read().equals(table)


def test_lines_are_read_ahead(store: Store) -> None:
    lines = [f"line {n}\n".encode() for n in range(50_000)]
    store.put_once("raw/lines", b"".join(lines))
    assert [*store.open("raw/lines")] == lines


# ---- only in memory -------------------------------------------------------------------------------------------


def test_memory_is_not_handed_to_other_processes(memory_store: MemoryStore) -> None:
    with pytest.raises(TypeError, match="one process"):
        pickle.dumps(memory_store)


# ---- only in a directory --------------------------------------------------------------------------------------


def test_a_directory_travels_to_other_processes(directory_store: DirectoryStore) -> None:
    directory_store.put_once("x", b"1")
    assert pickle.loads(pickle.dumps(directory_store)).get("x") == b"1"


def test_a_file_has_nothing_below_it(directory_store: DirectoryStore) -> None:
    directory_store.put_once("a", b"1")
    with pytest.raises(StoreError, match="failed to write a/b/c"):
        directory_store.put_once("a/b/c", b"2")
    assert (directory_store.size("a/b/c"), [entry.path for entry in directory_store.list("")]) == (None, ["a"])


def test_what_is_being_written_is_no_object(directory_store: DirectoryStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        assert [*directory_store.list("")] == []
        raise ValueError("changed")

    with pytest.raises(ValueError, match="changed"):
        directory_store.put_blocks_once("x", 8, broken)
    assert [path for path in directory_store.root.rglob("*") if path.is_file()] == []
    with pytest.raises(StoreError, match=r"is where .* writes"):
        directory_store.put(".writing/x", b"")


def test_what_a_killed_writer_of_a_directory_left_is_told_and_discarded(directory_store: DirectoryStore) -> None:
    assert [*directory_store.unfinished()] == []
    seen = []

    def blocks() -> Iterator[bytes]:
        yield b"half"
        seen.extend(directory_store.unfinished())
        yield b"done"

    directory_store.put_blocks_once("x", 8, blocks)
    assert len(seen) == 1
    assert abs(seen[0].begun - time.time()) < 60
    assert [*directory_store.unfinished()] == []
    left = directory_store.root / ".writing" / "0a"
    left.write_bytes(b"left by a process that was killed")
    os.utime(left, (1e9, 1e9))
    ended = directory_store.root / ".writing" / "0b"
    ended.symlink_to("nowhere")  # as one that ends while the folder is read
    (begun,) = directory_store.unfinished()
    assert begun.begun == 1e9
    ended.unlink()
    directory_store.discard([begun, begun])
    assert not left.exists()
    assert directory_store.get("x") == b"halfdone"


# ---- only across a network ------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_what_a_killed_writer_left_in_parts_is_told_and_discarded(s3_store: S3Store) -> None:
    place = {"Bucket": s3_store.config.bucket, "Key": f"{s3_store.config.prefix}/data/x+y z"}
    other = {**place, "Key": f"{s3_store.config.prefix}-other/data/x"}
    ids = [s3_store._s3.create_multipart_upload(**of)["UploadId"] for of in (place, other)]
    s3_store._s3.upload_part(**place, UploadId=ids[0], PartNumber=1, Body=os.urandom(5 << 20))
    assert [*s3_store.list("")] == []
    (begun,) = s3_store.unfinished()
    assert (begun.path, begun.id) == ("data/x+y z", ids[0])
    assert abs(begun.begun - time.time()) < 60
    s3_store.discard([begun, begun])
    assert [*s3_store.unfinished()] == []
    left = s3_store._s3.list_multipart_uploads(Bucket=s3_store.config.bucket)["Uploads"]
    assert [item["Key"] for item in left] == [other["Key"]], "of other stores in the bucket nothing is touched"
    s3_store._s3.abort_multipart_upload(**other, UploadId=ids[1])


@pytest.mark.embedded
def test_a_pickled_store_is_the_same_store(s3_store: S3Store) -> None:
    s3_store.put_once("x", b"1")
    again = pickle.loads(pickle.dumps(s3_store))
    assert (again.get("x"), again.location) == (b"1", s3_store.location)
    assert s3_store.config.secret_key not in f"{again!r} {again.config} {again.location}"


@pytest.mark.embedded
def test_check_accepts_and_leaves_nothing(s3_store: S3Store) -> None:
    s3_store.check()
    assert [*s3_store.list("")] == []


@pytest.mark.embedded
def test_check_refuses_a_store_that_ignores_conditions(s3_store: S3Store) -> None:
    s3_store._s3.meta.events.register("before-sign.s3.PutObject", _forget)
    with pytest.raises(StoreError, match="lacks conditional PUT"):
        s3_store.check()
    assert [*s3_store.list("")] == []


@pytest.mark.embedded
def test_large_bodies_go_up_in_parts_and_lose_races(s3_store: S3Store) -> None:
    body = os.urandom(1 << 20) * 70
    assert s3_store.put_once("large", body)
    assert s3_store.get("large") == body
    assert s3_store.get_range("large", 16 * (1 << 20) - 3, 6) == body[(1 << 20) - 3 :][:6]
    assert s3_store.put_once("large", body) is False
    _lose_at_the_last_moment(s3_store, body)
    assert "Uploads" not in s3_store._s3.list_multipart_uploads(Bucket=s3_store.config.bucket)
    s3_store.delete(["large", "late"])


@pytest.mark.embedded
@pytest.mark.parametrize("block_bytes", [5 << 20, 33 << 20])
def test_large_streams_go_up_in_parts_and_leave_nothing_when_they_fail(s3_store: S3Store, block_bytes: int) -> None:
    body = os.urandom(1 << 20) * 70 + b"end"
    blocks = [body[start : start + block_bytes] for start in range(0, len(body), block_bytes)]
    assert s3_store.put_blocks_once("large", len(body), lambda: iter(blocks))
    assert s3_store.get("large") == body

    def broken() -> Iterator[bytes]:
        yield from blocks
        raise ValueError("changed")

    with pytest.raises(ValueError, match="changed"):
        s3_store.put_blocks_once("broken", len(body), broken)
    assert s3_store.size("broken") is None
    assert "Uploads" not in s3_store._s3.list_multipart_uploads(Bucket=s3_store.config.bucket)
    s3_store.delete(["large"])


def _lose_at_the_last_moment(store: S3Store, body: bytes) -> None:
    """Another writer appears while the parts are on their way."""
    rival = S3Store(store.config)

    def interfere(**_: object) -> None:
        rival.put_once("late", b"rival")

    store._s3.meta.events.register("before-call.s3.CompleteMultipartUpload", interfere)
    assert store.put_once("late", body) is False
    assert store.get("late") == b"rival"


class _Raw(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def _fail_first(store: S3Store, operation: str, answer: Callable[[object], AWSResponse | None]) -> list[object]:
    """Put `answer` in the place of the server's answer to the first request."""
    seen: list[object] = []

    def handle(request: object, **_: object) -> AWSResponse | None:
        seen.append(request)
        return answer(request) if len(seen) == 1 else None

    store._s3.meta.events.register(f"before-send.s3.{operation}", handle)
    return seen


@pytest.mark.embedded
def test_a_body_cut_short_is_asked_for_again(s3_store: S3Store) -> None:
    s3_store.put_once("x", b"0123456789")
    half = AWSResponse("http://x", 200, HTTPHeaders.from_pairs([("Content-Length", "10")]), _Raw(b"01234"))
    seen = _fail_first(s3_store, "GetObject", lambda _: half)
    assert s3_store.get("x") == b"0123456789"
    assert len(seen) == 2


@pytest.mark.embedded
def test_a_win_whose_answer_was_lost_is_still_a_win(s3_store: S3Store) -> None:
    """The first try is written, the answer is lost, and the retry meets 412."""

    def write_then_fail(request: object) -> AWSResponse:
        assert URLLib3Session().send(request).status_code == 200
        return AWSResponse("http://x", 503, HTTPHeaders(), _Raw(b""))

    seen = _fail_first(s3_store, "PutObject", write_then_fail)
    assert s3_store.put_once("refs/x", b"mine") is True
    assert len(seen) == 2
    assert s3_store.put_once("refs/x", b"mine") is False


@pytest.mark.embedded
def test_a_conflict_without_a_winner_is_tried_again(s3_store: S3Store) -> None:
    conflict = AWSResponse("http://x", 409, HTTPHeaders(), _Raw(b""))
    seen = _fail_first(s3_store, "PutObject", lambda _: conflict)
    assert s3_store.put_once("refs/x", b"mine") is True
    assert len(seen) == 2


@pytest.mark.embedded
def test_a_folder_in_the_way_is_told(s3_store: S3Store) -> None:
    """SeaweedFS answers 412 where a folder has the name; a plain S3 simply writes."""
    s3_store.put_once("a/b", b"x")
    with pytest.raises(StoreError, match="objects lie under it"):
        s3_store.put_once("a", b"x")


@pytest.mark.embedded
def test_a_reader_notices_an_overwrite(s3_store: S3Store) -> None:
    s3_store.put("catalog/x", b"a" * 200_000)
    reader = s3_store.open("catalog/x")
    s3_store.put("catalog/x", b"b" * 200_000)
    with pytest.raises(StoreError, match="overwritten"):
        reader.read()


FAILURES = [
    (507, "<Error><Code>InsufficientStorage</Code></Error>", "is full"),
    (500, "<Error><Code>InternalError</Code><Message>no space left on device</Message></Error>", "is full"),
    (500, "<Error><Code>InternalError</Code><Message>try again</Message></Error>", "its disk may be full"),
    (403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", "refused the credentials"),
    (403, "<Error><Code>ExpiredToken</Code></Error>", "have expired: renew them"),
    (403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", "set the clock that is wrong"),
    (503, "<Error><Code>SlowDown</Code></Error>", "asks for fewer requests"),
    (501, "<Error><Code>NotImplemented</Code></Error>", "lacks conditional PUT"),
    (404, "<Error><Code>NoSuchBucket</Code></Error>", "no bucket corpora"),
    (400, "<Error><Code>Odd</Code><Message>two\nlines</Message></Error>", "Odd, 400: two lines"),
]


@pytest.mark.embedded
@pytest.mark.parametrize(("status", "body", "sentence"), FAILURES)
def test_failures_are_sentences(embedded_s3: S3Config, status: int, body: str, sentence: str) -> None:
    store = S3Store(replace(embedded_s3, attempts=1))
    _fail_first(store, "PutObject", lambda _: AWSResponse("http://x", status, HTTPHeaders(), _Raw(body.encode())))
    with pytest.raises(StoreError, match=sentence) as caught:
        store.put_once("scratch/x", b"x")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.embedded
@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_clock_that_is_wrong_is_told_from_wrong_keys(
    s3_store: S3Store, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own refusal, of which an answer to HEAD says no more than 403."""
    now, true = time.time, datetime.now
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now() + 60 * minutes)
        patched.setattr(botocore.auth, "get_current_datetime", lambda: true(UTC) + timedelta(minutes=minutes))
        for ask in (s3_store.size, s3_store.get):
            with pytest.raises(StoreError, match=r"are (19|20|21) minutes apart, so that no signature holds"):
                ask("x")
    wrong = S3Store(replace(s3_store.config, secret_key="wrong"))
    for ask in (wrong.size, wrong.get):
        with pytest.raises(StoreError, match="refused the credentials"):
            ask("x")


@pytest.mark.embedded
def test_conditional_put_is_probed_once_for_every_way_in(s3_store: S3Store) -> None:
    require_one_winner(s3_store)
    assert [entry.path.split("/")[0] for entry in s3_store.list("")] == ["probes"]
    seen = _fail_first(s3_store, "PutObject", lambda _: None)
    require_one_winner(s3_store)
    assert not seen
    other = S3Store(
        replace(s3_store.config, endpoint=(s3_store.config.endpoint or "").replace("127.0.0.1", "localhost"))
    )
    other._s3.meta.events.register("before-sign.s3.PutObject", _forget)
    with pytest.raises(StoreError, match="lacks conditional PUT"):
        require_one_winner(other)
    assert len([*s3_store.list("")]) == 1


def _forget(request: object, **_: object) -> None:
    del request.headers["If-None-Match"]


def test_an_endpoint_with_credentials_is_refused() -> None:
    with pytest.raises(StoreError, match="carries credentials"):
        S3Config("http://key:secret@127.0.0.1:1", "corpora")


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, embedded_s3: S3Config) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert connect(embedded_s3).head_bucket(Bucket=embedded_s3.bucket)
