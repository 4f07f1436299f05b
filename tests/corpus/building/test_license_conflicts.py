"""Texts of a mix under two licenses, against a slow twin that groups by text in dictionaries."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.building.license_conflicts import MET, SIDE_OF_CORPUS, SIDE_OF_MIX, contrary
from dagster_project.corpus.storage.spool import Spool

UNKNOWN = 0
SIDES = st.sampled_from([SIDE_OF_MIX, SIDE_OF_CORPUS])
RECORDS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), SIDES, st.integers(0, 3)), max_size=20)


def expected(records: list[tuple[int, int, int, int]]) -> set[tuple[int, int, int, int]]:
    """(text in two halves, license of the member or of a copy where nobody knows it, another license of the text)."""
    texts: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for key, low, side, license_ in records:
        texts[key, low].append((side, license_))
    found = set()
    for text, rows in texts.items():
        known = sorted((side, license_) for side, license_ in rows if license_ != UNKNOWN)
        if any(side == SIDE_OF_MIX for side, _ in rows) and known:
            mine = known[0][1]
            found |= {(*text, mine, other) for side, other in known if side == SIDE_OF_CORPUS and other != mine}
    return found


@settings(deadline=None)
@given(RECORDS)
def test_every_other_license_of_a_text_is_found_once(records: list[tuple[int, int, int, int]]) -> None:
    table = np.zeros(len(records), MET)
    for number, (key, low, side, license_) in enumerate(records):
        table[number] = (key, low, side, license_, 0, 0, number)
    with Spool(MET) as spool:
        spool.append(table)
        pairs = [pair for chunk in spool.sorted() for pair in contrary(chunk)]
    found = [(int(one["key"]), int(one["low"]), int(one["license"]), int(two["license"])) for one, two in pairs]
    assert len(found) == len(set(found))
    assert set(found) == expected(records)
