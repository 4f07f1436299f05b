"""The manual and the installed distributions: found like imports find them, with what they say of their licenses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.registry import SOURCES
from dagster_project.corpus.sources.spdx_tags import tag_evidence

METADATA = """\
Metadata-Version: 2.4
Name: My.Package
Version: 1.0
License-Expression: MIT
Classifier: License :: OSI Approved :: MIT License
Classifier: Topic :: Text Processing
License: see below

# My package

Text with é.
"""


def install(
    site: Path, metadata: str | bytes = METADATA, files: dict[str, bytes] | None = None, name: str = "my_package"
) -> Path:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_bytes(metadata if isinstance(metadata, bytes) else metadata.encode())
    for path, body in (files or {}).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(body)
    record = [f"{path},sha256=x,{len(body)}" for path, body in (files or {}).items()]
    (info / "RECORD").write_text(
        "\n".join([*record, f"{info.name}/METADATA,,", "../../bin/tool.py,,", "/abs.py,,", "gone.py,,"])
    )
    return info


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), str(tmp_path / "later")])
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def objects(format: str) -> list[RawObject]:
    return SOURCES[format].objects(SourceRecipe(format, format))


def read(format: str, item: RawObject) -> tuple[list[Any], list[Any]]:
    recipe = SourceRecipe(format, format)
    batches = [batch for part in SOURCES[format].parts(recipe, item) for batch in SOURCES[format].read(recipe, part)]
    return [row for batch in batches for row in batch.records.to_pylist()], [
        row for batch in batches for row in batch.dead.to_pylist()
    ]


def test_the_manual_has_its_topics():
    (item,) = objects("python-manual")
    records, dead = read("python-manual", item)
    (row,) = [row for row in records if row["key"] == "assert"]
    assert 'The "assert" statement' in row["text"]
    assert row["url"].startswith(f"https://docs.python.org/{sys.version_info.major}.{sys.version_info.minor}/")
    assert (row["license_evidence"], dead) == ([], [])
    assert len({row["url"] for row in records}) == len(records) > 50


def test_a_readme_comes_with_the_license_in_the_words_of_its_metadata(site: Path):
    install(site)
    (item,) = objects("python-readmes")
    (row,), dead = read("python-readmes", item)
    assert (item.uri, dead) == ("dist:my-package==1.0", [])
    assert (row["key"], row["url"]) == ("my-package", "https://pypi.org/project/my-package/")
    assert row["text"].startswith("# My package")
    assert [(said["kind"], said["value"], said["where"]) for said in row["license_evidence"]] == [
        ("package.license_expression", "MIT", "METADATA of my-package==1.0"),
        ("package.classifier", "License :: OSI Approved :: MIT License", "METADATA of my-package==1.0"),
        ("package.license_field", "see below", "METADATA of my-package==1.0"),
    ]
    assert json.loads(row["metadata"]) == {"distribution": "my-package", "version": "1.0"}


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("Metadata-Version: 2.1\nName: a\nVersion: 1.0\n", "no text"),
        ("Metadata-Version: 2.1\nName: a\nVersion: 1.0\n\nUNKNOWN\n", "no text"),
        (b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n\ncaf\xe9\n", "not UTF-8"),
        (b"", "no text"),
    ],
)
def test_a_readme_that_is_none_is_a_dead_letter(site: Path, metadata: str | bytes, reason: str):
    install(site, metadata)
    (item,) = objects("python-readmes")
    assert [row["reason"] for row in read("python-readmes", item)[1]] == [reason]


def test_code_is_what_record_lists_below_the_site(site: Path):
    files = {
        "pkg/a.py": b"# SPDX-License-Identifier: Apache-2.0 OR MIT\nprint('a')\n",
        "pkg/b.py": "text = 'é'\n".encode(),
        "pkg/empty.py": b"\n",
        "pkg/latin.py": b"# caf\xe9\n",
        "pkg/data.txt": b"no code",
    }
    install(site, files=files)
    (site / "pkg" / "b.py").rename(site / "pkg" / "kept.py")
    (site / "pkg" / "b.py").symlink_to(site / "pkg" / "kept.py")
    (item,) = objects("python-code")
    records, dead = read("python-code", item)
    assert [row["key"] for row in records] == ["my-package/pkg/a.py", "my-package/pkg/b.py"]
    assert records[0]["license_evidence"][0] == {
        "kind": "file.spdx", "value": "Apache-2.0 OR MIT", "where": "header of pkg/a.py",
    }  # fmt: skip
    assert len(records[1]["license_evidence"]) == 3
    assert [row["reason"] for row in dead] == ["empty text", "not UTF-8"]
    assert item.size == sum(len(body) for path, body in files.items() if path.endswith(".py"))


def test_links_out_of_the_site_are_not_followed(site: Path, tmp_path: Path):
    install(site, files={"pkg/a.py": b"a = 1\n"})
    (tmp_path / "secret.py").write_text("secret = 1\n")
    (site / "pkg" / "a.py").unlink()
    (site / "pkg" / "a.py").symlink_to(tmp_path / "secret.py")
    assert read("python-code", objects("python-code")[0]) == ([], [])


def test_the_first_on_the_path_wins_and_we_never_read_ourselves(site: Path, tmp_path: Path):
    install(site, METADATA.replace("# My", "# First"))
    install(tmp_path / "later", METADATA.replace("# My", "# Second"), name="My.Package")
    install(site, name="florilegium")
    (item,) = objects("python-readmes")
    assert read("python-readmes", item)[0][0]["text"].startswith("# First")


def test_a_distribution_that_changed_meanwhile_is_a_sentence(site: Path):
    info = install(site)
    (item,) = objects("python-readmes")
    info.rename(site / "my_package-2.0.dist-info")
    with pytest.raises(SourceError, match=r"my-package==1\.0 was listed, but 2\.0 is installed now"):
        read("python-readmes", item)


def test_checksums_follow_what_is_read(site: Path):
    info = install(site, files={"pkg/a.py": b"a = 1\n"})
    before = {format: SOURCES[format].checksum(objects(format)[0]) for format in ("python-readmes", "python-code")}
    (info.parent / "pkg" / "a.py").write_bytes(b"a = 2\n")  # edited in place: RECORD says nothing of it
    assert SOURCES["python-readmes"].checksum(objects("python-readmes")[0]) == before["python-readmes"]
    assert SOURCES["python-code"].checksum(objects("python-code")[0]) != before["python-code"]


@pytest.mark.parametrize(
    ("head", "value"),
    [
        ("# SPDX-License-Identifier: MIT\n", "MIT"),
        ("/* SPDX-License-Identifier: BSD-3-Clause */", "BSD-3-Clause"),
        ("<!-- SPDX-License-Identifier: (MIT OR Apache-2.0) -->\r\n", "(MIT OR Apache-2.0)"),
        ('"""SPDX-License-Identifier: MIT"""', "MIT"),
        (" " * 5_000 + "SPDX-License-Identifier: MIT", None),
        ("SPDX-License-Identifier:\n", None),
    ],
)
def test_an_spdx_tag_is_read_from_the_head_alone(head: str, value: str | None):
    assert [said["value"] for said in tag_evidence(head, "x.py")] == ([value] if value else [])
