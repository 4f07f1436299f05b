"""The audit of dependencies never calls sound what nobody looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.__main__ import FOUND, NONE, OPEN, audit, judged, main

SOUND = {"name": "click", "version": "8.5.1", "vulns": []}
SKIPPED = {"name": "ada-url", "skip_reason": "Dependency not found on PyPI"}
BAD = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": []}]}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([SOUND], NONE, "1 of 1 packages looked up, none with a known vulnerability"),
        ([SOUND, SKIPPED], OPEN, "not audited in full: 1 of 2 packages looked up; the index knows nothing of ada-url"),
        ([SKIPPED] * 7, OPEN, "ada-url and more"),
        ([], OPEN, "not audited in full: 0 of 0"),
        ([SOUND, SKIPPED, BAD], FOUND, "old 1.0: PYSEC-2026-1 (mended in 1.1)"),
    ],
)
def test_only_what_was_looked_up_is_sound(packages: list[dict[str, object]], code: int, said: str) -> None:
    answer = judged({"dependencies": packages})
    assert answer.code == code
    assert said in answer.said


def test_without_the_program_or_its_data_the_question_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == OPEN
    assert "pip-audit is not installed" in capsys.readouterr().out
    program = tmp_path / "pip-audit"
    program.write_text("#!/bin/sh\necho 'ConnectionError: no route to the index' >&2\nexit 1\n")
    program.chmod(0o755)
    assert main([]) == OPEN
    assert "could not have its data (ConnectionError: no route to the index)" in capsys.readouterr().out


def test_every_line_of_the_lock_is_asked_about(tmp_path: Path) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho \'{{"dependencies": []}}\'\n')
    program.chmod(0o755)
    audit(Path("requirements.lock"), str(program), ["-s", "osv"])
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("-r requirements.lock --no-deps --disable-pip")
    assert asked.endswith("-s osv\n")
