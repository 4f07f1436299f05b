"""Where raw objects are found: files, directories, globs and S3, with a sentence for each thing that is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from pyarrow import fs

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files, remote
from dagster_project.corpus.sources.registry import SOURCES
from dagster_project.corpus.storage.s3 import S3Config

LINE = b'{"text":"a"}\n'


def found(location: str | Path) -> list[str]:
    return [item.uri for item in SOURCES["jsonl"].objects(SourceRecipe("web", "jsonl", location=str(location)))]


def names(location: str | Path) -> list[str]:
    return [os.path.basename(files.local_path(uri)) for uri in found(location)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("b.jsonl", "a.jsonl.gz", "sub/c.ndjson.zst", "notes.txt", "sub/é #1%.JSONL"):
        (tmp_path / name).write_bytes(LINE)
    return tmp_path


def test_a_directory_is_its_files_at_any_depth(tree: Path):
    assert sorted(names(tree)) == sorted(["a.jsonl.gz", "b.jsonl", "c.ndjson.zst", "é #1%.JSONL"])


def test_a_glob_and_a_file_say_themselves_what_they_mean(tree: Path):
    assert names(tree / "*.jsonl*") == ["a.jsonl.gz", "b.jsonl"]
    assert len(names(f"{tree}/**/*")) == 5
    assert names(tree / "notes.txt") == ["notes.txt"]


def test_a_path_is_relative_to_where_one_stands(tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tree)
    assert found("b.jsonl") == [(tree / "b.jsonl").as_uri()]


def test_hostile_names_are_read_like_any_other(tmp_path: Path):
    name = os.fsencode(tmp_path) + b"/caf\xe9 %41\n.jsonl"
    with open(name, "wb") as file:
        file.write(LINE)
    recipe = SourceRecipe("web", "jsonl", location=str(tmp_path))
    (item,) = SOURCES["jsonl"].objects(recipe)
    assert item.uri.isascii()
    (batch,) = SOURCES["jsonl"].read(recipe, SOURCES["jsonl"].parts(recipe, item)[0])
    assert batch.records["text"].to_pylist() == ["a"]


def test_links_may_stay_inside_and_never_lead_out(tree: Path, tmp_path_factory: pytest.TempPathFactory):
    (tree / "inside.jsonl").symlink_to(tree / "b.jsonl")
    (tree / "loop").symlink_to(tree)
    assert "inside.jsonl" in names(tree)
    outside = tmp_path_factory.mktemp("outside")
    (tree / "sub" / "out").symlink_to(outside)
    with pytest.raises(SourceError, match=r"sub/out is a link out of .*: copy the file there"):
        found(tree)


def test_no_link_that_a_glob_finds_leads_out(tree: Path, tmp_path_factory: pytest.TempPathFactory):
    (tree / "inside.jsonl").symlink_to(tree / "b.jsonl")
    assert "inside.jsonl" in names(tree / "*.jsonl")
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.jsonl").write_text("{}")
    (tree / "sub" / "out").symlink_to(outside)
    with pytest.raises(SourceError, match=r"secret.jsonl is a link out of .*: copy the file there"):
        names(tree / "sub" / "*" / "*.jsonl")
    (tree / "z.jsonl").symlink_to(outside / "secret.jsonl")
    with pytest.raises(SourceError, match=r"z.jsonl is a link out of"):
        names(tree / "*.jsonl")


@pytest.mark.parametrize("name", ["x.jsonl.7z", "x.zip"])
def test_archives_that_are_not_read_are_named(tmp_path: Path, name: str):
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match=r"which is not read: use \.gz, \.bz2, \.xz or \.zst"):
        found(tmp_path / name)


def test_what_is_no_file_is_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "x.jsonl")
    with pytest.raises(SourceError, match="is not a file"):
        found(tmp_path)
    (tmp_path / "x.jsonl").unlink()
    (tmp_path / "x.jsonl").symlink_to(tmp_path / "gone")
    with pytest.raises(SourceError, match="No such file"):
        found(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(tmp_path: Path):
    (tmp_path / "x.jsonl").touch(mode=0)
    with pytest.raises(SourceError, match="Permission denied"):
        found(tmp_path)


def test_a_file_uri_is_a_path(tree: Path):
    assert found(tree.as_uri()) == found(tree)
    assert names(f"{tree.as_uri()}/*.jsonl") == ["b.jsonl"]
    assert names((tree / "sub/é #1%.JSONL").as_uri()) == ["é #1%.JSONL"]
    with pytest.raises(SourceError, match="names another machine: write file:///path"):
        found("file://host/x.jsonl")


@pytest.mark.parametrize("location", ["http://e.org/x.jsonl", "ftp://e.org/x", "az://c/x"])
def test_a_scheme_that_is_not_read_is_refused_with_those_that_are(location: str):
    scheme = location.partition(":")[0]
    with pytest.raises(SourceError, match=rf"{scheme}:// is not read from: use a path, file:// or one of s3://, gs://"):
        found(location)


def test_a_password_in_a_location_is_refused_and_not_repeated():
    with pytest.raises(SourceError, match="holds a password") as refusal:
        found("hdfs://user:hunter2@host/x")
    assert "hunter2" not in str(refusal.value)


def test_a_system_that_cannot_be_opened_is_a_sentence():
    with pytest.raises(SourceError, match="hdfs://nowhere") as refusal:
        found("hdfs://nowhere:1/x")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("root", "base"), [("gs://bucket", "bucket"), ("hdfs://host:8020", "")])
def test_any_file_system_of_arrow_is_listed_read_and_named(
    root: str, base: str, tree: Path, monkeypatch: pytest.MonkeyPatch
):
    (tree / "bucket").symlink_to(tree)
    asked: list[str] = []

    def from_uri(uri: str) -> tuple[fs.FileSystem, str]:
        asked.append(uri)
        return fs.SubTreeFileSystem(str(tree), fs.LocalFileSystem()), f"{base}/"

    monkeypatch.setattr(remote.fs, "FileSystem", SimpleNamespace(from_uri=from_uri))
    remote._system.cache_clear()
    try:
        assert found(f"{root}/sub") == [f"{root}/sub/c.ndjson.zst", f"{root}/sub/é #1%.JSONL"]
        assert found(f"{root}/sub/c.ndjson.zst") == found(f"{root}/su*/c*") == [f"{root}/sub/c.ndjson.zst"]
        recipe = SourceRecipe("web", "jsonl", location=f"{root}/sub")
        name = f"{root}/sub/é #1%.JSONL"
        (batch,) = SOURCES["jsonl"].read(recipe, RawPart(name))
        assert batch.records["text"].to_pylist() == ["a"]
        assert files.name_below(files.root_of(recipe, name), name) == "é #1%.JSONL".encode()
        assert [uri.partition("?")[0] for uri in asked] == [f"{root}/"]
        with pytest.raises(SourceError, match=r"nothing at|cannot be read"):
            found(f"{root}/nowhere")
    finally:
        remote._system.cache_clear()


@pytest.mark.parametrize(
    ("location", "uri", "root"),
    [
        ("/a/b", "file:///a/b/c/d.md", "file:///a/b/"),
        ("/a/b/", "file:///a/b/c/d.md", "file:///a/b/"),
        ("/a/b/d.md", "file:///a/b/d.md", "file:///a/b/"),
        ("/a/b*/**/x", "file:///a/bc/d.md", "file:///a/"),
        ("/a/[b]", "file:///a/%5Bb%5D/d.md", "file:///a/%5Bb%5D/"),
        ("/*", "file:///d.md", "file:///"),
        ("/", "file:///a/d.md", "file:///"),
        ("s3://k/p", "s3://k/p/q/d.md", "s3://k/p/"),
        ("s3://k/p/d*.md", "s3://k/p/d.md", "s3://k/p/"),
        ("s3://k", "s3://k/d.md", "s3://k/"),
    ],
)
def test_names_count_from_what_the_location_fixes(location: str, uri: str, root: str):
    assert files.root_of(SourceRecipe("web", "text", location=location), uri) == root


@pytest.mark.embedded
class TestS3:
    @pytest.fixture(autouse=True)
    def bucket(self, embedded_s3: S3Config, monkeypatch: pytest.MonkeyPatch):
        keys = {"aws_access_key_id": embedded_s3.access_key, "aws_secret_access_key": embedded_s3.secret_key}
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", embedded_s3.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", embedded_s3.secret_key)
        monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_s3.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = self.client = boto3.client("s3", endpoint_url=embedded_s3.endpoint, region_name="us-east-1", **keys)
        self.bucket = embedded_s3.bucket
        for name in ("a.jsonl", "deep/b.jsonl", "deep/notes.txt"):
            client.put_object(Bucket=self.bucket, Key=f"raw/{name}", Body=LINE * 3)
        remote.s3.cache_clear()
        yield
        remote.s3.cache_clear()

    def test_a_prefix_a_glob_and_an_object_are_found(self):
        at = f"s3://{self.bucket}/raw"
        assert found(at) == found(f"{at}/") == [f"{at}/a.jsonl", f"{at}/deep/b.jsonl"]
        assert found(f"{at}/*b.jsonl") == [f"{at}/deep/b.jsonl"]
        assert found(f"{at}/deep/notes.txt") == [f"{at}/deep/notes.txt"]

    def test_a_tree_and_its_license_are_read(self):
        notes = b"notes"
        at = f"s3://{self.bucket}/tree"
        for name, body in (("a b.txt", notes), ("sub/b.txt", notes), ("sub/COPYING", b"MIT License\n\nx")):
            self.client.put_object(Bucket=self.bucket, Key=f"tree/{name}", Body=body)
        recipe = SourceRecipe("web", "text", location=at)
        source = SOURCES["text"]
        assert [item.uri for item in source.objects(recipe)] == [
            f"{at}/a b.txt",
            f"{at}/sub/COPYING",
            f"{at}/sub/b.txt",
        ]
        rows = [source.read(recipe, part) for item in source.objects(recipe) for part in source.parts(recipe, item)]
        found = [row for batches in rows for batch in batches for row in batch.records.to_pylist()]
        assert [(row["key"], len(row["license_evidence"])) for row in found] == [("a b.txt", 0), ("sub/b.txt", 1)]

    def test_objects_are_read_and_summed(self):
        recipe = SourceRecipe("web", "jsonl", location=f"s3://{self.bucket}/raw/a.jsonl")
        source = SOURCES["jsonl"]
        (item,) = source.objects(recipe)
        (batch,) = source.read(recipe, source.parts(recipe, item)[0])
        assert batch.records["text"].to_pylist() == ["a"] * 3
        assert len(source.checksum(item)) == 64

    def test_what_is_not_there_is_a_sentence(self):
        with pytest.raises(SourceError, match="nothing at"):
            found(f"s3://{self.bucket}/nowhere")
        with pytest.raises(SourceError):
            found("s3://no-such-bucket-here/x")

    def test_wrong_credentials_are_a_sentence(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        remote.s3.cache_clear()
        with pytest.raises(SourceError, match="cannot be read"):
            found(f"s3://{self.bucket}/raw/a.jsonl")
