"""Which evidence counts, and what is said about the rest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.licenses.conclusions import KINDS, OF_OTHER_WORKS, VALUE_CHARS, WEAK, conclude, shown

OSI = "License :: OSI Approved :: "


def of(*pairs):
    return conclude([{"kind": kind, "value": value, "where": "here"} for kind, value in pairs])


def test_nothing_maps():
    for conclusion in (of(), of(("registry", "")), conclude([{"kind": None, "value": None}]), conclude([{}])):
        assert (conclusion.expression, conclusion.kind, conclusion.value) == ("NOASSERTION", None, None)
        assert (conclusion.rule, conclusion.findings) == ("not-concluded", ())


@pytest.mark.parametrize("first", range(len(KINDS) - 1))
def test_the_nearer_evidence_wins(first):
    near, far = KINDS[first], KINDS[first + 1]
    values = {"package.classifier": "License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication"}
    other = {"package.classifier": "License :: Public Domain"}
    said, contrary = values.get(near, "CC0-1.0"), other.get(far, "LicenseRef-Public-Domain")
    if far.endswith("copyright"):
        contrary = "public domain"
    if near.endswith("copyright"):
        said = "CC0"
    conclusion = of((far, contrary), (near, said))
    if near in WEAK:
        assert (conclusion.expression, conclusion.kind) in (("NOASSERTION", None), (contrary, "registry"))
        assert f"{near}=" in " ".join(conclusion.findings)
        return
    assert (conclusion.expression, conclusion.kind, conclusion.value) == ("CC0-1.0", near, said)
    assert conclusion.findings == (f"evidence disagrees: {far}={contrary}",)


CC = "https://creativecommons.org/licenses/"
BY, BY_SA = ("html.link", CC + "by/4.0/"), ("html.link", CC + "by-sa/4.0/")
RESERVED = ("html.copyright", "© 2020 Acme. All rights reserved.")


@pytest.mark.parametrize(
    ("evidence", "expression", "kind", "findings"),
    [
        ([BY], "CC-BY-4.0", "html.link", ()),
        ([BY, ("registry", "NOASSERTION")], "CC-BY-4.0", "html.link", ()),
        ([BY, ("registry", "CC-BY-4.0")], "CC-BY-4.0", "html.link", ()),
        ([BY, ("html.copyright", "© 2020 Acme")], "CC-BY-4.0", "html.link", ()),
        ([BY, ("html.meta", "info:eu-repo/semantics/openAccess")], "CC-BY-4.0", "html.link", ()),
        ([BY, ("html.meta", f"Open access under {CC}by/4.0/")], "CC-BY-4.0", "html.link", ()),
        ([BY, ("html.link", CC + "by/4.0/deed.de")], "CC-BY-4.0", "html.link", ()),
        ([BY, ("html.link", CC)], "CC-BY-4.0", "html.link", ()),
        (
            [BY, RESERVED],
            "LicenseRef-All-Rights-Reserved",
            "html.copyright",
            (f"evidence disagrees: html.link={CC}by/4.0/",),
        ),
        (
            [BY, ("registry", "LicenseRef-Proprietary")],
            "LicenseRef-Proprietary",
            "registry",
            (f"evidence disagrees: html.link={CC}by/4.0/",),
        ),
        (
            [BY, ("html.rel-license", "https://acme.example/terms")],
            "NOASSERTION",
            None,
            ("unmapped: html.rel-license=https://acme.example/terms", f"not concluded: html.link={CC}by/4.0/"),
        ),
        (
            [BY, ("html.rel-license", CC + "by-nc/3.0/")],
            "CC-BY-NC-3.0",
            "html.rel-license",
            (f"evidence disagrees: html.link={CC}by/4.0/",),
        ),
        (
            [RESERVED, ("html.rel-license", CC + "by-sa/2.0/de/")],
            "LicenseRef-CC-BY-SA-2.0-DE",
            "html.rel-license",
            (f"evidence disagrees: html.copyright={RESERVED[1]}",),
        ),
        (
            [BY, BY_SA],
            "CC-BY-4.0 AND CC-BY-SA-4.0",
            "html.link",
            (f"several values of html.link: {CC}by-sa/4.0/; {CC}by/4.0/",),
        ),
        ([("html.rel-license", CC + "by-sa/")], "NOASSERTION", None, (f"ambiguous: html.rel-license={CC}by-sa/",)),
        ([RESERVED], "LicenseRef-All-Rights-Reserved", "html.copyright", ()),
        ([("html.copyright", "© 2020 Acme")], "NOASSERTION", None, ("says nothing: html.copyright=© 2020 Acme",)),
        ([("microdata.license", CC + "by/4.0/"), RESERVED], "LicenseRef-All-Rights-Reserved",
         "html.copyright", (f"evidence disagrees: microdata.license={CC}by/4.0/",)),
    ],
)  # fmt: skip
def test_what_a_page_says_of_itself(evidence, expression, kind, findings):
    conclusion = of(*evidence)
    assert (conclusion.expression, conclusion.kind, conclusion.findings) == (expression, kind, findings)


def test_the_license_of_a_part_is_not_that_of_the_page():
    for kind in OF_OTHER_WORKS:
        assert of((kind, CC + "by/4.0/")) == of()
        assert of((kind, CC + "by/4.0/"), RESERVED) == of(RESERVED)


def test_agreeing_evidence_leaves_no_finding():
    conclusion = of(
        ("package.license_expression", "MIT"), ("package.classifier", OSI + "MIT License"), ("registry", "mit")
    )
    assert (conclusion.expression, conclusion.rule, conclusion.findings) == ("MIT", "concluded:spdx", ())


def test_what_does_not_map_is_passed_over_and_told():
    conclusion = of(("file.spdx", "Foo"), ("package.license_field", "MIT License"))
    assert (conclusion.expression, conclusion.kind, conclusion.rule) == (
        "MIT",
        "package.license_field",
        "concluded:alias",
    )
    assert conclusion.findings == ("unmapped: file.spdx=Foo",)


def test_an_ambiguous_classifier_is_no_conclusion():
    conclusion = of(("package.classifier", OSI + "BSD License"))
    assert conclusion.expression == "NOASSERTION"
    assert conclusion.findings == (f"ambiguous: package.classifier={OSI}BSD License",)


def test_an_ambiguous_statement_may_agree_or_disagree():
    bsd = ("package.classifier", OSI + "BSD License")
    assert of(bsd, ("package.license_field", "BSD-3-Clause")).findings == ()
    conclusion = of(bsd, ("package.license_field", "MIT"))
    assert conclusion.findings == (f"evidence disagrees: package.classifier={OSI}BSD License",)


def test_several_classifiers_are_united_and_told():
    pair = [("package.classifier", OSI + "MIT License"), ("package.classifier", OSI + "Apache Software License")]
    conclusion = of(*pair)
    assert conclusion.expression == "Apache-2.0 AND MIT"
    assert conclusion.value == f"{OSI}Apache Software License; {OSI}MIT License"
    assert conclusion.findings == (f"several classifiers: {conclusion.value}",)
    assert of(*pair, ("package.license_expression", "MIT OR Apache-2.0")).findings == ()
    contrary = of(*pair, ("package.license_expression", "MIT")).findings
    assert contrary == (f"evidence disagrees: package.classifier={OSI}Apache Software License",)


def test_one_open_classifier_leaves_all_open():
    conclusion = of(("package.classifier", OSI + "MIT License"), ("package.classifier", OSI + "BSD License"))
    assert conclusion.expression == "NOASSERTION"
    assert conclusion.findings == (
        f"ambiguous: package.classifier={OSI}BSD License",
        f"not concluded: package.classifier={OSI}MIT License",
    )


def test_a_classifier_that_says_nothing_is_no_obstacle():
    conclusion = of(("package.classifier", OSI.removesuffix(" :: ")), ("package.classifier", OSI + "MIT License"))
    assert (conclusion.expression, conclusion.value, conclusion.findings) == ("MIT", OSI + "MIT License", ())


def test_values_that_say_nothing():
    assert of(("record.license", "unknown")).findings == ("says nothing: record.license=unknown",)
    assert of(("record.license", "unknown"), ("registry", "CC-BY-4.0")).expression == "CC-BY-4.0"
    assert of(("registry", "NOASSERTION")).kind is None


def test_none_is_a_conclusion():
    assert of(("file.spdx", "NONE"), ("registry", "MIT")).expression == "NONE"


def test_share_alike_is_never_lost():
    assert of(("record.license", "http://creativecommons.org/licenses/by-sa/2.0")).expression == "CC-BY-SA-2.0"


def test_an_unknown_kind_is_told_and_not_heard():
    conclusion = of(("hearsay", "MIT"))
    assert (conclusion.expression, conclusion.findings) == ("NOASSERTION", ("unknown kind of evidence: hearsay",))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "value",
    ["A" * 10**6, "(" * 10**6, "MIT \n" * 10**5, "\x00\x1b[31m", "CC " * 10**5, "http://" + "/" * 10**6, "MIT\ud800"],
    ids=["long", "deep", "lines", "control", "words", "slashes", "surrogate"],
)
def test_hostile_values(kind, value):
    conclusion = of((kind, value))
    assert conclusion.expression == "NOASSERTION"
    assert all(len(finding) < VALUE_CHARS + 60 and finding.isprintable() for finding in conclusion.findings)


def test_a_document_that_states_hundreds_of_licenses_is_survived():
    assert of(*[("record.license", f"LicenseRef-{n}") for n in range(1000)]).expression == "NOASSERTION"


def test_long_values_are_cut():
    text = "MIT License\n" + "Permission is hereby granted\n" * 100
    conclusion = of(("package.license_field", text))
    assert (conclusion.expression, len(conclusion.value), conclusion.value[-1]) == ("MIT", 200, "…")
    assert shown("a" * 200) == "a" * 200


PAIRS = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(["MIT", "ISC", "BSD", "unknown", "Foo", OSI + "MIT License", OSI + "BSD License"]),
)


@settings(deadline=None)  # the first call reads tables and imports
@given(st.lists(PAIRS, max_size=5), st.randoms())
def test_the_order_and_repetition_of_evidence_do_not_matter(pairs, random):
    assert of(*random.sample(pairs, len(pairs)), *pairs) == of(*pairs)
