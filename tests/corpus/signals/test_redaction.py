"""Redaction: the same document gets the same text wherever it stands, and nothing found is left in it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels.editing import apply, from_arrow
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.signals.privacy import KINDS
from dagster_project.corpus.signals.redaction import edits_of, placeholder, pseudonym
from tests.corpus.signals.documents import block_of, found_in

TEXTS = [
    "é jane@debian.org, JANE@debian.org and joe@debian.org from 8.8.4.44",
    "",
    "joe@debian.org: +49 89 3207395, DE89 3704 0044 0532 0130 00, 2001:4860:4860::8888",
    "nothing",
]


def redacted(texts, **chosen):
    block = block_of(texts)
    edits = edits_of(block, chosen)
    assert edits.type == EDITS
    assert len(edits) == len(texts)
    data, offsets = apply(*block.texts, from_arrow(edits))
    return [bytes(data[start:end]).decode() for start, end in itertools.pairwise(offsets)]


def test_placeholder():
    assert redacted(TEXTS) == [
        "é <EMAIL>, <EMAIL> and <EMAIL> from <IPV4>",
        "",
        "<EMAIL>: <PHONE>, <IBAN>, <IPV6>",
        "nothing",
    ]


def test_pseudonym():
    assert redacted(TEXTS, style="pseudonym") == [
        "é user1@example.com, user1@example.com and user2@example.com from 192.0.2.1",
        "",
        "user1@example.com: +1 202-555-0100, <IBAN_1>, 2001:db8::1",
        "nothing",
    ]


def test_kinds_and_replacements():
    assert redacted(TEXTS[:1], kinds=("ipv4",), replacements=("ipv4=22.214.171.124",)) == [
        "é jane@debian.org, JANE@debian.org and joe@debian.org from 22.214.171.124"
    ]
    assert redacted(TEXTS[:1], kinds=("email",), replacements=("email= |||EMAIL_ADDRESS||| ",))[0].count("|||") == 6
    assert redacted(["a@b.org"], replacements=("email=",)) == [""]


@settings(deadline=None)
@given(st.permutations(TEXTS), st.sampled_from(["placeholder", "pseudonym"]))
def test_the_same_in_any_order_and_shard(texts, style):
    alone = {text: redacted([text], style=style)[0] for text in texts}
    assert redacted(texts, style=style) == [alone[text] for text in texts]


@pytest.mark.parametrize("style", ["placeholder", "pseudonym"])
def test_nothing_is_left(style):
    for text in redacted(TEXTS, style=style):
        assert found_in(text) == []


def test_more_values_than_examples():
    text = " ".join(f"8.8.{n // 200}.{10 + n % 200}" for n in range(800))
    values = redacted([text], style="pseudonym")[0].split()
    assert values[0] == values[762] == "192.0.2.1"
    assert len(set(values)) == 762
    assert values[253:255] == ["192.0.2.254", "198.51.100.1"]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"kinds": ("emails",)}, "kinds names emails"),
        ({"style": "black"}, "no style 'black'"),
        ({"replacements": ("mail=x",)}, "replacements names mail"),
        ({"replacements": ("email",)}, "is not KIND=TEXT"),
        ({"kind": ("email",)}, "no setting kind"),
    ],
)
def test_what_means_nothing_is_refused(chosen, said):
    with pytest.raises(Refused, match=said):
        edits_of(block_of(["x"]), chosen)


def test_every_kind_has_a_placeholder():
    assert {placeholder(kind, 1) for kind in KINDS} == {f"<{kind.upper()}>" for kind in KINDS}
    assert len({pseudonym(kind, number) for kind in KINDS for number in (1, 2)}) == 2 * len(KINDS)
