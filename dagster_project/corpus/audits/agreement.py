"""How far what stands together in a mix agrees with a table of the world, rank by rank."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dagster_project.corpus.audits.together import Matrix, Together, cells, pmi
from dagster_project.corpus.model.errors import Refused

HEAD = ["term", "with", "value"]
Reference = Mapping[tuple[str, str], float]


def reference_in(body: bytes, file: str) -> dict[tuple[str, str], float]:
    """A CSV of term, with, value; what is none is refused with its line."""
    try:
        rows = list(csv.reader(body.decode().removeprefix("\ufeff").splitlines()))
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not UTF-8 at byte {error.start}: write it in UTF-8") from None
    except csv.Error as error:
        raise Refused(f"{file} is no CSV ({error}): write {', '.join(HEAD)} on each line") from None
    if not rows or [name.strip().lower() for name in rows[0]] != HEAD:
        raise Refused(f"{file} does not begin with the line {','.join(HEAD)}: write it there")
    found: dict[tuple[str, str], float] = {}
    for number, row in enumerate(rows[1:], 2):
        if row:
            value = _number(row, f"{file} line {number}")
            found[row[0].strip(), row[1].strip()] = value
    return found


def _number(row: list[str], place: str) -> float:
    try:
        _, _, said = row
        value = float(said)
    except ValueError:
        raise Refused(f"{place} is not a term, another one and a number: correct it") from None
    if not math.isfinite(value):
        raise Refused(f"{place} holds {said[:20]!r}: write a number")
    return value


def agreement(found: Together, reference: Reference) -> list[dict[str, Any]]:
    """Of each term that the table ranks against two others or more: Kendall's tau-b of its documents with the values of
    the table, and of its pointwise mutual information; and whether the same comes first."""
    rows = []
    for i, term in enumerate(found.terms):
        places = [j for j, other in enumerate(found.others) if (term, other) in reference]
        values = [reference[term, found.others[j]] for j in places]
        documents = [float(found.both[0, i, j]) for j in places]
        shares = [-math.inf if (bits := pmi(found, i, j)) is None else bits for j in places]
        if len(places) > 1:
            first = max(range(len(places)), key=lambda k: (values[k], -k))
            rows.append(
                {
                    "term": term,
                    "compared": len(places),
                    "tau_documents": kendall(values, documents),
                    "tau_pmi": kendall(values, shares),
                    "same_first": documents[first] == max(documents) and documents[first] > 0,
                }
            )
    return rows


def together_report(found: Together, reference: Reference | None) -> dict[str, Any]:
    """JSON-ready: every pair, what each term has alone, and how far a table of the world agrees."""
    ranks = agreement(found, reference) if reference is not None else None
    taus = [row["tau_documents"] for row in ranks or () if row["tau_documents"] is not None]
    return {
        "window": found.window,
        "documents": int(found.total[0]),
        "members": int(found.total[1]),
        "terms": _alone(found.terms, found.of_terms),
        "with": _alone(found.others, found.of_others),
        "pairs": list(cells(found)),
        "agreement": None
        if ranks is None
        else {
            "terms": ranks,
            "mean_tau": round(sum(taus) / len(taus), 6) if taus else None,
            "same_first": sum(row["same_first"] for row in ranks),
        },
    }


def _alone(names: tuple[str, ...], counts: Matrix) -> list[dict[str, Any]]:
    rows = zip(names, *counts.tolist(), strict=True)
    return [{"term": name, "documents": documents, "members": members} for name, documents, members in rows]


def kendall(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Kendall's tau-b (1945), which corrects for ties; None where all of one side are equal."""
    left, right = (np.sign(np.subtract.outer(_ranks(side), _ranks(side))) for side in (one, other))
    norm = math.sqrt(float((left**2).sum()) * float((right**2).sum()))
    return round(float((left * right).sum()) / norm, 6) if norm else None


def _ranks(values: Sequence[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """So that infinities have a difference, too."""
    return np.unique(np.array(values, np.float64), return_inverse=True)[1].astype(np.int64)
