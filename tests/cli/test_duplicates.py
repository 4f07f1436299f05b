"""florilegium duplicates: families, reports and near texts, with hostile documents in two layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, MANY, Program
from tests.corpora import prose
from tests.corpus.deduplication.layered import write_recipes

EVIL = "evil\x1b[2J\u202e [bold]⟦text⟧[/bold]"
OLD = {
    "a": {"text": f"{EVIL} begins so.\n{prose(1, 240)}", "title": HOSTILE, "url": f"https://example.org/{HOSTILE}"},
    "alone": {"text": prose(9, 240)},
}
NEW = {
    "b": {"text": f"{EVIL} starts so.\n{prose(1, 240)}", "title": HOSTILE, "license": "evil\x1b[31m\u202e license"},
    "b-too": {"text": f"{EVIL} starts so.\n{prose(1, 240)}"},
    "c": {"text": prose(20, 240)},
}


@pytest.fixture(scope="module")
def layered(make_program: Callable[[Path], Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The corpus `new` on the corpus `old`, and the corpus of the four tales."""
    folder = tmp_path_factory.mktemp("layered")
    program = make_program(folder)
    write_recipes(folder, "", old=OLD, new=NEW)
    program("build", "deduplicated/new")
    program("build", "deduplicated/tales")
    return program


@pytest.fixture(scope="module")
def ids(layered: Program) -> dict[str, str]:
    found = [item for text in (NEW["b"]["text"], OLD["alone"]["text"]) for item in near(layered, text)]
    return {item["locator"]: item["doc_id"] for item in found}


def near(program: Program, text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = program.json("duplicates", "near", "new", "--text", text)["near"]
    return found


def test_the_family_of_a_document_in_every_corpus_that_holds_it(layered: Program, ids: dict[str, str]) -> None:
    found = layered.json("duplicates", "--doc", ids["a"][:8])
    assert found["document"] == ids["a"]
    assert [(item["corpus"], item["size"]) for item in found["corpora"]] == [
        ("deduplicated/new@dev", 3),
        ("deduplicated/old@dev", 1),
    ]
    (only,) = layered.json("duplicates", "--doc", ids["b"], "new@dev")["corpora"]
    assert (only["status"], only["survivor"], only["counted"]) == (
        "suppressed",
        ids["a"],
        {"suppressed": 2, "survivor": 1},
    )
    assert only["compared"]["with"] == ids["a"]
    assert only["compared"]["kind"] == "near"
    assert layered.json("duplicates", "explain", "--doc", ids["b"], "new")["corpora"] == [only]


def test_texts_are_shown_where_they_differ(layered: Program, ids: dict[str, str]) -> None:
    shown = layered("duplicates", "--doc", ids["b"], "new").output
    assert f"Compared with {ids['a']} (near 0." in shown
    assert "⟦starts→begins⟧ so." in shown
    assert "characters …" in shown
    assert "both have the same text" in layered("duplicates", "--doc", ids["b"], "--with", ids["b-too"]).output
    (found,) = layered.json("duplicates", "--doc", ids["b"], "--with", ids["alone"])["corpora"]
    assert (found["compared"]["kind"], found["compared"]["estimated"]) == (None, True)
    assert "≈ an estimate from fingerprints" in layered("duplicates", "--doc", ids["b"], "--with", ids["alone"]).output
    assert "it stands alone" in layered("duplicates", "--doc", ids["alone"], "new").output


def test_nothing_of_a_document_commands_the_terminal(layered: Program, ids: dict[str, str]) -> None:
    for words in (
        ("--doc", ids["b"]),
        ("--doc", ids["b"], "--with", ids["alone"]),
        ("near", "new", "--text", NEW["b"]["text"]),
        ("report", "new", "--format", "md"),
    ):
        shown = layered("duplicates", *words).output
        assert not {"\x1b", "\u202e"} & {*shown}
        assert "evil" in shown
    shown = layered("duplicates", "--doc", ids["b"], "new").output
    assert r"evil\x1b[2J\u202e [bold]\u27e6text\u27e7[/bold] ⟦starts" in shown
    assert r"evil\x1b[31m\u202etitle [bold]x[/bold]" in shown


def test_what_is_unknown_is_one_sentence_and_bad_usage_another(layered: Program, ids: dict[str, str]) -> None:
    said = layered("duplicates", "--doc", "f" * 32, "new", code=1).output
    assert (
        said
        == f"error: no document of deduplicated/new@dev begins with {'f' * 32}: `florilegium impact` asks all mixes\n"
    )
    assert "stands nowhere" in layered("duplicates", "report", "nonesuch", code=1).output
    assert "is no corpus" in layered("duplicates", "--doc", ids["a"], "snapshots/old@dev", code=1).output
    assert "no document of" in layered("duplicates", "--doc", ids["a"], "new", "--with", "e" * 32, code=1).output
    for words in (
        ("--doc", "xyz"),
        ("--doc", "abc123"),
        ("report", "new", "--doc", ids["a"]),
        ("near", "new"),
        ("explain",),
    ):
        layered("duplicates", *words, code=2)
    layered("duplicates", "near", "new", "--text", "a", "--text-file", "-", code=2)
    layered("duplicates", "report", "new", "--html", "x.html", "--format", "md", code=2)


def test_a_report_sums_the_layers_and_is_written_where_it_is_said(layered: Program, tmp_path: Path) -> None:
    found = layered.json("duplicates", "report", "new")
    assert (found["documents"], found["families"], found["alone"]) == (5, 1, 2)
    assert [layer["partition"] for layer in found["layers"]] == ["deduplicated/old@dev", "deduplicated/new@dev"]
    page = tmp_path / "copies.html"
    assert layered("duplicates", "report", "new", "--html", str(page)).output.strip() == str(page)
    assert page.read_text().startswith("<!DOCTYPE html>")
    default = Path(layered("duplicates", "report", "deduplicated/new@dev").output.strip())
    assert default.name == "deduplicated+new@dev.html"
    assert default.read_bytes() == page.read_bytes()


def test_near_texts_by_a_file(layered: Program, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(f"First. {MANY}")
    found = layered.json("duplicates", "near", "tales", "--text-file", str(tmp_path / "text.txt"), "--most", "1")
    assert (found["sharing"], len(found["near"]), found["near"][0]["kind"]) == (2, 1, "exact")
    assert "1 most alike" in layered("duplicates", "near", "tales", "--text", f"First. {MANY}", "--most", "1").output
    assert "nothing is near this text" in layered("duplicates", "near", "tales", "--text", "quite other").output


def test_bands_for_a_similarity(program: Program) -> None:
    found = program.json("corpora", "bands", "--similarity", "0.8")
    assert (found["bands"], found["rows"]) == (9, 12)
    shown = program("corpora", "bands", "--bands", "14", "--rows", "8").output
    assert "14 bands of 8 rows" in shown
    assert "0.75         0.772" in shown
    program("corpora", "bands", "--bands", "14", code=2)


@pytest.fixture(scope="module")
def sharing(make_program: Callable[[Path], Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Three documents of two layers that end in one line."""
    folder = tmp_path_factory.mktemp("sharing")
    program = make_program(folder)
    line = f"\n{EVIL} is the last line of every one of these.\n"
    old = {"a": {"text": prose(1, 240) + line}, "b": {"text": prose(2, 240) + line}}
    write_recipes(folder, "", old=old, new={"c": {"text": prose(3, 240) + line}})
    program("build", "passages/new")
    return program


def test_the_most_repeated_passages_say_what_they_are(sharing: Program) -> None:
    found = sharing.json("duplicates", "passages", "new@dev")
    (line, *_) = [item for item in found["most_repeated"] if item["kind"] == "line"]
    assert (line["copies"], line["source"]) == (3, "old@dev")
    assert line["text"] == f"{EVIL} is the last line of every one of these.\n"
    assert (found["status"], found["cut_bytes"]) == ({"survivor": 1}, 0)
    shown = sharing("duplicates", "passages", "new").output
    assert r"\x1b[2J\u202e" in shown
    assert "\x1b[2J" not in shown


def test_a_corpus_without_passages_is_refused(sharing: Program) -> None:
    assert "holds no passages" in sharing("duplicates", "passages", "deduplicated/new", code=1).output
    assert "none" in sharing("duplicates", "passages", "none", code=1).output
