"""What is counted of a cascade is what stands, whatever the shards; what would be judged otherwise today is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.filtering import rules
from dagster_project.corpus.filtering.loss_facts import loss_facts
from dagster_project.corpus.filtering.rule import count_of
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.model.measurements import EditStep
from dagster_project.corpus.model.recipes import StepRecipe
from tests.corpus.filtering.hand_made import SHORT, Hand, document, typical

FILTERED = "filtered/web@1+short"


def losses(hand: Hand, *names: str) -> dict[str, Any]:
    versions = [(name, hand.tables[name]) for name in names or [FILTERED]]
    return loss_facts(LocalEngine(1), hand.store, "asked", versions)


def member(hand: Hand) -> dict[str, Any]:
    found: dict[str, Any] = losses(hand)["members"][0]
    return found


def distribution(found: dict[str, Any], trait: str) -> dict[str, Any]:
    (item,) = [item for item in found["distributions"] if item["trait"] == trait]
    return dict(item)


@pytest.fixture
def hand() -> Hand:
    return typical()


def test_rules_by_what_they_removed_first_at_all_and_alone(hand: Hand) -> None:
    rules = {rule["rule"]: rule for rule in member(hand)["rules"]}
    assert list(rules) == ["content_words", "hash_share", "characters"]
    assert rules["content_words"]["removed"] == {"documents": 2, "words": 9, "bytes": 7}
    assert rules["content_words"]["alone"] == {"documents": 1, "words": 5, "bytes": 3}
    assert [rules["hash_share"][kind]["documents"] for kind in ("removed", "fired", "alone")] == [1, 2, 1]
    assert [(item["language"], item["fired"]["words"]) for item in rules["hash_share"]["languages"]] == [
        ("de", 4),
        ("en", 40),
    ]
    assert rules["characters"]["languages"] == rules["characters"]["examples"] == []


def test_overlap_is_symmetric_with_each_rules_own_on_the_diagonal(hand: Hand) -> None:
    assert member(hand)["overlap"]["documents"] == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]


def test_distributions_before_and_after(hand: Hand) -> None:
    language = distribution(member(hand), "language")
    assert [(row["value"], row["share_before"], row["share_after"], row["kept"]) for row in language["rows"]] == [
        ("de", 0.5, 0.0, 0.0),
        ("en", 0.5, 1.0, 0.5),
    ]
    assert language["distance"]["documents"] == {"jensen_shannon": 0.311278, "total_variation": 0.5}
    assert [language["rows"][number]["value"] for number in language["lost_most"]] == ["de"]
    years = distribution(member(hand), "published_year")["rows"]
    assert [(row["value"], row["kind"]) for row in years] == [("2020", "value"), ("2021", "value"), (None, "unknown")]
    lengths = distribution(member(hand), "words")["rows"]
    assert [(row["value"], row["before"]["words"]) for row in lengths] == [("2", 9), ("5", 40), ("6", 100)]


def test_what_no_version_covers_is_named_and_told_once_one_does(hand: Hand) -> None:
    assert distribution(member(hand), "license")["missing"] == "licensed/web@1"
    hand.licensed()
    told = distribution(member(hand), "license")
    assert (told["missing"], {row["value"] for row in told["rows"]}) == ("", {"MIT", "GPL-3.0-only"})
    assert "licensed/web@1" in {row["partition"] for row in member(hand)["versions"]}


def test_the_same_documents_in_other_shards_give_the_same_facts() -> None:
    rows = [document(f"d{n}", content_words=n % 20, host=f"h{n % 30}.test", words=n) for n in range(200)]
    found = []
    for shards in ([rows], [rows[:3], rows[3:150], rows[150:]], [list(reversed(rows))]):
        hand = Hand(*shards)
        hand.addresses()
        hand.filtered("short", *SHORT)
        facts = member(hand)
        found.append({name: facts[name] for name in ("rules", "overlap", "distributions", "kept")})
    assert found[0] == found[1] == found[2]
    domains = distribution(found[0], "domain")["rows"]
    assert (len(domains), domains[-1]["kind"]) == (21, "others")
    assert sum(row["before"]["documents"] for row in domains) == 200
    assert len(found[0]["rules"][0]["examples"]) == 3


def test_several_verdicts_are_told_each_and_together(hand: Hand) -> None:
    hand.filtered("all", StepRecipe("characters", min=0))
    found = losses(hand, FILTERED, "filtered/web@1+all")
    assert [member["kept"]["documents"] for member in found["members"]] == [1, 4]
    assert (found["documents"]["documents"], found["kept"]["documents"]) == (8, 5)
    (english,) = [row for row in distribution(found, "language")["rows"] if row["value"] == "en"]
    assert (english["before"]["documents"], english["after"]["documents"]) == (4, 3)


def test_what_edits_take_from_kept_documents_is_summed() -> None:
    edit = EditStep("c4_lines")
    spans = [{"start": 0, "end": 2, "text": ""}, {"start": 3, "end": 4, "text": "ß"}]
    hand = Hand([document("kept", content_words=20, edits=spans), document("gone", content_words=1, edits=spans)])
    hand.edited((edit,))
    view = f"edits.{hand_view(edit)}"
    hand.filtered("short", StepRecipe(edit="c4_lines"), *SHORT, reads=("counts", view))
    assert member(hand)["edited"] == {"documents": 1, "spans": 2, "taken": 3, "given": 2}
    assert member(hand)["rules"][0]["view"].startswith("edited:")


def hand_view(edit: EditStep) -> str:
    from dagster_project.corpus.model.measurements import view_of

    return view_of((edit,)).replace(":", "-")


def test_a_rule_that_was_changed_since_is_refused(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.RULES, "content_words", count_of("hashes"))
    with pytest.raises(Refused, match=r"filtered/web@1\+short#[0-9a-f]{12} was judged by rules that this release has"):
        losses(hand)


def test_counts_that_do_not_add_up_are_refused(hand: Hand) -> None:
    found = hand.tables[FILTERED]
    fired = {**found.profile["fired"], "hash_share": 7}
    hand.tables[FILTERED] = replace(found, profile={**found.profile, "fired": fired})
    with pytest.raises(IntegrityError, match="counts others for hash_share than its rows"):
        losses(hand)
