"""A tree of files is the same records wherever it stands and however its files are packed."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.extraction import main_content, pages
from dagster_project.corpus.model.documents import DOCUMENTS
from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.model.structure import NO_STRUCTURE
from dagster_project.corpus.snapshots.identify import identify
from dagster_project.corpus.sources.batches import REASONS
from dagster_project.corpus.sources.registry import SOURCES
from dagster_project.corpus.sources.trees import Tree
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
MIT = "MIT License\n\nCopyright (c) 2024\n"


def written(root: Path, files: dict[str, str | bytes], suffix: str = "") -> Path:
    for name, text in files.items():
        path = root / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PACK[suffix](text if isinstance(text, bytes) else text.encode()))
    return root


def read(location: str | Path, format: str = "markdown", **options: Any) -> tuple[list[Any], list[Any]]:
    recipe = SourceRecipe("docs", format, location=str(location), **options)
    source = SOURCES[format]
    parts = [part for item in source.objects(recipe) for part in source.parts(recipe, item)]
    batches = [batch for part in parts for batch in source.read(recipe, part)]
    return [row for batch in batches for row in batch.records.to_pylist()], [
        row for batch in batches for row in batch.dead.to_pylist()
    ]


def one(root: Path, text: str | bytes, format: str = "text", name: str = "a.txt") -> dict[str, Any]:
    records, dead = read(written(root, {name: text}), format)
    assert len(records) + len(dead) == 1
    return (records or dead)[0]


def ids(location: Path | str, **options: Any) -> list[tuple[str, bytes]]:
    recipe = SourceRecipe("docs", "markdown", location=str(location), **options)
    source = SOURCES["markdown"]
    batches = [b for item in source.objects(recipe) for p in source.parts(recipe, item) for b in source.read(recipe, p)]
    documents = identify(pa.Table.from_batches([batch.records for batch in batches]), "docs")
    assert documents.schema == DOCUMENTS
    return sorted(zip(documents["locator"].to_pylist(), documents["doc_id"].to_pylist(), strict=True))


TREE: dict[str, str | bytes] = {"index.md": "# One\n", "sub/two.markdown": "Two é\n", "sub/deep/three.mkd": "Three\n"}


@pytest.mark.parametrize("suffix", sorted(PACK))
def test_the_same_tree_elsewhere_and_packed_has_the_same_ids(tmp_path: Path, suffix: str):
    here, there = written(tmp_path / "here", TREE), written(tmp_path / "else/where", TREE, suffix)
    assert [locator for locator, _ in ids(here)] == ["index.md", "sub/deep/three.mkd", "sub/two.markdown"]
    assert ids(here) == ids(there) == ids(f"{there}/") == ids(there.as_uri())
    assert ids(here) == ids(f"{there}/**/*.m*")


def test_with_the_address_of_its_root_a_file_is_located_by_its_own(tmp_path: Path):
    written(tmp_path, {"a b/ü#1?.md": "x"})
    (row,), _ = read(tmp_path, base_url="https://docs.example/v1")
    assert (row["key"], row["url"]) == (None, "https://docs.example/v1/a%20b/%C3%BC%231%3F.md")
    assert ids(tmp_path, base_url="https://docs.example/v1/")[0][0] == row["url"]


def test_a_file_alone_is_called_by_its_name(tmp_path: Path):
    written(tmp_path, {"x/y.md": "text"})
    assert read(tmp_path / "x/y.md")[0][0]["key"] == "y.md"


def test_a_glob_reads_whatever_it_names_and_a_directory_what_ends_right(tmp_path: Path):
    written(tmp_path, {"a.txt": "a", "b.log": "b", "sub/NOTES": "c", "d.TXT": "d"})
    assert [row["key"] for row in read(tmp_path, "text")[0]] == ["a.txt", "d.TXT"]
    assert sorted(row["key"] for row in read(f"{tmp_path}/**/*", "text")[0]) == ["a.txt", "b.log", "d.TXT", "sub/NOTES"]


def test_names_of_any_characters_are_keys_and_others_dead_letters(tmp_path: Path):
    written(tmp_path, {"new\nline %41.md": "x"})
    with open(os.fsencode(tmp_path) + b"/caf\xe9.md", "wb") as file:
        file.write(b"text")
    records, dead = read(tmp_path)
    assert [row["key"] for row in records] == ["new\nline %41.md"]
    assert [(row["reason"], row["excerpt"]) for row in dead] == [("bad key", b"text")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty object"),
        (b" \n\t\n", "empty text"),
        (b"caf\xe9 au lait", "not UTF-8"),
        (b"\xed\xa0\x80", "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text"),
        (b"a\0b\0c\0d\0", "not text"),
        (b"\xff\xfea\0b", "not UTF-8"),
        (b"x" * 2_001, "text too long"),
    ],
)
def test_what_is_no_text_is_a_dead_letter(tmp_path: Path, body: bytes, reason: str):
    (tmp_path / "a.txt").write_bytes(body)
    recipe = SourceRecipe("docs", "text", location=str(tmp_path))
    source = Tree("text", text_bytes=2_000)
    (batch,) = source.read(recipe, source.parts(recipe, source.objects(recipe)[0])[0])
    (row,) = batch.dead.to_pylist()
    assert (row["reason"], row["excerpt"] or b"", batch.records.num_rows) == (reason, body[:200], 0)
    assert row["detail"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_a_byte_order_mark_names_the_encoding(tmp_path: Path, encoding: str):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert one(tmp_path, (mark + "Grüße 漢字").encode(encoding))["text"] == "Grüße 漢字"


def test_a_zero_in_a_long_text_is_kept(tmp_path: Path):
    text = "a" * 200 + "\0" + "b" * 200
    assert one(tmp_path, text)["text"] == text
    assert one(tmp_path, text, "markdown", "b.md")["structure"][0]["end"] == 401


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_broken_archive_is_no_half_document(tmp_path: Path, suffix: str):
    packed = PACK[suffix](b"text " * 500)
    row = one(tmp_path, packed[:-3], "text", f"a.txt{suffix}")
    assert (row["reason"], row["raw_position"]) == ("truncated archive", 0)


def test_a_bomb_is_too_long_before_it_bursts(tmp_path: Path):
    assert one(tmp_path, PACK[".zst"](bytes(80 << 20)), "text", "a.txt.zst")["reason"] == "text too long"


def test_the_nearest_license_file_up_to_the_root_is_evidence(tmp_path: Path):
    outer = written(tmp_path, {"LICENSE": "Apache License\nVersion 2.0, January 2004", "tree/README": ""})
    tree = written(outer / "tree", {"a.md": "a", "mit/b.md": "b", "mit/sub/c.md": "c", "mit/COPYING.txt": MIT})
    said = {row["key"]: row["license_evidence"] for row in read(tree)[0]}
    assert said["a.md"] == []
    expected = [{"kind": "file.license", "value": MIT.strip(), "where": "mit/COPYING.txt"}]
    assert said["mit/b.md"] == said["mit/sub/c.md"] == expected


def test_names_below_licenses_are_identifiers(tmp_path: Path):
    written(tmp_path, {"a.md": "a", "LICENSES/CC-BY-SA-4.0.txt": "Attribution-ShareAlike", "LICENSES/notes.pdf": "x"})
    (row,), _ = read(tmp_path)
    assert row["license_evidence"] == [
        {"kind": "file.license", "value": "CC-BY-SA-4.0", "where": "LICENSES/CC-BY-SA-4.0.txt"}
    ]


def test_license_files_are_objects_and_records_only_where_their_ending_is(tmp_path: Path):
    written(tmp_path, {"a.md": "a", "b.txt": "b", "LICENSE": MIT, "sub/c.md": "c", "sub/LICENSE.txt": MIT})
    recipe = SourceRecipe("docs", "markdown", location=str(tmp_path))
    objects = SOURCES["markdown"].objects(recipe)
    assert [item.uri.rpartition("/")[2] for item in objects] == ["LICENSE", "a.md", "LICENSE.txt", "c.md"]
    assert [len(SOURCES["markdown"].parts(recipe, item)) for item in objects] == [0, 1, 0, 1]
    assert [row["key"] for row in read(tmp_path, "text")[0]] == ["b.txt", "sub/LICENSE.txt"]


def test_a_changed_license_is_seen_by_the_next_look(tmp_path: Path):
    written(tmp_path, {"a.md": "a"})
    assert read(tmp_path)[0][0]["license_evidence"] == []
    written(tmp_path, {"LICENSE": MIT})
    assert read(tmp_path)[0][0]["license_evidence"][0]["where"] == "LICENSE"


def test_license_files_that_lead_away_or_are_none_are_passed_over(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0")
    tree = written(tmp_path / "tree", {"a.md": "a", "COPYING/x": "", "license.py": "x = 1"})
    os.mkfifo(tree / "LICENCE")
    (tree / "LICENSE").symlink_to(secret)
    (row,), _ = read(f"{tree}/*.md")
    assert row["license_evidence"] == []
    with pytest.raises(SourceError, match="is a link out of"):
        read(tree)


def test_devices_and_folders_named_like_files_are_refused_or_passed_over(tmp_path: Path):
    written(tmp_path, {"a.md": "a", "folder.md/b.md": "b"})
    assert [row["key"] for row in read(tmp_path)[0]] == ["a.md", "folder.md/b.md"]
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(SourceError, match="is not a file"):
        read(tmp_path)


def test_front_matter_becomes_fields_and_leaves_the_text(tmp_path: Path):
    head = "---\ntitle: A title\ndate: 2024-05-01 10:00:00 +0200\nlicense: CC BY-SA 4.0\nlang: de\ntags: [a, b]\n---\n"
    row = one(tmp_path, f"{head}# Heading\n", "markdown", "p.md")
    assert (row["text"], row["title"], row["language"]) == ("# Heading\n", "A title", "de")
    assert row["published_at"].isoformat() == "2024-05-01T08:00:00+00:00"
    assert row["published_confidence"] == "declared"
    assert row["date_evidence"][0]["value"] == "front matter date: 2024-05-01 10:00:00 +0200"
    assert row["license_evidence"] == [
        {"kind": "record.license", "value": "CC BY-SA 4.0", "where": "front matter of p.md"}
    ]
    assert json.loads(row["metadata"]) == {"tags": ["a", "b"]}


def test_fields_that_say_nothing_understood_stay_metadata(tmp_path: Path):
    row = one(tmp_path, "---\ndate: soon\nlicense: {name: x}\ntitle: 7\n---\ntext", "markdown", "p.md")
    assert (row["published_at"], row["license_evidence"], row["title"]) == (None, [], None)
    assert json.loads(row["metadata"]) == {"date": "soon", "license": {"name": "x"}, "title": 7}


@pytest.mark.parametrize(
    ("format", "name", "text"),
    [
        ("text", "a.txt", "# SPDX-License-Identifier: MIT\ntext"),
        ("markdown", "a.md", "<!-- SPDX-License-Identifier: MIT -->\ntext"),
        ("markdown", "a.md", "---\n# SPDX-License-Identifier: MIT\ntitle: x\n---\ntext"),
        ("rst", "a.rst", ".. SPDX-License-Identifier: MIT\n\ntext"),
        ("rst", "a.rst", "..\n   SPDX-License-Identifier: MIT\n\ntext"),
    ],
)
def test_tags_in_the_head_are_evidence(tmp_path: Path, format: str, name: str, text: str):
    assert one(tmp_path, text, format, name)["license_evidence"] == [
        {"kind": "file.spdx", "value": "MIT", "where": f"header of {name}"}
    ]


@pytest.mark.parametrize(
    ("format", "name", "text"),
    [
        ("text", "a.txt", "Write SPDX-License-Identifier: MIT at the head."),
        ("markdown", "a.md", "```\n# SPDX-License-Identifier: MIT\n```"),
        ("rst", "a.rst", "Write::\n\n    # SPDX-License-Identifier: MIT\n"),
        ("text", "a.txt", "x\n" * 3_000 + "# SPDX-License-Identifier: MIT\n"),
    ],
)
def test_talk_about_tags_is_none(tmp_path: Path, format: str, name: str, text: str):
    assert one(tmp_path, text, format, name)["license_evidence"] == []


def test_docinfo_of_restructured_text_is_read(tmp_path: Path):
    row = one(tmp_path, "Title\n=====\n\n:Date: 2024-05-01\n:License: MIT\n:Author: Me\n\nText.\n", "rst", "a.rst")
    assert (row["title"], row["published_at"].isoformat()) == ("Title", "2024-05-01T00:00:00+00:00")
    assert row["license_evidence"][0] == {"kind": "record.license", "value": "MIT", "where": "docinfo of a.rst"}
    assert json.loads(row["metadata"]) == {"author": "Me"}


class TestPages:
    @pytest.fixture(autouse=True)
    def extractor(self, monkeypatch: pytest.MonkeyPatch):
        self.seen: list[tuple[pages.Page, str]] = []
        self.answer: Any = pages.Extracted("main", NO_STRUCTURE, "T", "en", (), (), (), 7, {"b": 1})

        def extract(page: pages.Page, extractor: str) -> Any:
            self.seen.append((page, extractor))
            return self.answer

        monkeypatch.setattr(main_content, "extract", extract)

    def test_a_page_is_extracted_and_keeps_what_it_said(self, tmp_path: Path):
        body = "<!-- SPDX-License-Identifier: CC0-1.0 --><html>x</html>"
        written(tmp_path, {"a.html": body, "LICENSE": MIT})
        (row,), _ = read(tmp_path, "html", base_url="https://e.org", extractor="trafilatura")
        assert self.seen == [(pages.Page(body.encode(), "https://e.org/a.html"), "trafilatura")]
        assert (row["text"], row["title"], row["language"], row["boilerplate_characters"]) == ("main", "T", "en", 7)
        assert [said["kind"] for said in row["license_evidence"]] == ["file.spdx", "file.license"]
        assert json.loads(row["metadata"]) == {"b": 1}

    def test_a_page_without_content_is_a_dead_letter(self, tmp_path: Path):
        self.answer = pages.Unextracted(pages.NO_CONTENT, "nothing but a menu")
        written(tmp_path, {"a.xhtml": "<p>", "b.htm": "<p>"})
        records, dead = read(tmp_path, "html")
        assert records == []
        assert [(row["reason"], row["detail"], row["excerpt"]) for row in dead] == [
            ("no main content", "nothing but a menu", b"<p>")
        ] * 2


def test_a_tree_travels_without_what_it_has_seen(tmp_path: Path):
    source = Tree("markdown")
    source.objects(SourceRecipe("docs", "markdown", location=str(written(tmp_path, {"a.md": "a", "LICENSE": MIT}))))
    assert source.licenses._folders
    assert pickle.loads(pickle.dumps(source)) == source
    assert pickle.loads(pickle.dumps(source)).licenses._folders == {}


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from(["markdown", "text", "rst"]))
def test_any_bytes_are_a_record_or_a_dead_letter(tmp_path_factory: pytest.TempPathFactory, body: bytes, format: str):
    name = {"markdown": "a.md", "text": "a.txt", "rst": "a.rst"}[format]
    row = one(tmp_path_factory.mktemp("any"), body, format, name)
    if "reason" in row:
        assert row["reason"] in REASONS
    else:
        length = len(row["text"].encode())
        assert all(0 <= span["start"] <= span["end"] <= length for span in row["structure"])
        assert np.all(np.diff([span["start"] for span in row["structure"]]) >= 0)


@pytest.mark.parametrize("suffix", ["", ".xz"])
def test_a_tree_is_the_same_version_wherever_it_stands(tmp_path: Path, suffix: str):
    license = {"LICENSE": MIT}
    built = []
    for place, packed in (("here", ""), ("else/where", suffix)):
        written(tmp_path / place / "docs", license)
        written(tmp_path / place / "docs", TREE, packed)
        recipe = {"name": "docs", "format": "markdown", "location": str(tmp_path / place / "docs")}
        path = tmp_path / place / "recipes" / "sources" / "docs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(recipe))
        made = library(MemoryStore(), path.parents[1]).build(Partition("snapshots", "docs@dev"))
        built.append((made.manifest.id, made.manifest.rows))
    assert built[0] == built[1]
    assert built[0][1] == 3
