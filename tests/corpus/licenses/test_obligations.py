"""Permissions are intersected, duties united; unknowns flag and do not poison."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.licenses.obligations import (
    Duties,
    attributions,
    duties,
    effective,
    share_alike_conflicts,
    taken,
)
from dagster_project.corpus.licenses.table import class_of, strictness, table

IDS = st.sampled_from([row.id for row in table().terms.values()])
ORDER = ("yes", "unknown", "no")


def test_copies_that_agree():
    result = effective([("MIT", "registry"), ("MIT", "file.spdx")])
    assert (result.expression, result.findings) == ("MIT", ())


def test_a_license_of_several_copies_tells_all_kinds_of_evidence_for_it():
    (finding,) = effective(
        [("MIT", "registry"), ("ISC", "html.meta"), ("MIT", "file.spdx"), ("MIT", "registry")]
    ).findings
    assert finding == "copies disagree: ISC (1 by html.meta), MIT (3 by file.spdx and registry)"


def test_copies_that_disagree_bind_together():
    result = effective([("MIT", "registry"), ("GPL-3.0-only", "file.spdx"), ("MIT", "registry")])
    assert result.expression == "GPL-3.0-only AND MIT"
    assert result.findings == ("copies disagree: GPL-3.0-only (1 by file.spdx), MIT (2 by registry)",)


def test_unknown_copies_flag_and_do_not_poison():
    result = effective([("CC-BY-4.0", "registry"), (NOASSERTION, None), ("MIT", None)])
    assert (result.expression, result.findings) == ("CC-BY-4.0", ("unknown: 2 of 3 copies",))


def test_nothing_known():
    assert effective([(NOASSERTION, None)]).expression == NOASSERTION
    assert effective([(NOASSERTION, None)]).findings == ("unknown: 1 of 1 copies",)
    assert effective([]).expression == NOASSERTION


def test_choices_stay_open():
    result = effective([("MIT OR GPL-2.0-only", "registry")])
    assert (result.expression, result.findings) == ("GPL-2.0-only OR MIT", ())
    both = effective([("MIT OR GPL-2.0-only", "registry"), ("GPL-2.0-only", "file.spdx")])
    assert both.expression == "GPL-2.0-only"  # it satisfies both


def test_none_binds():
    assert effective([("MIT", "registry"), ("NONE", "file.spdx")]).expression == "NONE"


def test_too_many_licenses_are_a_finding():
    result = effective([(f"LicenseRef-{n}", "record.license") for n in range(1000)])
    assert result.expression == NOASSERTION
    assert result.findings[0].endswith(", and 990 more")
    assert result.findings[1] == "too many licenses: 1000 different expressions"


@settings(deadline=None)  # the first call reads tables and imports
@given(st.lists(st.tuples(IDS, st.sampled_from(["registry", None])), max_size=5), st.randoms())
def test_effective_is_order_free_and_grows_stricter(conclusions, random):
    result = effective(conclusions)
    assert effective(random.sample(conclusions, len(conclusions))) == result
    for expression, kind in conclusions:
        if kind and expression != NOASSERTION:
            assert (
                strictness(class_of(result.expression)) >= strictness(class_of(expression))
                or "NONE" in result.expression
            )


def test_duties():
    assert duties(["CC-BY-NC-SA-4.0 AND MIT", "LicenseRef-Gemma"]) == Duties(
        commercial_use="no",
        derivatives="yes",
        patents="no",
        attribution="yes",
        notice="yes",
        source="unknown",
        share_alike=("CC-BY-NC-SA-4.0",),
        field_of_use=("prohibited use policy",),
    )
    assert duties(["CC0-1.0"]) == Duties("yes", "yes", "no", "no", "no", "no", (), ())
    assert duties(["MIT", "LicenseRef-X"]).commercial_use == "unknown"
    assert duties([]) == Duties(*["unknown"] * 6, (), ())


@settings(deadline=None)  # the first call reads tables and imports
@given(st.lists(IDS, min_size=1, max_size=4), IDS)
def test_one_more_license_never_permits_more(ids, extra):
    before, after = duties(ids), duties([*ids, extra])
    for name in ("commercial_use", "derivatives", "patents"):
        assert ORDER.index(getattr(after, name)) >= ORDER.index(getattr(before, name))
    for name in ("attribution", "notice", "source"):
        assert ORDER.index(getattr(after, name)) <= ORDER.index(getattr(before, name))
    assert set(before.share_alike) <= set(after.share_alike)


@pytest.mark.parametrize(
    ("expressions", "conflicts"),
    [
        (["MIT", "CC-BY-SA-4.0"], []),
        (["CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0-DE", "CC-BY-SA-4.0"], []),  # upward, into 4.0
        (["CC-BY-NC-SA-2.0-FR", "CC-BY-NC-SA-4.0"], []),
        (["CC-BY-SA-1.0", "CC-BY-SA-4.0"], [("CC-BY-SA-1.0", "CC-BY-SA-4.0")]),  # 1.0 knows no later version
        (["CC-BY-SA-1.0", "LicenseRef-CC-BY-SA-1.0-NL"], []),
        (["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"], [("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0")]),
        (["CC-BY-SA-4.0", "GPL-3.0-only"], []),  # one way, into GPL-3.0
        (["CC-BY-SA-4.0", "GPL-2.0-or-later"], []),
        (["CC-BY-SA-4.0", "GPL-2.0-only"], [("CC-BY-SA-4.0", "GPL-2.0")]),
        (["CC-BY-SA-3.0", "GPL-3.0-only"], [("CC-BY-SA-3.0", "GPL-3.0")]),
        (["CC-BY-SA-4.0", "LAL-1.3"], []),
        (["CC-BY-SA-3.0", "LAL-1.3"], []),  # both into CC-BY-SA-4.0
        (["CC-BY-SA-4.0", "LAL-1.2"], [("CC-BY-SA-4.0", "LAL-1.2")]),
        (["CC-BY-SA-3.0", "GFDL-1.3-only"], [("CC-BY-SA-3.0", "GFDL-1.3")]),
        (["CC-BY-SA-3.0 OR GFDL-1.3-only", "CC-BY-SA-4.0"], []),
        (["GPL-2.0-only", "GPL-3.0-only"], [("GPL-2.0", "GPL-3.0")]),
        (["GPL-2.0-or-later", "GPL-3.0-only"], []),
        (["GPL-2.0-or-later", "GPL-2.0-only"], []),
        (["GPL-1.0-or-later", "GPL-1.0-only"], []),
        (["GPL-2.0-or-later", "GPL-1.0-only"], [("GPL-1.0", "GPL-2.0+")]),  # not earlier ones
        (["GPL-2.0-only", "AGPL-3.0-only"], [("AGPL-3.0", "GPL-2.0")]),
        (["GPL-3.0-or-later", "AGPL-3.0-only"], []),
        (["GPL-2.0-or-later", "AGPL-3.0-or-later"], []),
        (["AGPL-1.0-or-later", "AGPL-3.0-only"], [("AGPL-1.0+", "AGPL-3.0")]),
        (["GFDL-1.1-or-later", "GFDL-1.3-no-invariants-only"], []),
        (["GFDL-1.2-or-later", "GFDL-1.1-only"], [("GFDL-1.1", "GFDL-1.2+")]),
        (["EUPL-1.2", "GPL-3.0-only"], []),
        (["EUPL-1.2", "OSL-3.0"], []),
        (["EUPL-1.2", "CC-BY-SA-4.0"], []),
        (["EUPL-1.1", "GPL-2.0-or-later"], []),
        (["EUPL-1.1", "GPL-3.0-only"], [("EUPL-1.1", "GPL-3.0")]),
        (["OSL-3.0", "GPL-3.0-only"], [("GPL-3.0", "OSL-3.0")]),
        (["CECILL-2.1", "GPL-2.0-only"], []),
        (["CECILL-2.0", "AGPL-3.0-only"], []),  # through GPL-3.0
        (["CECILL-2.0", "EUPL-1.2"], []),
        (["CECILL-2.1", "OSL-3.0"], [("CECILL-2.1", "OSL-3.0")]),
        (["LicenseRef-IODL-1.0", "ODbL-1.0"], []),
        (["LicenseRef-IODL-1.0", "CC-BY-SA-3.0"], []),
        (["LicenseRef-IODL-1.0", "CC-BY-SA-4.0"], [("CC-BY-SA-4.0", "IODL-1.0")]),  # it names 3.0
        (["MPL-2.0", "LGPL-2.1-only", "GPL-3.0-only", "EPL-2.0", "LPPL-1.3c", "CERN-OHL-W-2.0"], []),
        (["ODbL-1.0", "CC-BY-SA-4.0"], [("CC-BY-SA-4.0", "ODbL")]),
        (["CDLA-Sharing-1.0", "ODbL-1.0"], [("CDLA-Sharing", "ODbL")]),
        ([], []),
    ],
)
def test_share_alike_conflicts(expressions, conflicts):
    assert share_alike_conflicts(expressions) == conflicts
    assert share_alike_conflicts(list(reversed(expressions))) == conflicts


@pytest.mark.parametrize(
    ("changed", "into"),
    [("CC-BY-SA-4.0", "GPL-3.0"), ("CC-BY-SA-3.0", "CC-BY-SA-4.0"), ("GPL-2.0+", "GPL-3.0"), ("LGPL", "GPL-3.0")],
)
def test_a_way_into_other_terms_does_not_lead_back(changed, into):
    assert into in taken(changed)
    assert changed not in taken(into)


def test_attributions():
    terms = attributions(["MIT OR CC0-1.0", "CC-BY-4.0 AND ISC", "LicenseRef-X", "CC0-1.0", "ISC"])
    assert [term.id for term in terms] == ["CC-BY-4.0", "ISC", "LicenseRef-X"]
    assert terms[0].url == "https://creativecommons.org/licenses/by/4.0/"
