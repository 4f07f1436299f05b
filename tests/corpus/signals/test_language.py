"""The language group: what is looked at of a text, what a label says, and which model it was."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import fasttext
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.files import find_model, store_model
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.signals import language
from dagster_project.corpus.signals.language import SAMPLE, SCHEMA, measure, model_record, samples
from dagster_project.corpus.storage.memory import MemoryStore

TEXTS = [
    "Ceci est un petit texte, écrit en français pour un essai.",
    "This is a short text,\nwritten in English for a test.",
    "这是一段用中文写的短文，用来做测试。",
    " \n 12345 !!",
    "",
]


def block(texts: list[str]) -> Block:
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(texts))], pa.binary(16))
    return Block(pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string())}))


def test_columns_and_profile() -> None:
    table, profile = measure(block(TEXTS), model_record())
    assert table.schema.equals(SCHEMA)
    assert table.column("language").to_pylist() == ["fr", "en", "zh", "und", "und"]
    assert table.column("script").to_pylist() == [None] * 5
    scores = table.column("language_score").to_pylist()
    assert min(scores[:3]) > 800
    assert scores[3:] == [0, 0]
    assert [len(found) for found in table.column("languages").to_pylist()] == [3, 3, 3, 1, 1]
    assert table.column("languages").to_pylist()[0][0] == {"language": "fr", "script": None, "score": scores[0]}
    assert profile == {"languages": {"en": 1, "fr": 1, "und": 2, "zh": 1}}


def judged(texts: list[str]) -> list[str]:
    return list(samples(*buffers(pa.array(texts, pa.large_string()))))


def test_what_is_looked_at() -> None:
    short = "é" * (2 * SAMPLE)
    longer = "a" * SAMPLE + "b" * SAMPLE + "c" * SAMPLE
    long = "a" * 10_000 + "b" * 20_000
    assert judged(["", short, longer, long, "end"]) == [
        "",
        short,
        "a" * SAMPLE + " " + "b" * (SAMPLE // 2) + "c" * (SAMPLE // 2),
        "a" * SAMPLE + " " + "b" * SAMPLE,
        "end",
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 5000)), max_size=4))
def test_samples_are_whole_characters_of_the_text(parts: list[tuple[str, int]]) -> None:
    text = "".join(part * count for part, count in parts)[:60_000]
    (sample,) = judged([text])
    if len(text) <= 2 * SAMPLE:
        assert sample == text
    else:
        head, gap, middle = sample[:SAMPLE], sample[SAMPLE], sample[SAMPLE + 1 :]
        assert (text[:SAMPLE], " ") == (head, gap)
        assert SAMPLE - 1 <= len(middle) <= SAMPLE
        assert middle in text[SAMPLE:]


def test_a_long_text_is_judged_by_its_head_and_middle_alone() -> None:
    french, english = TEXTS[0] + " ", TEXTS[1] + " "
    table, _ = measure(block([french * 100 + english * 20, french * 100 + english * 500 + french * 100]), {})
    first, second = table.column("languages").to_pylist()
    assert (first[0]["language"], first[0]["score"] > 900) == ("fr", True)
    assert {second[0]["language"], second[1]["language"]} == {"fr", "en"}


def test_a_text_cannot_cut_its_own_sample() -> None:
    cut, plain = measure(block(["12 a </s> " + TEXTS[0] * 5, TEXTS[0] * 5]), {})[0].column("language").to_pylist()
    assert cut == plain == "fr"


LABELS = {
    "fra_Latn": "bonjour monde ami",
    "srp_Cyrl": "здраво свете",
    "arb_Arab": "مرحبا عالم",
    "ceb_Latn": "kumusta kalibutan",
}


@pytest.fixture(scope="session")
def glotlid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose labels are those of GlotLID: ISO 639-3 code and script."""
    folder, chosen = tmp_path_factory.mktemp("glotlid"), random.Random(0)
    lines = [
        f"__label__{label} {' '.join(chosen.choices(words.split(), k=6))}\n"
        for label, words in LABELS.items()
        for _ in range(50)
    ]
    (folder / "lines.txt").write_text("".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "lines.txt"), dim=8, bucket=1000, minn=2, maxn=3, lr=1.0, thread=1, verbose=0
    )
    model.save_model(str(folder / "glotlid.bin"))
    return folder / "glotlid.bin"


def stored(store: MemoryStore, path: Path, format: str = "fasttext") -> Artifact:
    return Artifact(store_model(store, find_model(path, "Apache-2.0"), "public"), Loading(format))


def test_labels_with_a_script(glotlid: Path, memory_store: MemoryStore) -> None:
    artifact = stored(memory_store, glotlid)
    table, profile = measure(block(list(LABELS.values())), {}, artifact=artifact)
    assert table.column("language").to_pylist() == ["fr", "sr", "ar", "ceb"]
    assert table.column("script").to_pylist() == ["Latn", "Cyrl", "Arab", "Latn"]
    assert profile == {"languages": {"ar": 1, "ceb": 1, "fr": 1, "sr": 1}}
    assert table.column("languages").to_pylist()[1][0]["script"] == "Cyrl"


def test_the_same_code_means_what_its_model_means() -> None:
    assert language._label("__label__als") == ("als", None)  # lid.176: Alemannic
    assert language._label("__label__als_Latn") == ("sq", "Latn")  # ISO 639-3: Tosk Albanian
    assert language._label("__label__zho_Hans") == language._label("__label__cmn_Hans") == ("zh", "Hans")


def test_the_lineage_names_the_model_and_its_license(glotlid: Path, memory_store: MemoryStore) -> None:
    assert model_record() == {
        "model": "lid.176.ftz",
        "sha256": language.LID_176_HASH,
        "license": "CC-BY-SA-3.0",
        "sample": SAMPLE,
    }
    found = model_record(stored(memory_store, glotlid))
    assert (found["model"], found["license"], len(found["sha256"])) == ("glotlid.bin", "Apache-2.0", 64)


def test_the_notice_beside_the_model_names_its_license_and_its_hash() -> None:
    said = language.LID_176.with_name("LICENSE.md").read_text(encoding="utf-8")
    assert "CC-BY-SA-3.0" in said
    assert language.LID_176_HASH in said


def test_a_packaged_model_that_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lid.176.ftz").write_bytes(b"other")
    monkeypatch.setattr(language, "LID_176", tmp_path / "lid.176.ftz")
    language.packaged.cache_clear()
    try:
        with pytest.raises(Refused, match=rf"and {language.LID_176_HASH} is expected"):
            measure(block(TEXTS), {})
    finally:
        language.packaged.cache_clear()


def test_only_fasttext_identifies_languages(glotlid: Path, memory_store: MemoryStore) -> None:
    with pytest.raises(Refused, match="a model of format onnx identifies no language"):
        measure(block(TEXTS), {}, artifact=stored(memory_store, glotlid, "onnx"))


def test_a_text_with_no_known_word_is_undetermined() -> None:
    class Silent:
        def predict(self, *asked: Any) -> list[tuple[float, str]]:
            return []

    assert language.guess(Silent(), "words") == [{"language": "und", "script": None, "score": 0}]  # type: ignore[arg-type]
