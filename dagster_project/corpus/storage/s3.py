"""A store on any S3-compatible server: conditional PUT, multipart, exact ranges, and one sentence for every failure."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import boto3
from botocore import exceptions as boto
from botocore.config import Config

from dagster_project.corpus.model.errors import MissingObject, StoreError
from dagster_project.corpus.model.retention import Retention, is_locked
from dagster_project.corpus.storage.ranged import BUFFER_BYTES, RangedReader
from dagster_project.corpus.storage.stores import Entry, Unfinished, checked_path

MIB = 1 << 20
WHOLE_PUT_BYTES = 64 * MIB  # larger bodies go up in parts, so that a broken connection costs one part
PART_BYTES = 16 * MIB
PARTS = 10_000  # the most that S3 takes
SENDERS = 4  # parts on their way, and in memory, at once
TAIL_BYTES = 64 << 10  # a Parquet footer comes with the first request
HELD = 16  # clients of a process
CONFLICT_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)

BROKEN_BODY = (boto.IncompleteReadError, boto.ResponseStreamingError, boto.ReadTimeoutError, boto.FlexibleChecksumError)
VERSIONS = ("Versions", "DeleteMarkers")
LACKS_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)
REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "InvalidToken"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
SKEWED = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}
SKEW_SECONDS = 300  # servers take signatures that are up to 900 seconds off
LACKS_CONDITIONS = (
    "{} lacks conditional PUT (If-None-Match), without which two builds could undo each other: use a store that has it."
)
FULL = ("no space", "disk full", "storage full", "storagefull", "no writable volumes", "quota", "minimum free")


@dataclass(frozen=True)
class S3Config:
    """Where a store is and how to enter it. Without keys, the standard AWS chain is asked; secrets are never shown."""

    endpoint: str | None
    bucket: str
    prefix: str = ""
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    region: str = "us-east-1"
    session_token: str | None = field(default=None, repr=False)
    attempts: int = 5
    timeout_seconds: float = 60
    lock: Retention | None = None  # of manifests and refs

    def __post_init__(self) -> None:
        if "@" in urlsplit(self.endpoint or "").netloc:
            raise StoreError("The store's endpoint carries credentials: give them as keys, which are never shown.")

    @property
    def location(self) -> str:
        return "s3://" + "/".join(filter(None, (self.bucket, self.prefix.strip("/"))))

    @property
    def server(self) -> str:
        return self.endpoint or f"Amazon S3 in {self.region}"


class S3Store:
    """Objects under one prefix of one bucket. Pickles as its configuration; each process has a client for each."""

    def __init__(self, config: S3Config) -> None:
        self.config, self.location = config, config.location
        self._root = f"{prefix}/" if (prefix := config.prefix.strip("/")) else ""

    def __reduce__(self) -> tuple[type[S3Store], tuple[S3Config]]:
        return S3Store, (self.config,)

    def __repr__(self) -> str:
        return f"S3Store({self.config!r})"

    # ---- reading ----------------------------------------------------------------------------------------------

    def get(self, path: str) -> bytes:
        with self._told("read", path):
            return self._fetch(path)[0]

    def get_range(self, path: str, start: int, length: int) -> bytes:
        if start < 0 or length < 0:
            raise StoreError(f"{length} bytes from {start} of {path} cannot be read: neither may be negative.")
        body = self._range(path, start, length) if length else b""
        if len(body) != length or (not length and start > self._known_size(path)):
            raise StoreError(f"{path} in {self.location} has too few bytes to read {length} from {start}.")
        return body

    def size(self, path: str) -> int | None:
        with self._told("look up", path):
            head = self._head(path)
            return None if head is None else int(head["ContentLength"])

    def list(self, prefix: str) -> Iterator[Entry]:
        """Sorted here: SeaweedFS lists 'a/b' before 'a-b', folder by folder."""
        with self._told("list", prefix or "everything"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.config.bucket, Prefix=self._root + prefix
            )
            found = [self._entry(listed) for page in pages for listed in page.get("Contents", ())]
        return iter(sorted(found, key=lambda entry: entry.path))

    def open(self, path: str) -> BinaryIO:
        with self._told("open", path):
            tail, size, etag = self._tail(path)
        return io.BufferedReader(RangedReader(partial(self._range, path, etag=etag), size, tail), BUFFER_BYTES)

    # ---- writing ----------------------------------------------------------------------------------------------

    def put_once(self, path: str, body: bytes) -> bool:
        """A 409 may mean that nobody won, and a 412 that our own first try did: the writer's mark decides."""
        return self._create(path, partial(self._upload, path, body))

    def put_blocks_once(self, path: str, size: int, blocks: Callable[[], Iterator[bytes]]) -> bool:
        """Large ones go up in parts, of which four are in memory at once."""
        if size <= WHOLE_PUT_BYTES:
            return self.put_once(path, b"".join(_parts_of(path, blocks(), size, WHOLE_PUT_BYTES)))
        return self._create(path, partial(self._upload_blocks, path, size, blocks))

    def put(self, path: str, body: bytes) -> None:
        mark = secrets.token_hex(8)
        with self._told("write", path):
            if not self._upload(path, body, mark) and self._writer(path) != mark:
                raise StoreError(f"{path} in {self.location} was being written by somebody else: try again.")

    def delete(self, paths: Iterable[str]) -> None:
        """Where the bucket keeps versions, all of an object go, so that erased text is gone; records that may be locked
        are only hidden."""
        rest = iter(self._to_delete(paths))
        while batch := [*itertools.islice(rest, 1000)]:
            with self._told("delete", "objects"):
                request = {"Objects": batch, "Quiet": True}
                failed = self._s3.delete_objects(Bucket=self.config.bucket, Delete=request).get("Errors", [])
            if failed:
                first = f"{failed[0].get('Key')}: {failed[0].get('Code')}"
                raise StoreError(f"{self.config.server} did not delete {len(failed)} objects, the first {first}.")

    def unfinished(self) -> Iterator[Unfinished]:
        """Uploads in parts. A server that cannot list them is taken to keep none."""
        with self._told("list", "uploads"):
            try:
                pages = self._s3.get_paginator("list_multipart_uploads").paginate(
                    Bucket=self.config.bucket, Prefix=self._root
                )
                found = [item for page in pages for item in page.get("Uploads", ())]
            except boto.ClientError as error:
                if _status(error) not in (405, 501):
                    raise
                found = []
        named = ((item, item["Key"].removeprefix(self._root)) for item in found if item["Key"].startswith(self._root))
        return iter([Unfinished(path, item["Initiated"].timestamp(), item["UploadId"]) for item, path in named])

    def discard(self, unfinished: Iterable[Unfinished]) -> None:
        for item in unfinished:
            with self._told("delete", item.path), contextlib.suppress(self._s3.exceptions.NoSuchUpload):
                self._s3.abort_multipart_upload(Bucket=self.config.bucket, Key=self._root + item.path, UploadId=item.id)

    def check(self) -> None:
        """Refuse a store whose bucket is missing, or that cannot promise a single winner."""
        with self._told("list", "the bucket"):
            self._s3.list_objects_v2(Bucket=self.config.bucket, Prefix=self._root, MaxKeys=1)
        probe = f"scratch/probe-{secrets.token_hex(8)}"
        try:
            if not self.put_once(probe, b"1") or self.put_once(probe, b"2") or self.get(probe) != b"1":
                raise StoreError(LACKS_CONDITIONS.format(self.config.server))
        finally:
            self.delete([probe])

    def check_lock(self) -> None:
        """Refuse a lock that the bucket cannot keep."""
        if self.config.lock is None:
            return
        with self._told("look up", "the object lock"):
            try:
                found = self._s3.get_object_lock_configuration(Bucket=self.config.bucket)
                enabled = found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
            except boto.ClientError as error:
                if _status(error) not in (400, 404, 501):
                    raise
                enabled = False
        if not enabled:
            raise StoreError(
                f"{self.config.server} has no object lock for bucket {self.config.bucket}: make a bucket with it and "
                f"replicate there, or drop FLORILEGIUM_LOCK."
            )

    # ---- below the promises -----------------------------------------------------------------------------------

    @property
    def _s3(self) -> Any:
        return _client(os.getpid(), self.config).get()

    def _told(self, doing: str, path: str) -> contextlib.AbstractContextManager[None]:
        return told(self.config, doing, path)

    def _key(self, path: str) -> str:
        return self._root + checked_path(path)

    def _at(self, path: str) -> dict[str, str]:
        return {"Bucket": self.config.bucket, "Key": self._key(path)}

    def _to_delete(self, paths: Iterable[str]) -> Iterator[dict[str, str]]:
        for path in paths:
            key = self._key(path)
            if is_locked(path) or not _keeps_versions(self.config):
                yield {"Key": key}
                continue
            with self._told("list the versions of", path):
                pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.config.bucket, Prefix=key)
                for found in (item for page in pages for kind in VERSIONS for item in page.get(kind, ())):
                    if found["Key"] == key:
                        yield {"Key": key, "VersionId": found["VersionId"]}

    def _retained(self, path: str) -> dict[str, Any]:
        """What makes a record stay until its day."""
        lock = self.config.lock
        if lock is None or not is_locked(path):
            return {}
        return {"ObjectLockMode": lock.mode.upper(), "ObjectLockRetainUntilDate": lock.until}

    def _entry(self, listed: dict[str, Any]) -> Entry:
        return Entry(listed["Key"][len(self._root) :], int(listed["Size"]), listed["LastModified"].timestamp())

    def _head(self, path: str) -> dict[str, Any] | None:
        try:
            head: dict[str, Any] = self._s3.head_object(**self._at(path))
        except boto.ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return head

    def _known_size(self, path: str) -> int:
        if (size := self.size(path)) is None:
            raise MissingObject(f"{self.location} has no object {path}.")
        return size

    def _writer(self, path: str) -> str | None:
        """The mark of whoever wrote the object; None when it is not there."""
        head = self._head(path)
        return None if head is None else head.get("Metadata", {}).get("writer", "")

    def _range(self, path: str, start: int, length: int, etag: str | None = None) -> bytes:
        unchanged = {"IfMatch": etag} if etag else {}
        with self._told("read", path):
            return self._fetch(path, Range=f"bytes={start}-{start + length - 1}", **unchanged)[0]

    def _fetch(self, path: str, **options: str) -> tuple[bytes, dict[str, Any]]:
        """The whole body that was asked for: one cut short on the way is asked for again."""
        for attempt in itertools.count(1):
            answer = self._s3.get_object(**self._at(path), **options)
            try:
                return answer["Body"].read(), answer
            except BROKEN_BODY:
                if attempt >= self.config.attempts:
                    raise
                time.sleep(random.random() * 0.1 * 2**attempt)
        raise AssertionError("unreachable")

    def _tail(self, path: str) -> tuple[bytes, int, str | None]:
        """The last bytes, the size and the entity tag, in one request."""
        try:
            body, answer = self._fetch(path, Range=f"bytes=-{TAIL_BYTES}")
        except boto.ClientError as error:
            if _status(error) == 416:  # an empty object has no last bytes
                return b"", 0, None
            raise
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else len(body)
        return body, size, answer.get("ETag")

    def _create(self, path: str, upload: Callable[..., bool]) -> bool:
        mark = secrets.token_hex(8)
        with self._told("write", path):
            for wait in CONFLICT_WAITS:
                if upload(mark, IfNoneMatch="*"):
                    return True
                if (writer := self._writer(path)) is not None:
                    return writer == mark
                time.sleep(wait)
        raise StoreError(f"{self.location} refuses to create {path}, though nothing is there: objects lie under it.")

    def _upload(self, path: str, body: bytes, mark: str, **condition: str) -> bool:
        if len(body) > WHOLE_PUT_BYTES:
            return self._upload_blocks(path, len(body), lambda: iter((body,)), mark, **condition)
        return _is_met(lambda: self._put_whole(path, body, mark, condition))

    def _upload_blocks(
        self, path: str, size: int, blocks: Callable[[], Iterator[bytes]], mark: str, **condition: str
    ) -> bool:
        parts = _parts_of(path, blocks(), size, max(PART_BYTES, -(-size // PARTS)))
        return _is_met(lambda: self._put_parts(path, parts, mark, condition))

    def _put_whole(self, path: str, body: bytes, mark: str, condition: dict[str, str]) -> None:
        facts = {"Metadata": {"writer": mark}, "ChecksumAlgorithm": "SHA256"} | self._retained(path)
        self._s3.put_object(**self._at(path), Body=body, **facts, **condition)

    def _put_parts(self, path: str, body: Iterator[bytes], mark: str, condition: dict[str, str]) -> None:
        facts = {"Metadata": {"writer": mark}, "ChecksumAlgorithm": "SHA256"} | self._retained(path)
        upload = self._at(path) | {"UploadId": self._s3.create_multipart_upload(**self._at(path), **facts)["UploadId"]}
        try:
            parts = self._send_parts(upload, body)
            self._s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            with contextlib.suppress(boto.ClientError, boto.BotoCoreError):
                self._s3.abort_multipart_upload(**upload)
            raise

    def _send_parts(self, upload: dict[str, str], body: Iterator[bytes]) -> Sequence[dict[str, Any]]:
        def send(number: int, part: bytes) -> dict[str, Any]:
            sent = self._s3.upload_part(**upload, PartNumber=number, Body=part, ChecksumAlgorithm="SHA256")
            checksum = {"ChecksumSHA256": sent["ChecksumSHA256"]} if "ChecksumSHA256" in sent else {}
            return {"PartNumber": number, "ETag": sent["ETag"], **checksum}

        done: list[dict[str, Any]] = []
        with ThreadPoolExecutor(SENDERS) as pool:
            while parts := [*itertools.islice(body, SENDERS)]:
                done += pool.map(send, range(len(done) + 1, len(done) + 1 + len(parts)), parts)
        return done


def _is_met(upload: Callable[[], None]) -> bool:
    """False when the condition did not hold, or when a repeated completion finds the upload already done."""
    try:
        upload()
    except boto.ClientError as error:
        if _status(error) in (409, 412) or _code(error) == "NoSuchUpload":
            return False
        raise
    return True


def _parts_of(path: str, blocks: Iterator[bytes], size: int, part_bytes: int) -> Iterator[bytes]:
    """Blocks of any size as parts of one; together they must have `size` bytes."""
    held, seen = bytearray(), 0
    for block in blocks:
        seen += len(block)
        for start in range(0, len(block), part_bytes):
            held += memoryview(block)[start : start + part_bytes]
            if len(held) >= part_bytes:
                yield bytes(held[:part_bytes])
                del held[:part_bytes]
    if seen != size:
        raise StoreError(f"{path} was to have {size} bytes and came with {seen}: nothing was written.")
    if held:
        yield bytes(held)


class _Client:
    """A client made at first use, once, whatever number of threads ask for it."""

    def __init__(self, config: S3Config) -> None:
        self._config, self._lock, self._made = config, threading.Lock(), None

    def get(self) -> Any:
        with self._lock:
            self._made = self._made or connect(self._config)
            return self._made


@lru_cache(maxsize=HELD)
def _client(process: int, config: S3Config) -> _Client:
    """The client of a process: making one takes longer than many a task of a worker, which gets a store of its own."""
    return _Client(config)


@lru_cache(maxsize=HELD)
def _keeps_versions(config: S3Config) -> bool:
    """Whether the bucket keeps what is deleted or overwritten; a server that does not know versions keeps none."""
    try:
        found = _client(os.getpid(), config).get().get_bucket_versioning(Bucket=config.bucket)
    except boto.ClientError as error:
        if _status(error) in (400, 404, 405, 501):
            return False
        raise
    return found.get("Status") in ("Enabled", "Suspended")


def connect(config: S3Config) -> Any:
    """A botocore client; standard retries pass over 5xx, timeouts and reset connections only."""
    loopback = urlsplit(config.endpoint or "").hostname in ("127.0.0.1", "::1", "localhost")
    return boto3.session.Session().client(
        "s3",
        endpoint_url=config.endpoint,
        region_name=config.region,
        aws_access_key_id=config.access_key,
        aws_secret_access_key=config.secret_key,
        aws_session_token=config.session_token,
        config=Config(
            s3={"addressing_style": "path" if config.endpoint else "auto"},
            retries={"mode": "standard", "total_max_attempts": config.attempts},
            max_pool_connections=32,
            connect_timeout=min(5, config.timeout_seconds),
            read_timeout=config.timeout_seconds,
            proxies={} if loopback else None,  # a proxy of the environment cannot reach this machine's own ports
        ),
    )


@contextlib.contextmanager
def told(config: S3Config, doing: str, path: str) -> Iterator[None]:
    """Whatever botocore raises inside becomes one sentence."""
    try:
        yield
    except boto.ClientError as error:
        raise _answer(error, config, doing, path) from error
    except LACKS_CREDENTIALS as error:
        _client.cache_clear()  # whoever brings credentials need not start anew
        raise StoreError(f"There are no usable credentials for {config.location}: {_line(error)}.") from error
    except BROKEN_BODY as error:
        raise StoreError(f"{config.server} broke off while asked to {doing} {path}: {_line(error)}.") from error
    except (boto.ConnectionError, boto.HTTPClientError) as error:
        reason = _line(type(error).__name__)
        raise StoreError(
            f"{config.server} cannot be reached ({reason}): is it running, and is the endpoint right?"
        ) from error
    except boto.BotoCoreError as error:
        raise StoreError(f"{config.location} could not be asked to {doing} {path}: {_line(error)}.") from error


def _answer(error: boto.ClientError, config: S3Config, doing: str, path: str) -> StoreError:
    code, status = _code(error), _status(error)
    message = _line(error.response.get("Error", {}).get("Message", ""))
    if code == "NoSuchBucket":
        return StoreError(f"{config.server} has no bucket {config.bucket}: create it, or correct the store's location.")
    if status == 404:
        return MissingObject(f"{config.location} has no object {path}.")
    if code in EXPIRED:
        _client.cache_clear()  # whoever renews them need not start anew
        return StoreError(f"The credentials given for {config.location} have expired: renew them, then repeat.")
    if code in SKEWED or (status in (401, 403) and code not in REFUSED and _skew(error) > SKEW_SECONDS):
        return StoreError(
            f"The clock of this machine and that of {config.server} are {_minutes(_skew(error))} apart, so that no "
            f"signature holds: set the clock that is wrong."
        )
    if code in REFUSED or status in (401, 403):
        return StoreError(f"{config.server} refused the credentials given for {config.location} ({code}).")
    if status == 507 or any(word in f"{code} {message}".lower() for word in FULL):
        return StoreError(f"{config.server} is full, so {path} was not written: free some space, then repeat.")
    if status == 412:
        return StoreError(f"{path} in {config.location} was overwritten while it was read: open it again.")
    if status == 416:
        return StoreError(f"{path} in {config.location} has too few bytes for the range asked for.")
    if status == 501 and doing == "write":
        return StoreError(LACKS_CONDITIONS.format(config.server))
    if code == "SlowDown" or status in (429, 503):
        return StoreError(
            f"{config.server} asks for fewer requests ({code}, {status}) and was asked {config.attempts} times to "
            f"{doing} {path}: repeat later, or with fewer --workers."
        )
    cause = "; its disk may be full" if status >= 500 and doing == "write" else ""
    return StoreError(f"{config.server} failed to {doing} {path} ({code}, {status}: {message}){cause}.")


def _skew(error: boto.ClientError) -> float:
    """How many seconds the server's clock is off ours; answers without a body, as to HEAD, say no other reason."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    with contextlib.suppress(TypeError, ValueError):
        return float(abs(parsedate_to_datetime(headers.get("date")).timestamp() - time.time()))
    return 0.0


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} minutes" if seconds >= SKEW_SECONDS else "too far"


def _code(error: boto.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")
