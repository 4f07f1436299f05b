"""What becomes of examples: laws that hold whatever they are."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.scorers.examples import Example
from dagster_project.corpus.scorers.selection import FATES, HELD_OUT, TRAIN, Origin, fates_of, pooled

texts = st.lists(st.tuples(st.sampled_from(["", " ", *"abcdefgh"]), st.booleans(), st.binary(min_size=16, max_size=16)))


def settle(
    found: list[tuple[str, bool, bytes]], seed: int, limit: int | None, balanced: bool
) -> list[tuple[str, bool, bytes, str]]:
    origins = [
        Origin([Example(key, text) for text, mine, key in found if mine is side], side, limit) for side in (True, False)
    ]
    with pooled(origins, seed) as pool:
        fates = fates_of(pool.records, [limit, limit], balanced=balanced, held_out=0.5)
        lines = list(pool.texts(pool.records))
        sides = pool.records["positive"].tolist()
        ids = [bytes(item) for item in pool.records["id"].tolist()]
    return list(zip(lines, sides, ids, [FATES[fate] for fate in fates], strict=True))


@given(texts, st.integers(0, 3), st.none() | st.integers(0, 4), st.booleans(), st.randoms())
def test_laws(
    found: list[tuple[str, bool, bytes]], seed: int, limit: int | None, balanced: bool, chance: random.Random
) -> None:
    settled = settle(found, seed, limit, balanced)
    shuffled = chance.sample(found, len(found))
    assert sorted(settle(shuffled, seed, limit, balanced)) == sorted(settled)
    assert sorted((line, side, key) for line, side, key, _ in settled) == sorted(
        (text.strip(), side, key) for text, side, key in found
    )
    used = [item for item in settled if item[3] in (FATES[TRAIN], FATES[HELD_OUT])]
    assert len({line for line, *_ in used}) == len(used)
    assert all(line for line, *_ in used)
    sides = [sum(side is wanted for _, side, _, _ in used) for wanted in (True, False)]
    assert not balanced or sides[0] == sides[1]
    assert limit is None or max(sides) <= limit
    in_both = {line for line, side, *_ in settled if side} & {line for line, side, *_ in settled if not side}
    assert {fate for line, _, _, fate in settled if line in in_both and line} <= {"contradictory"}


def test_a_text_is_on_one_side_by_its_hash_alone() -> None:
    found = [(f"text {number}", True, number.to_bytes(16, "big")) for number in range(400)]
    sides = {line: fate for line, _, _, fate in settle(found, 0, None, False)}
    fewer = {line: fate for line, _, _, fate in settle(found[100:200], 0, None, False)}
    assert all(sides[line] == fate for line, fate in fewer.items())
    assert 150 < list(sides.values()).count("held-out") < 250
    assert {line: fate for line, _, _, fate in settle(found, 1, None, False)} != sides


def test_what_is_held_out_does_not_depend_on_what_a_limit_takes() -> None:
    found = [(f"text {number}", True, number.to_bytes(16, "big")) for number in range(400)]
    fates = [fate for *_, fate in settle(found, 0, 100, False)]
    assert fates.count("beyond the limit") == 300
    assert 30 < fates.count("held-out") < 70
