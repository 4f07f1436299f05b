"""Benchmarks from files to a promise: clean mixes, refused ones, and what is excluded, removed or edited away."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.csv import write_csv

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.contamination.stored import load_index
from dagster_project.corpus.mixing.promises import Promises
from dagster_project.corpus.model.errors import AuditFailed, IntegrityError, RecipeError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.facts import gather_facts
from dagster_project.corpus.publishing.reports import REPORTS, render
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import documents, library, write_jsonl, write_recipes

QUESTION = "How many small wooden boats crossed the wide river on the seventh day of that long summer?"
ANSWER = "Forty-two of them, and a raft."
HOSTILE = "<b>evil</b>\x1b[31m\u202e"
ITEMS = [
    {"key": "boats", "q": QUESTION, "a": ANSWER},
    {
        "key": HOSTILE,
        "q": f"Which of these {HOSTILE} is a letter that nobody in the northern villages ever wrote?",
        "a": "",
    },
    {"key": "short", "q": "Why not?", "a": ""},
]
EVALS = """
name: evals
kind: benchmark
benchmarks:
  - name: quiz
    file: {file}
    layout: {{question: [q], answer: a, id: key}}
  - name: other
    file: other.jsonl
    layout: {{question: [question]}}
"""
OTHER = [{"question": "Name the five colors that the old painter mixed before he began with his last picture."}]
ARTIFACT, MIX, PUBLISHED = (
    Partition(stage, f"{name}@dev")
    for stage, name in (("artifacts", "evals"), ("mixed", "notes"), ("published", "notes"))
)
PLANTED = {"id": "planted", "license": "MIT"}


def recipes(folder: Path, planted: str = "", *, mix: str = "clean_of: [evals]\n", size: int = 20) -> Path:
    """Twenty documents, the last of which holds something; and two benchmarks."""
    rows = documents(20)
    if planted:
        rows[-1]["text"] += f"\n{planted}"
    place = write_recipes(folder, str(write_jsonl(folder / "all.jsonl", rows)))
    write_jsonl(folder / "quiz.jsonl", ITEMS)
    write_jsonl(folder / "other.jsonl", OTHER)
    write(folder, "artifacts/evals.yaml", EVALS.format(file="quiz.jsonl"))
    path = folder / "mixes/notes.yaml"
    path.write_text(path.read_text().replace("words: 2000", f"documents: {size}") + mix)
    return place


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def opened(folder: Path, store: Store | None = None) -> Library:
    return library(store or MemoryStore(), folder, auditor=GreatExpectationsAuditor())


def told(manifest: Manifest) -> dict[str, dict[str, Any]]:
    return {item["benchmark"]: item for item in manifest.facts["clean_of"]}


def test_an_artifact_keeps_every_item_with_its_fate(tmp_path: Path) -> None:
    found = opened(recipes(tmp_path))
    manifest = found.build(ARTIFACT).manifest
    (file,) = manifest.files
    rows = {(row["benchmark"], row["item"]): row for row in read_shard(found.store, file).to_pylist()}
    assert {name: (row["fate"], row["ngrams"], row["whole"]) for name, row in rows.items()} == {
        ("other", "0"): ("looked for", 4, True),
        ("quiz", "boats"): ("looked for", 11, True),
        ("quiz", HOSTILE): ("looked for", 3, True),
        ("quiz", "short"): ("too short", 0, False),
    }
    assert rows["quiz", "boats"]["words"] == 17 + 6
    assert manifest.profile["examples"]["quiz"] == {"looked for": 2, "too short": 1, "untold": 0}
    index = manifest.facts["artifact"]["index"]["file"]
    assert index["path"] in {item.path for item in manifest.objects}
    stored = artifact_of(found.store, manifest).index
    assert stored is not None
    assert load_index(stored).names == ("other", "quiz")


def test_a_mix_that_repeats_nothing_is_published_and_says_so(tmp_path: Path, store: Store) -> None:
    place = recipes(tmp_path)
    write(place, "artifacts/evals.yaml", EVALS.format(file="quiz.jsonl") + "access: private\n")
    found = opened(place, store)
    published = found.build(PUBLISHED).manifest
    mixed = found.build(MIX).manifest
    assert {name: (item["status"], item["items"], item["too_short"]) for name, item in told(mixed).items()} == {
        "evals@dev/other": ("clean", 1, 0),
        "evals@dev/quiz": ("clean", 3, 1),
    }
    assert told(published)["evals@dev/quiz"]["documents"] == 0
    assert published.profile["contaminated_documents"] == 0
    assert (found.build(ARTIFACT).manifest.facts["access"], mixed.facts["access"]) == ("private", "public")
    assert mixed.profile["excluded_by_contamination"] == {"all": {}}
    assert all(render(found.store, MIX, name) for name in REPORTS)


def test_a_mix_that_repeats_an_item_is_refused_by_name(tmp_path: Path, store: Store) -> None:
    found = opened(recipes(tmp_path, planted=QUESTION.upper()), store)
    with pytest.raises(AuditFailed) as refused:
        found.build(PUBLISHED)
    assert "clean_of_benchmarks: No member repeats an item of a benchmark that the mix promises" in str(refused.value)
    assert "contaminated_members is 1. Offenders: evals@dev/quiz, evals@dev/quiz item boats." in str(refused.value)
    assert refs.latest(found.store, MIX) is None


def test_what_is_excluded_is_counted_and_the_rest_is_published(tmp_path: Path, store: Store) -> None:
    found = opened(recipes(tmp_path, QUESTION, mix="clean_of: [evals@dev]\ncontaminated: exclude\n", size=19), store)
    published = found.build(PUBLISHED).manifest
    mixed = found.build(MIX).manifest
    assert (mixed.rows, published.rows) == (19, 19)
    assert mixed.profile["excluded_by_contamination"] == {"all": {"evals@dev/quiz": 1}}
    assert mixed.profile["asked"]["all"]["available"]["documents"] == 19
    assert {item["status"] for item in (*told(mixed).values(), *told(published).values())} == {"clean"}
    assert not any(QUESTION in text for text in exported(found, published))
    facts = gather_facts(found.store, MIX)
    assert facts["funnel"]["unaccounted"] == 0
    losses = {loss["reason"]: loss["documents"] for step in facts["funnel"]["steps"] for loss in step["losses"]}
    assert losses["kept out for what they repeat of benchmarks"] == 1
    assert {row["benchmark"]: (row["status"], row["excluded"]) for row in facts["benchmarks"]} == {
        "evals@dev/other": ("clean", 0),
        "evals@dev/quiz": ("clean", 1),
    }


def test_a_rule_removes_what_repeats_an_item(tmp_path: Path) -> None:
    place = recipes(tmp_path, QUESTION, size=19)
    rule = "name: plain\nrules:\n  - {rule: contaminated_share, below: 0.5, model: evals}\n"
    write(place, "policies/plain.yaml", rule)
    found = opened(place)
    published = found.build(PUBLISHED).manifest
    assert published.rows == 19
    verdicts = found.build(Partition("filtered", "notes@dev+plain")).manifest
    assert verdicts.profile["removed"]["contaminated_share[evals]"]["documents"] == 1


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("contaminated_items, max: 0", 18),
        ("contaminated_items, max: 1", 20),
        ("contaminated_ngrams, max: 4", 19),
        ("contaminated_words, max: 16", 19),
        ("contaminated_share, below: 1", 19),
        ("contaminated_share, below: 0.3", 18),
    ],
)
def test_rules_judge_how_much_is_repeated(tmp_path: Path, rule: str, kept: int) -> None:
    """One document has a whole question, another sixteen words of it, which are four of eleven n-grams."""
    place = recipes(tmp_path, QUESTION, mix="")
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    rows[0]["text"] += "\n" + " ".join(QUESTION.split()[:16])
    write_jsonl(tmp_path / "all.jsonl", rows)
    write(place, "policies/plain.yaml", f"name: plain\nrules:\n  - {{rule: {rule}, model: evals@dev}}\n")
    verdicts = opened(place).build(Partition("filtered", "notes@dev+plain")).manifest
    assert verdicts.profile["kept"]["documents"] == kept


def test_an_edit_that_takes_the_item_away_makes_the_mix_clean(tmp_path: Path) -> None:
    """C4 removes a line that has no end mark; the stored text keeps it."""
    place = recipes(tmp_path, QUESTION.rstrip("?"))
    write(place, "policies/plain.yaml", "name: plain\nrules:\n  - {edit: c4}\n  - {rule: words, min: 20}\n")
    found = opened(place)
    published = found.build(PUBLISHED).manifest
    (searched,) = (item for item in found.build(MIX).manifest.inputs if "contamination" in item.partition)
    assert searched.partition.startswith("signals/notes@dev/contamination.evals@dev.edited-")
    assert told(published)["evals@dev/quiz"]["status"] == "clean"
    raw = found.build(Partition("signals", "notes@dev", "contamination.evals@dev")).manifest
    assert raw.profile["contaminated"]["quiz"]["items"] == {"boats": 1}


def test_the_exported_text_is_searched_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the members said, what is written decides."""
    place = recipes(tmp_path, QUESTION, mix="clean_of: [evals]\ncontaminated: exclude\n")
    monkeypatch.setattr(Promises, "add", lambda self, shard: self._rows.append([]))
    with pytest.raises(AuditFailed, match=r"published/notes@dev: clean_of_benchmarks: .* item boats\.") as refused:
        opened(place).build(PUBLISHED)
    assert "contaminated_documents is 1" in str(refused.value)


def test_identity_is_content_and_settings_and_never_a_path(tmp_path: Path) -> None:
    place, store = recipes(tmp_path, QUESTION, mix="clean_of: [evals]\ncontaminated: exclude\n", size=19), MemoryStore()
    before = [opened(place, store).build(item).manifest.id for item in (ARTIFACT, MIX)]
    write_jsonl(place / "moved" / "again.jsonl", ITEMS)
    write(place, "artifacts/evals.yaml", EVALS.format(file="moved/again.jsonl"))
    assert [opened(place, store).build(item).manifest.id for item in (ARTIFACT, MIX)] == before
    write(place, "artifacts/evals.yaml", EVALS.format(file="quiz.jsonl") + "matching: {ngram: 12}\n")
    after = [opened(place, MemoryStore()).build(item).manifest.id for item in (ARTIFACT, MIX)]
    assert not {*before} & {*after}
    write(place, "artifacts/evals.yaml", EVALS.format(file="quiz.jsonl"))
    write_jsonl(place / "quiz.jsonl", [*ITEMS[:2], {"key": "short", "q": "Why?", "a": ""}])
    assert opened(place, MemoryStore()).build(ARTIFACT).manifest.id != before[0]


@pytest.mark.parametrize("kind", ["jsonl.gz", "jsonl.zst", "parquet", "csv"])
def test_the_same_items_in_other_formats(tmp_path: Path, kind: str) -> None:
    place, file = recipes(tmp_path, QUESTION), tmp_path / f"quiz.{kind}"
    table = pa.Table.from_pylist(ITEMS)
    if kind == "parquet":
        pq.write_table(table, file)
    elif kind == "csv":
        write_csv(table, file)
    else:
        with pa.output_stream(file, compression={"gz": "gzip", "zst": "zstd"}[kind[-3:].strip(".")]) as stream:
            stream.write((place / "quiz.jsonl").read_bytes())
    plain = index_bytes(opened(place))
    write(place, "artifacts/evals.yaml", EVALS.format(file=file.name))
    assert index_bytes(opened(place)) == plain


def index_bytes(found: Library) -> str:
    sha256 = found.build(ARTIFACT).manifest.facts["artifact"]["index"]["file"]["sha256"]
    return str(sha256)


def test_a_lost_index_is_made_again(tmp_path: Path) -> None:
    place, store = recipes(tmp_path), MemoryStore()
    built = opened(place, store).build(ARTIFACT).manifest
    path = built.facts["artifact"]["index"]["file"]["path"]
    body = store.get(path)
    store.delete([path])
    load_index.cache_clear()
    with pytest.raises(IntegrityError, match=f"{path} is gone: build its artifact again with --repair"):
        opened(place, store).build(PUBLISHED)
    assert opened(place, store).build(ARTIFACT, repair=True).manifest.id == built.id
    assert store.get(path) == body


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("quiz.jsonl", None, r"the file of benchmark quiz .*quiz\.jsonl cannot be read .*: put the file there or name"),
        ("quiz.jsonl", b"", r"benchmark quiz has no item in .*quiz\.jsonl: name the file that holds them"),
        ("quiz.jsonl", b'{"q": 1', r"quiz\.jsonl, line 1: is not JSON"),
        (
            "quiz.jsonl",
            b'{"key": "a", "question": "x"}\n',
            r"row 0 of benchmark quiz cannot be read: it has no field 'q'",
        ),
        ("quiz.jsonl", b"[1, 2]\n", r"quiz\.jsonl, row 0: has no fields"),
        ("quiz.jsonl", b'{"key": "a", "q": "Too short", "a": ""}\n', r"of benchmark quiz nothing can be told"),
        ("quiz.jsonl", b'{"key": "a", "q": "x", "a": ""}\n' * 2, r"benchmark quiz has two items 'a'"),
        (
            "quiz.jsonl.gz",
            gzip.compress(b"{}" * 40, mtime=0)[:20],
            r"\.gz, after line 0: cannot be read",
        ),
        ("quiz.parquet", b"PAR1", r"quiz\.parquet cannot be read as Parquet"),
        ("quiz.csv", b'key,q,a\n1,"x,y', r"quiz\.csv cannot be read as CSV"),
        ("quiz.csv", b"key,q,a\n1,\xff,y", r"quiz\.csv cannot be read as CSV"),
        ("quiz.txt", b"x", r"quiz\.txt is of no known format: name a file that ends in \.jsonl, \.parquet, \.csv"),
    ],
)
def test_a_benchmark_that_cannot_be_read_is_refused_and_never_clean(
    tmp_path: Path, name: str, body: bytes | None, said: str
) -> None:
    place = recipes(tmp_path)
    (place / "quiz.jsonl").unlink()
    if body is not None:
        (place / name).write_bytes(body)
    write(place, "artifacts/evals.yaml", EVALS.format(file=name))
    found = opened(place)
    with pytest.raises(Refused, match=said):
        found.build(PUBLISHED)
    assert refs.latest(found.store, MIX) is None


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    place = recipes(tmp_path)
    text = EVALS.format(file="quiz.jsonl").replace("    layout", f"    sha256: {'a' * 64}\n    layout", 1)
    write(place, "artifacts/evals.yaml", text)
    with pytest.raises(Refused, match=f"the hash of the file of benchmark quiz .* and {'a' * 64} is expected"):
        opened(place).build(ARTIFACT)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("mixes/notes.yaml", "clean_of: [evil]\n", "clean_of[0]: 'evil' is not a artifact"),
        ("mixes/notes.yaml", "clean_of: [evals, evals]\n", "clean_of: evals stands here twice"),
        ("mixes/notes.yaml", "contaminated: exclude\n", "contaminated: is about benchmarks, and clean_of names none"),
        ("mixes/notes.yaml", "clean_of: [grams]\n", "clean_of[0]: 'grams' is of kind ngram: name an artifact of kind"),
        (
            "policies/plain.yaml",
            "  - {rule: score, min: 0, model: evals}\n",
            "'evals' is of kind benchmark: name a model",
        ),
        ("policies/plain.yaml", "  - {rule: contaminated_items, max: 0, model: grams}\n", "'grams' is of kind ngram"),
        ("sources/notes.yaml", "language_model: evals\n", "language_model: 'evals' is of kind benchmark: name a model"),
        ("artifacts/evals.yaml", "positives: [{file: x.txt}]\n", "is of benchmarks, so examples, file and factory"),
        ("artifacts/evals.yaml", "matching: {ngram: 4}\n", "matching.shortest: 5 is more than ngram 4"),
        ("artifacts/grams.yaml", "benchmarks: []\nseed: -1\n", "seed: -1 is not allowed here"),
    ],
)
def test_recipes_that_promise_nothing_are_told_with_their_place(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    place = recipes(tmp_path, mix="")
    write(place, "artifacts/grams.yaml", "name: grams\nkind: ngram\npositives: [{file: good.txt}]\n")
    (place / file).write_text((place / file).read_text() + text)
    from dagster_project.corpus.building.recipe_files import find_recipes
    from dagster_project.corpus.filtering.rules import RULES

    with pytest.raises(RecipeError) as refused:
        find_recipes([place], RULES)
    assert said in str(refused.value)


def exported(found: Library, published: Manifest) -> list[str]:
    return [text for file in published.files for text in read_shard(found.store, file).column("text").to_pylist()]


JOINED = "Advertisement please buy our newspaper subscriptions every week for only little money and be happy"


def cutting(folder: Path, how: str) -> Path:
    """A question in two halves with an advertisement between them that another document has, too, and that is cut."""
    place = recipes(folder, mix=f"clean_of: [evals]\ncontaminated: {how}\n", size=19)
    rows, words = documents(20), QUESTION.split()
    for row, said in ((rows[0], f"{' '.join(words[:8])} {JOINED} {' '.join(words[8:])}"), (rows[1], JOINED)):
        row["text"] = f"{row['text'][:300]} {said} {row['text'][300:]}"
    rows[0]["license"] = "GPL-3.0-only"  # which gives way
    write_jsonl(folder / "all.jsonl", rows)
    corpus = place / "corpora/notes.yaml"
    corpus.write_text(corpus.read_text() + "passages: {cut: true, length: 60, spare_lists: false, max_cut: 1}\n")
    return place


def test_what_a_cut_joins_is_found_before_the_mix_chooses(tmp_path: Path) -> None:
    found = opened(cutting(tmp_path / "refused", "refuse"))
    with pytest.raises(AuditFailed, match="item boats"):
        found.build(MIX)
    found = opened(cutting(tmp_path / "excluded", "exclude"))
    published, mixed = found.build(PUBLISHED).manifest, found.build(MIX).manifest
    assert mixed.profile["excluded_by_contamination"] == {"all": {"evals@dev/quiz": 1}}
    assert (published.rows, published.profile["contaminated_documents"]) == (19, 0)
    assert sum(JOINED in text for text in exported(found, published)) == 1
