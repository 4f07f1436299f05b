"""What a scorer is: a batch of texts in, one number each out; and the checks between its answers and what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import FlorilegiumError, Refused

UNIT = 1_000_000  # scores are stored in millionths, so that ids agree across processors
GREATEST = 1e12  # of a score: what is more no longer fits in 64 bits of millionths
BATCH = 256  # texts


class Scorer(Protocol):
    """Anything that scores texts. A text's score must not depend on the texts beside it."""

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]: ...


@dataclass(frozen=True)
class Loading:
    """How a model file is used: a name in FORMATS or PERPLEXITIES, and what that format asks besides."""

    format: str
    label: str = ""  # whose probability is the score
    output: str = ""  # of an ONNX model; empty: its last
    max_tokens: int = 512
    factory: str = ""  # of format python: package.module:callable
    cuts: tuple[float, ...] = ()  # of format kenlm: the perplexities up to which a text is head, and middle
    separator: str = ""  # of a tokenizer: the token that ends a document


def millionths(scorer: Scorer, texts: Sequence[str], name: str) -> NDArray[np.int64]:
    """The scores of texts in millionths, int64[n]; answers that are not one finite number each are refused."""
    parts = [_answer(scorer, texts[start : start + BATCH], name) for start in range(0, len(texts), BATCH)]
    scores = np.concatenate(parts) if parts else np.empty(0)
    return np.rint(scores * UNIT).astype(np.int64)


def _answer(scorer: Scorer, texts: Sequence[str], name: str) -> NDArray[np.float64]:
    try:
        answer = np.asarray(scorer.score(texts), np.float64)
    except FlorilegiumError:
        raise
    except Exception as error:  # the code of others may fail in any way
        said = " ".join(str(error).split())[:200]
        raise Refused(f"the scorer {name} failed ({type(error).__name__}: {said}): mend it or name another") from error
    if answer.shape != (len(texts),):
        raise Refused(
            f"the scorer {name} answered {len(texts)} texts with an array of shape {answer.shape}: it must give one "
            f"number for each"
        )
    if not (np.abs(answer) <= GREATEST).all():
        bad = answer[~(np.abs(answer) <= GREATEST)][0]
        raise Refused(f"the scorer {name} gave the score {bad}: scores must be finite and within ±{GREATEST:g}")
    return answer
