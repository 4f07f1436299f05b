"""What import contracts cannot see: pure package roots, absent files, names that stay one word in every room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dagster_project.corpus.model.partitions import STAGES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dagster_project"


def modules_after(statement: str) -> set[str]:
    code = f"{statement}; import sys; print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_library_pulls_in_neither_dagster_nor_great_expectations() -> None:
    loaded = modules_after("import dagster_project.corpus.building.library")
    assert "dagster_project.corpus.mixing.mix" in loaded
    assert not {"dagster", "great_expectations", "dbt", "ray"} & loaded


def test_the_command_line_starts_light() -> None:
    loaded = modules_after("import dagster_project.cli.main")
    assert not {"dagster", "great_expectations", "dbt", "numba", "boto3"} & loaded


def test_the_door_for_training_is_light() -> None:
    loaded = modules_after("import dagster_project.loader")
    assert "dagster_project.corpus.loading.loader" in loaded
    assert not {"dagster", "great_expectations", "dbt", "numba", "duckdb", "torch", "tokenizers"} & loaded


def test_the_door_for_questions_is_light() -> None:
    loaded = modules_after("import dagster_project.lineage, dagster_project.corpus.lineage.upkeep")
    assert "dagster_project.corpus.lineage.impact" in loaded
    assert not {"dagster", "great_expectations", "dbt", "numba", "duckdb"} & loaded


def test_the_package_root_imports_nothing() -> None:
    assert "import" not in [
        line.split()[0] for line in (PACKAGE / "__init__.py").read_text().splitlines() if line[:1].isalpha()
    ]


def test_dbt_is_a_project_and_never_a_package() -> None:
    assert list((ROOT / "dbt").rglob("__init__.py")) == []
    assert list((ROOT / "tests" / "dbt").rglob("__init__.py")) == []


def test_every_stage_has_its_suite_and_its_asset() -> None:
    assert sorted(path.stem for path in (ROOT / "expectations").glob("*.json")) == sorted(STAGES)
    assert [stage for stage in STAGES if not (PACKAGE / "defs" / f"{stage}.py").exists()] == []


def test_every_module_says_what_belongs_in_it() -> None:
    files = [path for folder in (PACKAGE, ROOT / "tests") for path in folder.rglob("*.py")]
    assert [str(path) for path in files if not path.read_text(encoding="utf-8").lstrip().startswith('"""')] == []


def test_only_settings_reads_the_environment() -> None:
    allowed = {PACKAGE / "settings.py"}
    readers = {
        path
        for path in PACKAGE.rglob("*.py")
        if "os.environ" in (text := path.read_text(encoding="utf-8")) or "os.getenv" in text
    }
    assert sorted(str(path.relative_to(PACKAGE)) for path in readers - allowed) == []
