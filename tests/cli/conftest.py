"""A user's own recipe directory of four documents, and the program called in this process on the embedded server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dagster_project.cli.main import main
from dagster_project.corpus.storage.s3 import S3Config

HOSTILE = "evil\x1b[31m\u202etitle [bold]x[/bold]"
MANY = " ".join(f"the word{number} of a story that have been told with and to be" for number in range(12))
DOCUMENTS = [
    {"id": "a", "url": "https://example.org/a", "title": HOSTILE, "text": f"First. {MANY}", "license": "MIT"},
    {"id": "b", "url": "https://example.org/b", "title": "B", "text": f"Second: {MANY[::-1]}", "license": "CC-BY-4.0"},
    {"id": "c", "url": "https://example.net/c", "title": "C", "text": f"First. {MANY}", "license": "MIT"},
    {"id": "d", "url": "https://example.net/d", "title": "D", "text": "short", "license": "MIT"},
]
RECIPES = {
    "sources/tales.yaml": """
        name: tales
        format: jsonl
        location: tales.jsonl
        columns: {key: id, url: url, title: title, license: license}
    """,
    "policies/long.yaml": """
        name: long
        rules:
          - {rule: characters, min: 20}
    """,
    "corpora/tales.yaml": """
        name: tales
        members: [{source: tales, policy: long}]
    """,
    "mixes/bedtime.yaml": """
        name: bedtime
        seed: 1
        budget: {documents: 2}
        components: [{name: all, corpus: tales}]
    """,
}


@dataclass
class Program:
    """`florilegium` with the options and the environment of one user."""

    recipes: Path
    home: Path
    environment: dict[str, str]

    def __call__(self, *words: str, code: int = 0, **env: str) -> Result:
        result = CliRunner().invoke(main, list(words), env={**self.environment, **env}, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code).stdout)


def write_recipes(directory: Path) -> Path:
    from textwrap import dedent

    for name, text in RECIPES.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(dedent(text))
    (directory / "tales.jsonl").write_text("".join(json.dumps(item) + "\n" for item in DOCUMENTS))
    return directory


@pytest.fixture(scope="session")
def make_program(embedded_s3: S3Config) -> Callable[[Path], Program]:
    def make(folder: Path) -> Program:
        environment = {
            "FLORILEGIUM_STORE": f"s3://{embedded_s3.bucket}/cli/{folder.name}",
            "FLORILEGIUM_HOME": str(folder / "home"),
            "FLORILEGIUM_RECIPES": str(write_recipes(folder / "recipes")),
            "FLORILEGIUM_WORKERS": "1",
            "AWS_ENDPOINT_URL_S3": str(embedded_s3.endpoint),
            "AWS_ACCESS_KEY_ID": str(embedded_s3.access_key),
            "AWS_SECRET_ACCESS_KEY": str(embedded_s3.secret_key),
        }
        return Program(folder / "recipes", folder / "home", environment)

    return make


@pytest.fixture(scope="session")
def built(make_program: Callable[[Path], Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The mix of the four documents, published once for all tests that only read."""
    program = make_program(tmp_path_factory.mktemp("built"))
    program("build", "bedtime")
    return program


@pytest.fixture
def program(make_program: Callable[[Path], Program], tmp_path: Path) -> Program:
    return make_program(tmp_path)


@pytest.fixture(scope="session")
def documents() -> list[dict[str, str]]:
    return DOCUMENTS
