"""One step of a cascade at work on a table of signals, as it travels to a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.filtering.cascade import Draw
from dagster_project.corpus.filtering.rule import Judged, judge
from dagster_project.corpus.filtering.rules import rule_named
from dagster_project.corpus.filtering.selection import Ranks, Threshold, ranks_of
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.storage.lists import StoredList, hashes_of, load_entries

LANGUAGE = "language/language"  # of the raw text, whatever a step judges
WORDS, BYTES = "counts/words", "counts/bytes"  # of the raw text: by them removals are weighed


@dataclass(frozen=True)
class Judging:
    """A step: its name, its limits as data, where its signals stand in the table, and what was decided beforehand."""

    name: str
    limits: Mapping[str, Any]
    columns: Mapping[str, str]  # signal → column of the table
    listed: StoredList | None = None
    released: StoredList | None = None  # documents that pass
    draw: Draw | None = None
    threshold: Threshold | None = None

    @property
    def rule(self) -> str:
        return str(self.limits["rule"])

    @property
    def quarantines(self) -> bool:
        return bool(self.limits.get("quarantine"))

    @property
    def selects(self) -> bool:
        return self.draw is not None or "quantile" in self.limits or "words" in self.limits

    def judge(self, table: pa.Table) -> Judged:
        """One answer and one value per row; who is in none of its languages is kept, and who was released."""
        judged = judge(rule_named(self.rule), self._signals(table), self.limits, self.listed)
        if self.selects:
            if self.threshold is None:
                raise ValueError(f"the threshold of {self.name} is not decided")
            judged = judged._replace(keeps=judged.keeps & self.threshold.keeps(judged.value, self.ranks(table)))
        judged = judged._replace(keeps=judged.keeps | ~self.meant(table))
        return self._let_out(judged, table) if self.released else judged

    def meant(self, table: pa.Table) -> NDArray[np.bool_]:
        """Which documents it is about: those that are identified as one of its languages, or all."""
        if not (languages := self.limits.get("languages")):
            return np.ones(table.num_rows, bool)
        meant: NDArray[np.bool_] = pc.is_in(table.column(LANGUAGE), pa.array(languages, pa.string())).to_numpy()
        return meant

    def words(self, table: pa.Table) -> NDArray[np.int64]:
        """What a budget counts: the words of the text that is judged."""
        words: NDArray[np.int64] = table.column(self.columns.get("words", WORDS)).to_numpy()
        return words

    def value(self, table: pa.Table) -> Judged:
        """What is judged, before any threshold."""
        return judge(rule_named(self.rule), self._signals(table), self.limits, self.listed)

    def ranks(self, table: pa.Table) -> Ranks:
        """The order among documents of equal value."""
        return ranks_of(ids_of(table.column("doc_id")), self.draw.seed if self.draw else 0)

    def _let_out(self, judged: Judged, table: pa.Table) -> Judged:
        """Of the documents that fail, those that were released pass."""
        assert self.released is not None
        (rows,) = np.nonzero(~judged.keeps)
        hashes = hashes_of(item.tobytes().hex() for item in ids_of(table.column("doc_id"))[rows])
        held = load_entries(self.released).hold(hashes)
        keeps = judged.keeps.copy()
        keeps[rows[held]] = True
        return judged._replace(keeps=keeps, released={f"{entry:016x}": 1 for entry in hashes[held].tolist()})

    def _signals(self, table: pa.Table) -> pa.Table:
        """The signals under their own names."""
        names = {"doc_id": "doc_id", **self.columns}
        return pa.table([table.column(place) for place in names.values()], names=list(names))


def standing(table: pa.Table, judgings: Sequence[Judging]) -> NDArray[np.bool_]:
    """Which documents fail none of these steps."""
    keeps = np.ones(table.num_rows, bool)
    for judging in judgings:
        keeps &= judging.judge(table).keeps
    return keeps
