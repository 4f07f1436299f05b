"""The README is executed: its corpus of one's own is built as written, and its questions are asked."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import SPACES, Partition
from dagster_project.corpus.statements.refusing import refuse_ended
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.opening import opened_store
from dagster_project.settings import Settings
from tests.corpora import documents, prose, write_jsonl
from tests.corpus.sources.warcs import answer, packed, record, warcinfo

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLORILEGIUM = Path(sys.executable).with_name("florilegium")


def blocks(language: str, section: str) -> list[str]:
    """The fenced blocks of a language in a section."""
    text = README.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def write_files(section: str, folder: Path) -> None:
    """The files of a section where it says that they lie."""
    for block in blocks("yaml", section):
        path, _, text = block.removeprefix("# ").partition("\n")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command, comments=True)
    assert words[0] == "florilegium"
    environment = {**os.environ, "FLORILEGIUM_HOME": str(folder / ".florilegium")}
    return subprocess.run([FLORILEGIUM, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as the README describes it, and its build command run there."""
    folder = tmp_path_factory.mktemp("readme")
    rows = documents(300)
    for row in rows[:2]:
        row["text"] += "\nPlease pay to DE89 3704 0044 0532 0130 00."
    write_jsonl(folder / "notes.jsonl", rows)
    write_files("Your own corpus", folder)
    (command,) = blocks("bash", "Your own corpus")
    built = run(command, folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.embedded
def test_the_corpus_of_ones_own_becomes_a_published_mix(folder: Path) -> None:
    source = (folder / "recipes" / "sources" / "notes.yaml").read_text()
    assert len(source.splitlines()) == 10
    assert (folder / ".florilegium" / "reports" / "notes@1" / "index.html").exists()


@pytest.mark.embedded
def test_what_is_taken_down_goes_and_comes_back(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "recipes", tmp_path / "recipes")
    shutil.copy(folder / "notes.jsonl", tmp_path)
    assert run("florilegium --recipes recipes build notes", tmp_path).returncode == 0
    with opened_store(Settings(home=tmp_path / ".florilegium")) as store:
        manifest = refs.load_manifest(store, refs.resolve(store, Partition("mixed", "notes@1")))
        doc_id = read_shard(store, manifest.files[0], ["doc_id"]).column(0)[0].as_py().hex()
        rows, entry = [], ""
        for line in filter(None, blocks("bash", "Takedowns")[0].splitlines()):
            done = run(line.replace("DOC_ID", doc_id).replace("ENTRY", entry), tmp_path)
            assert done.returncode == 0, (line, done.stderr)
            entry = json.loads(done.stdout)["entries"][0]["id"] if line.endswith("--json") else entry
            rows.append(refs.load_manifest(store, refs.resolve(store, Partition("mixed", "notes@1"))).rows)
        newest = refs.resolve(store, Partition("published", "notes@1"))
        for line in filter(None, blocks("bash", "Takedowns")[1].splitlines()):
            done = run(line.replace("ENTRY", entry).replace("VERSION", newest[:8]), tmp_path)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
        with pytest.raises(Refused, match="was retired by J"):
            refuse_ended(store, Partition("published", "notes@1"), newest)
    assert rows[:4] == [manifest.rows] * 4
    assert rows[4] < manifest.rows


@pytest.mark.embedded
def test_the_questions_are_answered(folder: Path) -> None:
    sections = ("Ask", "The provenance page")
    asked = [line for name in sections for block in blocks("bash", name) for line in block.splitlines() if line]
    exported = run("florilegium report notes@1 --format json", folder)
    assert exported.returncode == 0, exported.stderr
    with opened_store(Settings(home=folder / ".florilegium")) as store:
        manifest = refs.load_manifest(store, refs.resolve(store, Partition("mixed", "notes@1")))
        doc_id = read_shard(store, manifest.files[0], ["doc_id"]).column(0)[0].as_py().hex()
        answers = [run(line.replace("DOC_ID", doc_id), folder) for line in asked]
    assert [answer.returncode for answer in answers] == [0] * len(asked), [answer.stderr for answer in answers]
    traced, impacted = json.loads(answers[0].stdout), json.loads(answers[1].stdout)
    assert traced["document"]["doc_id"] == doc_id
    assert traced["license"]["concluded"]["expression"] == "MIT"
    assert impacted["mixes"][0]["documents"] == manifest.rows
    environment = {**os.environ, "FLORILEGIUM_HOME": str(folder / ".florilegium")}
    program = blocks("python", "Ask")[0] + "print(batch.num_rows)\n"
    opened = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert opened.stdout == "300\n", opened.stderr


@pytest.mark.embedded
def test_texts_are_filtered_reported_scored_and_fitted(folder: Path) -> None:
    (folder / "worse.txt").write_text("".join(f"buy now {n} {'cheap ' * (n % 7)}click here\n" for n in range(300)))
    write_files("Filters", folder)
    (folder / "recipes" / "lists").mkdir()
    (folder / "recipes" / "lists" / "reviewed.txt").write_text("# document ids, one per line\n")
    commands = [line for block in blocks("bash", "Filters") for line in block.splitlines() if line]
    answers = [run(command, folder) for command in commands]
    assert [answer.returncode for answer in answers] == [0] * len(commands), [answer.stderr for answer in answers]
    with opened_store(Settings(home=folder / ".florilegium")) as store:
        profiles = {
            policy: refs.load_manifest(
                store, refs.resolve(store, Partition("filtered", f"notes@2026-11+{policy}"))
            ).profile["kept"]["documents"]
            for policy in ("gopher", "careful", "careful.control-7", "best", "reviewed")
        }
    (asked,) = (place for place, command in enumerate(commands) if "--quarantined" in command)
    waiting = re.findall(r"^([0-9a-f]{32})  ibans\[quarantine\]", answers[asked].stdout, re.MULTILINE)
    assert (len(waiting), profiles["reviewed"]) == (2, 298)
    assert profiles["careful"] == profiles["careful.control-7"] > 0
    assert profiles["best"] == round(profiles["gopher"] / 2)


@pytest.mark.embedded
def test_copies_are_told_apart_explained_and_reported(folder: Path) -> None:
    write_files("Copies", folder)
    building, *asking = [line for block in blocks("bash", "Copies") for line in block.splitlines() if line]
    assert run(building, folder).returncode == 0
    with opened_store(Settings(home=folder / ".florilegium")) as store:
        snapshot = refs.load_manifest(store, refs.resolve(store, Partition("snapshots", "notes@2026-11")))
        rows = read_shard(store, snapshot.files[0], ["doc_id", "text"]).slice(0, 2).to_pylist()
        (folder / "page.txt").write_text(rows[0]["text"])
        ids = {"DOC_ID": rows[0]["doc_id"].hex(), "OTHER_ID": rows[1]["doc_id"].hex()}
        commands = [re.sub("DOC_ID|OTHER_ID", lambda match: ids[match[0]], line) for line in asking]
        answers = [run(command, folder) for command in commands]
    assert [answer.returncode for answer in answers] == [0] * len(commands), [answer.stderr for answer in answers]
    assert "it stands alone" in answers[0].stdout
    assert "Compared with" in answers[1].stdout
    assert "of 300 documents" in (folder / "copies.html").read_text().lower()
    assert f"{ids['DOC_ID']}   exact 1.000" in answers[3].stdout
    assert "effective:" in answers[-1].stdout


@pytest.mark.embedded
def test_a_mix_is_planned_built_and_compared(folder: Path) -> None:
    for section in ("Filters", "Benchmarks", "Mixes"):  # the reference names an artifact of each
        write_files(section, folder)
    for name in ("lists/reviewed.txt", "../worse.txt", "../quiz.jsonl"):
        (folder / "recipes" / name).parent.mkdir(exist_ok=True)
        (folder / "recipes" / name).touch()
    commands = [line for line in blocks("bash", "Mixes")[0].splitlines() if line]
    answers = [run(command, folder) for command in commands]
    assert [answer.returncode for answer in answers] == [0] * len(commands), [answer.stderr for answer in answers]
    assert "phased@1: " in answers[1].stdout
    assert "Phases, in words" in answers[1].stdout
    assert "Left, for in the version after" in answers[3].stdout
    assert "beyond the budget of long" in answers[3].stdout
    assert run("florilegium --recipes recipes mixes check", folder).returncode == 0


@pytest.mark.embedded
def test_what_is_published_is_loaded_seen_and_fetched(folder: Path) -> None:
    program = (
        blocks("python", "Training: the loader")[0] + "print(state['seen'], len(texts), type(texts[0]).__name__)\n"
    )
    environment = {**os.environ, "FLORILEGIUM_HOME": str(folder / ".florilegium")}
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.split()[2] == "str"
    answers = [run(line, folder) for line in blocks("bash", "Training: the loader")[0].splitlines()]
    assert [answer.returncode for answer in answers] == [0] * len(answers), [answer.stderr for answer in answers]
    assert (folder / "exported" / "shard-00000.parquet").exists()


@pytest.mark.embedded
def test_a_mix_is_clean_of_benchmarks(folder: Path) -> None:
    planted = " ".join(prose(3).split()[5:35])
    items = [
        {"id": "q1", "question": planted, "choices": ["yes", "no"], "answer": 0},
        {"id": "q2", "question": "Which of the two bridges did they build first?", "choices": ["a", "b"], "answer": 1},
    ]
    write_jsonl(folder / "quiz.jsonl", items)
    write_files("Benchmarks", folder)
    commands = [line for line in blocks("bash", "Benchmarks")[0].splitlines() if line]
    answers = [run(command, folder) for command in commands]
    assert [answer.returncode for answer in answers] == [0] * len(commands), [answer.stderr for answer in answers]
    assert "tested@1 keeps out 1 documents for evals@1/quiz" in answers[1].stdout
    assert "evals@1/quiz item q1: " in answers[1].stdout
    (answer,) = json.loads(answers[2].stdout)["answers"]
    assert (answer["status"], answer["items"], answer["items_hit"], answer["documents"]) == ("hit", 2, 1, 1)


def test_copies_are_found_and_on_ray_the_same_is_found_again(folder: Path) -> None:
    path, _, text = blocks("yaml", "Copies")[0].removeprefix("# ").partition("\n")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    commands = [line for name in ("Copies", "Deployment") for line in blocks("bash", name)[0].splitlines() if line]
    answers = [run(f"{command} --json", folder) for command in commands]
    assert [answer.returncode for answer in answers] == [0, 0], [answer.stderr for answer in answers]
    (first,), (again,) = (json.loads(answer.stdout)["built"] for answer in answers)
    assert (first["id"], again["new"]) == (again["id"], False)


@pytest.mark.embedded
def test_costs_are_told(folder: Path) -> None:
    answers = [run(line, folder) for line in blocks("bash", "Deployment")[1].splitlines()]
    assert [answer.returncode for answer in answers] == [0] * len(answers), [answer.stderr for answer in answers]
    assert "published" in answers[0].stdout
    assert json.loads(answers[1].stdout)[0]["rows"] == 300


@pytest.fixture(scope="module")
def crawled(folder: Path) -> Path:
    """Two crawls of three pages, the second with one changed and one that keeps crawlers out."""
    shared = "".join(f"<p>{prose(number)}</p>" for number in range(5))
    for version, words, head in (("2026-10", "Old.", ""), ("2026-11", "New.", '<meta name="robots" content="noai">')):
        bodies = [shared + words, shared + "Second.", shared + "Third." + head]
        pages = [f"<html lang=en><head>{head * (n == 2)}</head><main>{b}</main></html>" for n, b in enumerate(bodies)]
        records = [
            record(n, answer(page.encode()), url=f"https://www.example.org/{n}") for n, page in enumerate(pages, 1)
        ]
        (folder / "crawls" / version).mkdir(parents=True)
        (folder / "crawls" / version / "a.warc.gz").write_bytes(packed([warcinfo(), *records]))
    for block in blocks("yaml", "Sources"):
        path, _, text = block.removeprefix("# ").partition("\n")
        (folder / path).write_text(text)
    return folder


@pytest.mark.embedded
def test_a_crawl_is_read_carded_searched_and_compared(crawled: Path) -> None:
    commands = [line for line in blocks("bash", "Sources")[0].splitlines() if line]
    answers = [run(command, crawled) for command in commands]
    assert [answer.returncode for answer in answers] == [0] * len(commands), [answer.stderr for answer in answers]
    assert "Pages of example.org" in (crawled / "card.html").read_text()
    assert "pages" in answers[3].stdout
    assert "https://www.example.org/1" in answers[5].stdout
    with opened_store(Settings(home=crawled / ".florilegium")) as store:
        partition = Partition("filtered", "pages@2026-11+reservations")
        kept = refs.load_manifest(store, refs.resolve(store, partition)).profile["kept"]
    assert kept["documents"] == 2


@pytest.mark.embedded
def test_a_store_is_kept_copied_and_registered(folder: Path, tmp_path: Path) -> None:
    for line in blocks("bash", "Care of the store")[0].splitlines():
        done = run(line.replace("/mnt/disk", str(tmp_path)), folder)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert (folder / "catalog.db").is_file()
    assert (tmp_path / "warehouse").is_dir()


@pytest.mark.embedded
def test_a_mistake_is_told_with_its_place(folder: Path) -> None:
    broken = folder / "broken" / "sources"
    broken.mkdir(parents=True)
    (broken / "x.yaml").write_text("name: x\nformat: jsonl\nlocatoin: x.jsonl\n")
    checked = run("florilegium sources check broken", folder)
    assert checked.returncode == 1
    assert "x.yaml:3" in checked.stdout + checked.stderr
    assert "location" in checked.stdout + checked.stderr


def test_the_map_names_places_that_are_there() -> None:
    block = README.split("### The map\n\n```\n")[1].split("```")[0]
    names = re.findall(r"^ *((?:[a-z_]+/ ?)+)", block, re.MULTILINE)
    rooms = {name for line in names for name in line.replace("/", "").split()}
    places = {
        path.name
        for path in [
            *ROOT.iterdir(),
            *(ROOT / "dagster_project").iterdir(),
            *(ROOT / "dagster_project" / "corpus").iterdir(),
        ]
    }
    assert rooms - places == set()


def test_every_packaged_policy_is_explained() -> None:
    section = README.split("\n## Filters\n")[1].split("\n## ")[0]
    told = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }
    assert {policy.name for policy in find_recipes().policies} <= told


def test_every_stage_is_explained() -> None:
    table = README.split("\n## How it works\n")[1]
    explained = set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE))
    assert explained == set(SPACES)


def test_the_pictures_are_there() -> None:
    assert [name for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README) if not (ROOT / name).exists()] == []


def test_the_two_commands_are_one_line_each() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [command.split()[-2:] for command in commands] == [
        [".venv/bin/florilegium", "demo"],
        ["&&", ".venv/bin/pytest"],
    ]
