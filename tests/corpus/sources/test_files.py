"""Where raw objects are found: files, directories, globs and S3, with a sentence for each thing that is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import pytest

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files
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


@pytest.mark.parametrize("name", ["x.jsonl.xz", "x.zip"])
def test_archives_that_are_not_read_are_named(tmp_path: Path, name: str):
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match=r"which is not read: use \.gz, \.bz2 or \.zst"):
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


@pytest.mark.embedded
class TestS3:
    @pytest.fixture(autouse=True)
    def bucket(self, embedded_s3: S3Config, monkeypatch: pytest.MonkeyPatch):
        keys = {"aws_access_key_id": embedded_s3.access_key, "aws_secret_access_key": embedded_s3.secret_key}
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", embedded_s3.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", embedded_s3.secret_key)
        monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_s3.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3", endpoint_url=embedded_s3.endpoint, region_name="us-east-1", **keys)
        self.bucket = embedded_s3.bucket
        for name in ("a.jsonl", "deep/b.jsonl", "deep/notes.txt"):
            client.put_object(Bucket=self.bucket, Key=f"raw/{name}", Body=LINE * 3)
        files._s3.cache_clear()
        yield
        files._s3.cache_clear()

    def test_a_prefix_a_glob_and_an_object_are_found(self):
        at = f"s3://{self.bucket}/raw"
        assert found(at) == found(f"{at}/") == [f"{at}/a.jsonl", f"{at}/deep/b.jsonl"]
        assert found(f"{at}/*b.jsonl") == [f"{at}/deep/b.jsonl"]
        assert found(f"{at}/deep/notes.txt") == [f"{at}/deep/notes.txt"]

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
        files._s3.cache_clear()
        with pytest.raises(SourceError, match="cannot be read"):
            found(f"s3://{self.bucket}/raw/a.jsonl")
