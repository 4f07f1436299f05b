"""What a process that answers one question does not load."""

from __future__ import annotations

import subprocess
import sys

import click
from click.testing import CliRunner

from dagster_project.cli.starting import UNUSED, start_lightly

LIGHT = """
import sys
import click
from dagster_project.cli.starting import PROGRAM, start_lightly

@click.command()
def ask():
    start_lightly()
    from dagster_project.corpus.lineage.questions import normalized_digest

    print(normalized_digest("Es ist, was es ist!").hex())
    print([name for name in {unused} if name in sys.modules])

ask(obj={program})
"""


def told(program: str) -> list[str]:
    code = LIGHT.format(unused=UNUSED, program=program)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_program_answers_without_what_it_does_not_use() -> None:
    whole, light = told("None"), told("PROGRAM")
    assert light[1] == "[]"
    assert whole[1] != "[]"
    assert light[0] == whole[0]


def test_a_process_that_goes_on_loads_what_it_likes() -> None:
    before = list(sys.meta_path)
    result = CliRunner().invoke(click.Command("ask", callback=start_lightly))
    assert result.exit_code == 0
    assert sys.meta_path == before
