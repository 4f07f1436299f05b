"""Expressions have one spelling, and uniting them is a semilattice."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.licenses.expressions import conjunction, licenses_in, parse, spelled, tree_of
from dagster_project.corpus.model.errors import Refused

SINGLE = [
    "MIT",
    "Apache-2.0",
    "GPL-2.0-only",
    "GPL-3.0-or-later WITH GCC-exception-3.1",
    "CC-BY-SA-4.0",
    "LicenseRef-Own",
]
WRITTEN = st.recursive(
    st.sampled_from(SINGLE), lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner), max_leaves=6
)


def text_of(written):
    return written if isinstance(written, str) else f"({text_of(written[0])}) {written[1]} ({text_of(written[2])})"


EXPRESSIONS = WRITTEN.map(text_of)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("mit", "MIT"),
        ("MIT and apache-2.0", "Apache-2.0 AND MIT"),
        ("MIT OR (Apache-2.0 AND MIT)", "MIT"),
        ("MIT AND (MIT OR Apache-2.0)", "MIT"),
        ("Zlib or MIT AND ISC", "(ISC AND MIT) OR Zlib"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("gpl-2.0+", "GPL-2.0-or-later"),
        ("GFDL-1.2+", "GFDL-1.2-or-later"),
        ("MPL-1.1+", "MPL-1.1+"),
        ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
        ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views"),
        ("AGPL-1.0", "AGPL-1.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("gpl-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-3.0-with-GCC-exception AND MIT", "GPL-3.0-only WITH GCC-exception-3.1 AND MIT"),
        ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
        ("StandardML-NJ", "SMLNJ"),
        ("bzip2-1.0.5", "bzip2-1.0.6"),
        ("Nunit", "zlib-acknowledgement"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        ("MIT WITH AdditionRef-Mine", "MIT WITH AdditionRef-Mine"),
        ("licenseref-Own.Terms-1", "LicenseRef-Own.Terms-1"),
        ("DocumentRef-a:LicenseRef-b", "DocumentRef-a:LicenseRef-b"),
        # the bundled index knows this one as an alias; a reference means what its own document says
        ("LicenseRef-MIT-Bootstrap", "LicenseRef-MIT-Bootstrap"),
        ("noassertion", "NOASSERTION"),
        ("NONE", "NONE"),
    ],
)
def test_one_spelling(text, spelled):
    assert parse(text) == spelled


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("GPL", '"GPL"'),
        ("BSD", '"BSD"'),
        ("BSD-2", '"BSD-2"'),
        ("none", '"none"'),
        ("MIT AND Foo-1.0", '"Foo-1.0"'),
        ("MIT License", '"License"'),
        ("MIT MIT", '"MIT"'),
        ("MIT (ISC)", '"("'),
        ("(MIT) ISC", '"ISC"'),
        ("Apache-2.0/MIT", '"Apache-2.0/MIT"'),
        ("MIT WITH Apache-2.0", "not a known exception"),
        ("GPL-2.0-only+", '"GPL-2.0-only+"'),
        ("MIT AND NOASSERTION", '"NOASSERTION"'),
        ("GPL-2.0-only WITH LLVM-exception WITH LLVM-exception", "not an SPDX expression"),
        ("MIT AND", "not an SPDX expression"),
        ("AND OR", "not an SPDX expression"),
        ("MIT AND OR ISC", "not an SPDX expression"),
        ("(MIT", "not an SPDX expression"),
        ("MIT)", "not an SPDX expression"),
        ("()", "not an SPDX expression"),
        ("", "empty"),
        ("(" * 3000, "nested"),
        (" OR ".join(["MIT"] * 400), "at most 300 licenses"),
        ("A" * 1_000_000, "1000000 characters"),
    ],
)
def test_refusals_name_what_is_wrong_in_one_short_sentence(text, named):
    with pytest.raises(Refused) as refusal:
        parse(text)
    assert named in str(refusal.value)
    assert len(str(refusal.value)) < 330


def test_control_characters_do_not_reach_the_message():
    with pytest.raises(Refused) as refusal:
        parse("MIT\x1b[31m")
    assert "\x1b" not in str(refusal.value)


def test_licenses_in_names_each_once_with_its_exception():
    expression = "MIT OR (GPL-2.0-only WITH Classpath-exception-2.0 AND ISC) OR (MIT AND Zlib)"
    assert licenses_in(expression) == ("GPL-2.0-only WITH Classpath-exception-2.0", "ISC", "MIT")  # MIT absorbs


def test_tree_of_is_sorted():
    assert tree_of("Zlib OR ISC AND MIT") == ("OR", (("AND", ("ISC", "MIT")), "Zlib"))


def test_conjunction_of_values():
    assert conjunction([]) == "NOASSERTION"
    assert conjunction(["MIT", "NOASSERTION", "NONE"]) == "NOASSERTION"
    assert conjunction(["MIT", "NONE"]) == "NONE"
    assert conjunction(["MIT OR GPL-2.0-only", "GPL-2.0-only"]) == "GPL-2.0-only"
    assert conjunction(["MIT OR ISC", "Zlib"]) == "(ISC OR MIT) AND Zlib"


def test_conjunction_of_many_alternatives_is_not_too_deep():
    assert conjunction([f"LicenseRef-{n} OR MIT" for n in range(100)]).count("OR") == 100


@settings(deadline=None)  # the first call reads tables and imports
@given(EXPRESSIONS)
def test_spelling_is_a_fixed_point(expression):
    assert parse(parse(expression)) == parse(expression)


@settings(deadline=None)
@given(WRITTEN)
def test_simplifying_changes_no_row_of_the_truth_table(written):
    tree = tree_of(parse(text_of(written)))
    for held in product((False, True), repeat=len(SINGLE)):
        known = dict(zip(SINGLE, held, strict=True))
        assert _holds(tree, known) is _is_true(written, known)


def _is_true(written, known):
    if isinstance(written, str):
        return known[written]
    one, operator, other = written
    return (all if operator == "AND" else any)((_is_true(one, known), _is_true(other, known)))


def _holds(tree, known):
    if isinstance(tree, str):
        return known[tree]
    return (all if tree[0] == "AND" else any)(_holds(part, known) for part in tree[1])


@settings(deadline=None)
@given(EXPRESSIONS)
def test_simplified_is_flat_sorted_and_holds_nothing_that_another_part_absorbs(expression):
    for operator, parts in _inner(tree_of(expression)):
        texts = [part if isinstance(part, str) else spelled(part) for part in parts]
        assert texts == sorted(set(texts))
        assert all(isinstance(part, str) or part[0] != operator for part in parts)
        terms = [frozenset([part] if isinstance(part, str) else part[1]) for part in parts]
        assert not any(one < other for one in terms for other in terms)


def _inner(tree):
    if not isinstance(tree, str):
        yield tree
        for part in tree[1]:
            yield from _inner(part)


@settings(max_examples=60, deadline=None)
@given(st.lists(EXPRESSIONS, min_size=1, max_size=4), st.randoms())
def test_conjunction_is_order_free_idempotent_and_associative(expressions, random):
    united = conjunction(expressions)
    shuffled = random.sample(expressions, len(expressions))
    assert conjunction(shuffled) == united
    assert conjunction([*expressions, *expressions]) == united
    assert conjunction([united, expressions[0]]) == united
    assert conjunction([conjunction(expressions[:2]), *expressions[2:]]) == united
