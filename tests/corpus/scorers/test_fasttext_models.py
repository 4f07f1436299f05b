"""fastText files: what is refused, and that no text ends or labels its own line."""

from __future__ import annotations

from pathlib import Path

import fasttext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.fasttext_models import labels_of, line_of, load


def test_a_model_has_its_labels(fasttext_file: Path) -> None:
    assert sorted(labels_of(load(fasttext_file, "hq"))) == ["__label__cc", "__label__hq"]


def test_other_files_are_refused(tmp_path: Path, fasttext_file: Path) -> None:
    (tmp_path / "other").write_bytes(b"PK\3\4" + bytes(100))
    with pytest.raises(Refused, match=r"other is not a fastText model: name a \.bin or \.ftz file"):
        load(tmp_path / "other", "other")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(Refused, match="is not a fastText model"):
        load(tmp_path / "empty", "empty")


def test_a_model_of_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a b c d e f\n" * 50)
    model = fasttext.train_unsupervised(str(tmp_path / "words.txt"), dim=4, bucket=100, minCount=1, thread=1, verbose=0)
    model.save_model(str(tmp_path / "words.bin"))
    with pytest.raises(Refused, match="is a fastText model of words, not of labels"):
        load(tmp_path / "words.bin", "words")


@given(st.lists(st.sampled_from(["__label__", "__", "label", "_", "</s>", "</", "s>", "\n", " ", "x"]), max_size=12))
def test_no_line_ends_or_labels_itself(parts: list[str]) -> None:
    line = line_of("".join(parts))
    assert not {"\n", "</s>", "__label__"} & {part for part in ("\n", "</s>", "__label__") if part in line}


def test_what_follows_an_end_mark_is_read(fasttext_file: Path) -> None:
    model = load(fasttext_file, "hq")
    plain = model.predict("casino winner\n", 1, 0.0, "strict")
    cut = model.predict(line_of("</s> casino winner") + "\n", 1, 0.0, "strict")
    assert plain[0][1] == cut[0][1] == "__label__cc"
    assert line_of("a\r\nb") == "a\r b"
