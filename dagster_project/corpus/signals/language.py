"""The `language` group: fastText language identification, script, score, and the three best guesses kept.

A long document is judged by its head and its middle, so that it costs no more than a short one. The model is lid.176
of this package, or any fastText model that the recipe names; its hash and its own license stand in the lineage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from dagster_project.corpus.catalog.languages import primary
from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import fasttext_models
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.fasttext_models import Binding, line_of
from dagster_project.corpus.scorers.files import Model, ModelFile, find_model

CODE_VERSION = "2"
SAMPLE = 1024  # characters from the head, and as many from the middle
SHORT_BYTES = 8 * SAMPLE  # of UTF-8, below which a text is decoded whole to find its middle
KEPT = 3
UNDETERMINED = "und"
GUESS = pa.struct([("language", pa.string()), ("script", pa.string()), ("score", pa.int16())])
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("language", pa.string(), nullable=False),  # ISO 639 code, or "und" for text that says nothing
        pa.field("script", pa.string()),  # ISO 15924 code; null where the model tells none
        pa.field("language_score", pa.int16(), nullable=False),  # thousandths
        pa.field("languages", pa.list_(GUESS), nullable=False),  # the best first
    ]
)
LID_176 = Path(__file__).parents[2] / "models" / "lid.176.ftz"
LID_176_HASH = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
# Models that tell scripts name the standard form of a macrolanguage, whose code ISO 639-1 has.
STANDARD_FORMS = {
    **{"als": "sq", "arb": "ar", "ayr": "ay", "azj": "az", "cmn": "zh", "ekk": "et", "gaz": "om", "gug": "gn"},
    **{"khk": "mn", "kmr": "ku", "lvs": "lv", "npi": "ne", "ory": "or", "pbt": "ps", "pes": "fa", "plt": "mg"},
    **{"quy": "qu", "swh": "sw", "twi": "tw", "uzn": "uz", "ydd": "yi", "zsm": "ms"},
}
Guess = dict[str, Any]


def measure(
    block: Block, recipe: Mapping[str, Any], artifact: Artifact | None = None
) -> tuple[pa.Table, dict[str, Any]]:
    """Language, script and score of every document, and how many there are of each language."""
    binding = load_model(model_of(artifact))
    guesses = [guess(binding, text) for text in samples(*block.texts)]
    best = [found[0] for found in guesses]
    columns = [
        block.documents.column("doc_id"),
        pa.array([item["language"] for item in best], pa.string()),
        pa.array([item["script"] for item in best], pa.string()),
        pa.array([item["score"] for item in best], pa.int16()),
        pa.array(guesses, pa.list_(GUESS)),
    ]
    return pa.table(columns, schema=SCHEMA), {
        "languages": dict(sorted(Counter(item["language"] for item in best).items()))
    }


def samples(data: Bytes, offsets: Offsets) -> Iterator[str]:
    """What is judged of each text: all of 2 · SAMPLE characters, or else SAMPLE of its head, a space, and SAMPLE from
    its middle, which in a text of more than SHORT_BYTES is the middle of its bytes."""
    bounds = offsets.tolist()
    for start, end in pairwise(bounds):
        size = end - start
        if size > SHORT_BYTES:
            middle = start + size // 2
            yield f"{_characters(data, start)} {_characters(data, middle)}"
            continue
        text = data[start:end].tobytes().decode()
        if len(text) > 2 * SAMPLE:
            middle = len(text) // 2
            text = f"{text[:SAMPLE]} {text[middle : middle + SAMPLE]}"
        yield text


def _characters(data: Bytes, start: int) -> str:
    """SAMPLE characters from a byte on; a character that began before it is left out."""
    return data[start : start + 4 * SAMPLE].tobytes().decode(errors="ignore")[:SAMPLE]


def guess(binding: Binding, text: str) -> list[Guess]:
    """The three most likely languages of a text, best first; ties in the order of their codes."""
    found = binding.predict(line_of(text) + "\n", KEPT, 0.0, "strict") if any(map(str.isalpha, text)) else []
    if not found:
        return [{"language": UNDETERMINED, "script": None, "score": 0}]
    named = [(*_label(label), min(1000, round(score * 1000))) for score, label in found]
    ranked = sorted(named, key=lambda item: (-item[2], item[0], item[1] or ""))
    return [{"language": language, "script": script, "score": score} for language, script, score in ranked]


@cache
def _label(label: str) -> tuple[str, str | None]:
    """(language, script) of a label: `fr` is itself, of no script; of `fra_Latn` the language is `fr`, for which there
    is a code of two letters. Labels without a script stand as they are: lid.176 says `als` for Alemannic."""
    language, _, script = label.removeprefix(fasttext_models.PREFIX).partition("_")
    if not script:
        return language, None
    return STANDARD_FORMS.get(language) or primary(language), script


@lru_cache(maxsize=2)
def load_model(model: Model) -> Binding:
    """The model in the memory of this process; one whose hash is another is refused."""
    with model.opened() as path:
        return fasttext_models.load(path, model.name)


@cache
def packaged() -> ModelFile:
    """The model of this package: lid.176, compressed (Joulin et al. 2016, arXiv:1612.03651)."""
    return find_model(LID_176, "CC-BY-SA-3.0", sha256=LID_176_HASH)


def model_of(artifact: Artifact | None) -> Model:
    """The model of an artifact, or the packaged one."""
    if artifact is None:
        return packaged()
    if artifact.model is None or artifact.loading.format != "fasttext":
        raise Refused(f"a model of format {artifact.loading.format} identifies no language: name one of fastText")
    return artifact.model


def model_record(artifact: Artifact | None = None) -> Mapping[str, Any]:
    """What the lineage says of the model."""
    model = model_of(artifact)
    return {"model": model.name, "sha256": model.sha256, "license": model.license, "sample": SAMPLE}
