"""The examples of deployment in the README are what their readers take them for, and every command in them is one."""

from __future__ import annotations

import configparser
import inspect
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from dagster_project.cli.main import main
from dagster_project.settings import Settings

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Deployment\n")[1].split("\n## ")[0]
READ = set(re.findall(r'"((?:FLORILEGIUM|AWS|OPENLINEAGE)_[A-Z0-9_]+)"', inspect.getsource(Settings.from_environment)))
FLORILEGIUM = Path(sys.executable).with_name("florilegium")


def block(language: str, name: str) -> str:
    (found,) = (text for text in re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL) if name in text[:80])
    return found


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(block("ini", "florilegium.service"))
    return parser


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(block("yaml", "compose.yaml"))
    return found


def kubernetes() -> dict[str, Any]:
    return {item["kind"]: item for item in yaml.safe_load_all(block("yaml", "florilegium.k8s.yaml"))}


def containers() -> list[dict[str, Any]]:
    """Of all pods."""
    cluster, deployment = (item["spec"] for item in kubernetes().values())
    templates = [cluster["headGroupSpec"]["template"], cluster["workerGroupSpecs"][0]["template"]]
    return [pod["spec"]["containers"][0] for pod in (*templates, deployment["template"])]


def commands() -> list[list[str]]:
    """The words after the program, of all that the examples run."""
    (started,) = (line for line in containers()[2]["args"] if "florilegium" in line)
    return [
        shlex.split(unit()["Service"]["ExecStart"])[1:],
        compose()["services"]["florilegium"]["command"],
        shlex.split(started.partition("exec florilegium ")[2]),
    ]


@pytest.mark.parametrize("words", commands(), ids=["systemd", "compose", "kubernetes"])
def test_the_commands_are_ours(words: list[str]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert (result.exit_code, "Run the web UI" in result.output) == (0, True), result.output
    assert CliRunner().invoke(main, [*words, "--no-such-option"]).exit_code == 2


def test_every_variable_is_read_and_every_one_that_is_read_is_told() -> None:
    example = dict(line.split("=", 1) for line in block("sh", "environment").splitlines()[1:])
    assert set(example) <= READ
    assert Settings.from_environment(example).database.startswith("postgresql://")
    table = SECTION.partition("\n###")[0]
    told = set(re.findall(r"`([A-Z0-9]+_[A-Z0-9_]+)`", table))
    assert READ - told == {"AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"}
    assert told <= READ


def test_the_unit_is_one(tmp_path: Path) -> None:
    service = unit()["Service"]
    assert service["SuccessExitStatus"] == "143", "how a program ends that SIGTERM stopped"
    if not shutil.which("systemd-analyze"):
        return
    text = block("ini", "florilegium.service").replace("/opt/florilegium/bin/florilegium", str(FLORILEGIUM))
    (tmp_path / "florilegium.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "florilegium.service")],
        capture_output=True,
        text=True,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "florilegium.service" in line]
    assert said == []


def test_the_composition_holds_together() -> None:
    project = compose()
    assert set(project) == {"services", "secrets", "volumes"}
    allowed = {"image", "build", "command", "environment", "env_file", "secrets", "volumes", "healthcheck", "ports"}
    for service in project["services"].values():
        assert set(service) <= allowed | {"depends_on", "stop_grace_period", "restart"}
        assert set(service.get("secrets", ())) <= set(project["secrets"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", ()) if not volume.startswith(".")}
        assert named <= set(project["volumes"])
        assert set(service.get("depends_on", ())) <= set(project["services"])
    assert "healthcheck" in project["services"]["postgres"], "whoever depends on it asks for its health"
    assert all(port.startswith("127.0.0.1:") for port in project["services"]["florilegium"]["ports"])
    inline = project["services"]["florilegium"]["build"]["dockerfile_inline"]
    (extras,) = re.findall(r"/src\[([a-z,]+)\]", inline)
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f"\n{extra} = [" in declared for extra in extras.split(","))
    assert (ROOT / "requirements.lock").exists()


def test_the_cluster_is_of_one_image_and_its_driver_finds_it() -> None:
    found = kubernetes()
    assert {kind: item["apiVersion"] for kind, item in found.items()} == {
        "RayCluster": "ray.io/v1",
        "Deployment": "apps/v1",
    }
    assert len({container["image"] for container in containers()}) == 1
    assert {container["envFrom"][0]["secretRef"]["name"] for container in containers()} == {"florilegium"}
    (group,) = found["RayCluster"]["spec"]["workerGroupSpecs"]
    assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert f"\nray=={found['RayCluster']['spec']['rayVersion']}\n" in locked
    deployment = found["Deployment"]["spec"]
    assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]
    (args,) = containers()[2]["args"]
    assert f"--address={found['RayCluster']['metadata']['name']}-head-svc:6379" in args
    mounted = {volume["name"] for volume in deployment["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in containers()[2]["volumeMounts"]} == mounted
