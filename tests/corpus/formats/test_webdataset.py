"""Archives for WebDataset: names come from numbers alone, and there are only so many."""

from __future__ import annotations

import io
import re
import tarfile

import pytest

from dagster_project.corpus.formats.webdataset import Webdataset
from dagster_project.corpus.model.errors import Refused
from tests.corpus.formats.shards import shard_of


def test_no_text_has_a_say_in_names() -> None:
    shard = shard_of(["../../x", "a\0b.txt", "\U0001f33c"], start=10**12 - 3, vocabulary=300)
    with tarfile.open(fileobj=io.BytesIO(Webdataset().write(shard).files["tar"])) as archive:
        names = archive.getnames()
        assert {(item.mtime, item.uid, item.gid, item.uname, item.mode) for item in archive} == {(0, 0, 0, "", 0o644)}
    assert len(names) == 9
    assert all(re.fullmatch(r"99999999999[789]\.(txt|json|tokens\.npy)", name) for name in names)


def test_more_documents_than_names_are_refused() -> None:
    with pytest.raises(Refused, match="names 1,000,000,000,000 documents at most"):
        Webdataset().write(shard_of(["a"], start=10**12))
