"""The signal groups as rules find them: by the name of a column alone."""

from __future__ import annotations

from collections import Counter

import pytest

from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.signals.groups import GROUPS, group_of


def test_no_two_groups_share_a_column() -> None:
    columns = Counter(column for group in GROUPS.values() for column in group.schema.names[1:])
    assert [column for column, groups in columns.items() if groups > 1] == []


def test_every_group_begins_with_the_document() -> None:
    assert {group.schema.names[0] for group in GROUPS.values()} == {"doc_id"}


def test_every_signal_of_every_rule_is_found() -> None:
    assert {group_of(signal) for rule in RULES.values() for signal in rule.reads} <= set(GROUPS)


def test_what_is_no_signal_is_refused() -> None:
    with pytest.raises(Refused, match="'nothing' is not a signal"):
        group_of("nothing")
