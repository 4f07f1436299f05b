"""florilegium sbom: every distribution that runs, valid by the standard's own schema, the same each time."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_project import sbom
from dagster_project.cli.main import main
from dagster_project.corpus.model.errors import Refused


@pytest.fixture(scope="module")
def bill():
    return sbom.software_bill()


def test_the_bill_is_valid_and_always_the_same(bill):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode()) is None
    assert sbom.software_bill() == bill
    told = json.loads(bill)
    altered = {**told, "componnets": []}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(altered)) is not None


def test_every_dependency_stands_in_it_with_what_it_needs(bill):
    told = json.loads(bill)
    components = {item["name"]: item for item in told["components"]}
    asked = [Requirement(text) for text in requires("florilegium") or ()]
    direct = {canonicalize_name(item.name) for item in asked if item.marker is None}
    assert direct <= components.keys()
    assert all(item["version"] == version(name) for name, item in components.items())
    edges = {item["ref"]: item["dependsOn"] for item in told["dependencies"]}
    ours = told["metadata"]["component"]
    assert set(edges) == {ours["bom-ref"], *(item["bom-ref"] for item in components.values())}
    assert set(edges[ours["bom-ref"]]) == {components[name]["bom-ref"] for name in direct}
    reached, left = set(), [ours["bom-ref"]]
    while left:
        reached |= {ref := left.pop()}
        left += set(edges[ref]) - reached
    assert reached == set(edges)
    assert "great-expectations" in components
    assert "botocore" in components  # below boto3
    assert "pytest" not in components


def test_licenses_are_concluded_and_never_guessed(bill):
    told = {item["name"]: item for item in json.loads(bill)["components"]}
    assert told["click"]["licenses"] == [{"expression": "BSD-3-Clause", "acknowledgement": "concluded"}]
    assert told["boto3"]["licenses"][0]["expression"] == "Apache-2.0"
    for item in told.values():
        assert item.get("licenses") or item.get("properties"), item["name"]


def test_extras_are_ours_and_installed(monkeypatch, tmp_path):
    with pytest.raises(Refused, match=r"'rya' is no extra of florilegium: use one of .*ray"):
        sbom.software_bill(["rya"])
    there = sbom.distribution

    def without_click(name):
        if name == "click":
            raise PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(sbom, "distribution", without_click)
    with pytest.raises(Refused, match="needs click, which is not installed"):
        sbom.software_bill()


def test_it_is_written_to_a_file_or_to_stdout(bill, tmp_path):
    shown = CliRunner().invoke(main, ["sbom"], catch_exceptions=False)
    assert shown.stdout.encode() == bill
    done = CliRunner().invoke(main, ["sbom", "--out", str(tmp_path / "bills" / "sbom.json")], catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "bills" / "sbom.json").read_bytes() == bill
