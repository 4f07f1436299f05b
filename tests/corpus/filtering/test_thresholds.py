"""Just below, at and just above every threshold of the published rule sets: our policies say what datatrove says."""

from __future__ import annotations

from functools import cache

import pytest

pytest.importorskip("datatrove", reason="needs the bench extra")
pytest.importorskip("spacy", reason="needs the bench extra")

from tests.benchmarks import ours, parity, theirs
from tests.corpus.filtering.threshold_texts import Case, cases

CASES = cases()


@cache
def their_judge() -> theirs.Judge:
    return theirs.Judge(tuple(theirs.RULE_SETS))


@pytest.fixture(scope="module")
def our_verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, theirs.Verdict | None]:
    """By case: every text is judged by its own policy, all of one policy in one build."""
    judge = ours.Judge([case.text for case in CASES], tmp_path_factory.mktemp("texts"))
    said = {policy: judge.verdicts(policy) for policy in sorted({case.policy for case in CASES})}
    return {str(case): said[case.policy][number] for number, case in enumerate(CASES)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_datatrove_judges_as_the_text_was_made_to_be_judged(case: Case) -> None:
    judge = their_judge()
    judge.names = (case.policy,)
    verdict = judge.judge(case.text)[case.policy]
    assert (verdict.keep, verdict.rule) == (case.reason is None, case.reason)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_our_policy_says_the_same(case: Case, our_verdicts: dict[str, theirs.Verdict | None]) -> None:
    verdict = our_verdicts[str(case)]
    assert verdict is not None
    assert verdict.keep == (case.reason is None), verdict
    if case.reason:
        assert parity.plain(verdict.rule) == parity.rule_of(case.reason)


def test_every_threshold_is_approached_from_both_sides() -> None:
    by_threshold: dict[tuple[str, str], set[str]] = {}
    for case in CASES:
        if case.position in ("below", "at", "above"):
            by_threshold.setdefault((case.policy, case.threshold), set()).add(case.reason or "kept")
    assert all(len(reasons) == 2 and "kept" in reasons for reasons in by_threshold.values())
    assert len(by_threshold) > 60
