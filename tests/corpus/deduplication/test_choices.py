"""Survivors: by the declared order alone, with licenses that flag and never poison."""

from __future__ import annotations

from dagster_project.corpus.deduplication.choices import Member, Survivor, choose, link

SOURCES = ("first", "second")


def member(name: str, **changes: object) -> Member:
    fields = {
        "doc_id": name.encode().ljust(16),
        "source": 0,
        "keep": True,
        "license": "MIT",
        "license_kind": "record.license",
        "characters": 100,
        "date": None,
        "same_text": None,
        "edges": {},
    }
    return Member(**{**fields, **changes})


def survivor(*members: Member, prefer: tuple[str, ...] = ("license", "source", "longest")) -> str:
    found = choose(members, prefer, SOURCES).survivor
    assert found is not None
    return found.doc_id.decode().strip()


def test_the_declared_order_decides() -> None:
    assert survivor(member("a", license="GPL-3.0-only"), member("b")) == "b"
    assert survivor(member("a", source=1), member("b", source=0)) == "b"
    assert survivor(member("a"), member("b", characters=101)) == "b"
    assert survivor(member("b"), member("a")) == "a"
    assert survivor(member("a", license="GPL-3.0-only", characters=200), member("b"), prefer=("longest",)) == "a"


def test_dates_decide_and_an_unknown_one_comes_last() -> None:
    assert survivor(member("a", date=5), member("b", date=9), member("c"), prefer=("newest",)) == "b"
    assert survivor(member("a", date=5), member("b", date=9), member("c"), prefer=("oldest",)) == "a"
    assert survivor(member("a"), member("b", date=-1), prefer=("newest",)) == "b"


def test_a_copy_of_a_twin_is_as_like_as_that() -> None:
    twin, other = b"t" * 16, b"o" * 16
    survivor = Survivor(b"s" * 16, "first", "MIT", None, {twin: ("near", 0.9), other: ("normalized", 1.0)})
    assert link(None, {survivor.doc_id: ("near", 0.8), twin: ("exact", 1.0)}, survivor) == ("near", 0.8)
    assert link(None, {twin: ("exact", 1.0)}, survivor) == ("near", 0.9)
    assert link(None, {other: ("near", 0.7)}, survivor) == ("near", 0.7)
    assert link(None, {b"x" * 16: ("near", 0.99)}, survivor) == ("linked", None)


def test_who_stands_already_stays() -> None:
    standing = Survivor(b"z" * 16, "first", "GPL-3.0-only", None)
    choice = choose([member("a")], ("license",), SOURCES, standing)
    assert choice.survivor == standing
    assert choice.others.findings("MIT", None) == ["the copy of an earlier layer keeps its license: GPL-3.0-only"]
    assert choice.others.findings("GPL-3.0-only", None) == ["near copies stand under other licenses: MIT"]


def kept(*members: Member, **said: object) -> list[str]:
    found = choose(members, ("longest",), SOURCES, keeps_variants=True, **said)
    assert found.survivor is not None
    return [item.doc_id.decode().strip() for item in (found.survivor, *found.variants)]


def test_variants_survive_beside_the_first_and_copies_of_them_do_not() -> None:
    parent, other = b"p".ljust(16), b"q".ljust(16)
    family = [
        member("a", parent=parent, characters=9),
        member("b", parent=parent, characters=8, same_text=b"t" * 16),
        member("c", parent=parent, characters=7, same_text=b"t" * 16),
        member("d", parent=parent, characters=6, edges={b"a".ljust(16): ("normalized", 1.0)}),
        member("e", parent=other, characters=5),
        member("f", characters=4),
        member("p", characters=3),
        member("r", parent=parent, characters=2, keep=False),
    ]
    assert kept(*family) == ["a", "b", "p"]
    assert choose(family, ("longest",), SOURCES).variants == []
    found = choose(family, ("longest",), SOURCES, keeps_variants=True)
    copy = family[2]
    twin = found.stands_for(copy.doc_id, copy.same_text, copy.edges)
    assert twin is not None
    assert twin.doc_id == family[1].doc_id
    assert found.stands_for(b"e".ljust(16), None, {}) == found.survivor


def test_natural_near_copies_are_nobody_s_variants() -> None:
    assert kept(member("a"), member("b"), member("c")) == ["a"]


def test_who_stands_already_is_joined_by_no_variant() -> None:
    standing = Survivor(b"z" * 16, "first", "MIT", None)
    found = choose([member("a", parent=b"p" * 16)], ("longest",), SOURCES, standing, keeps_variants=True)
    assert (found.survivor, found.variants) == (standing, [])


def test_a_rejected_document_never_survives_and_a_family_may_have_none() -> None:
    assert survivor(member("a", keep=False), member("b", license="NOASSERTION")) == "b"
    assert choose([member("a", keep=False)], ("license",), SOURCES).survivor is None


def test_duties_unite_over_exact_copies_only() -> None:
    text = b"t" * 16
    choice = choose(
        [
            member("a", same_text=text),
            member("b", same_text=text, license="GPL-3.0-only"),
            member("c", license="CC-BY-NC-4.0"),
        ],
        ("license",),
        SOURCES,
    )
    assert choice.licenses[text].expression == "GPL-3.0-only AND MIT"
    assert choice.licenses[text].findings == (
        "copies disagree: GPL-3.0-only (1 by record.license), MIT (1 by record.license)",
    )
    near = ["near copies stand under other licenses: CC-BY-NC-4.0"]
    assert choice.others.findings("MIT", text) == near  # also of a document that has exact copies
    assert choice.others.findings("CC-BY-NC-4.0", None) == ["near copies stand under other licenses: GPL-3.0-only, MIT"]


def test_a_family_of_many_licenses_tells_the_first_ones() -> None:
    found = choose([member(f"m{n}", license=f"LicenseRef-{n:02d}") for n in range(40)], ("longest",), SOURCES)
    (said,) = found.others.findings("LicenseRef-03", None)
    told = [f"LicenseRef-{n:02d}" for n in range(11) if n != 3]
    assert said == f"near copies stand under other licenses: {', '.join(told)}, and more"


def test_an_unknown_copy_flags_and_does_not_poison() -> None:
    text = b"t" * 16
    unknown = member("b", same_text=text, license="NOASSERTION", license_kind=None)
    effective = choose([member("a", same_text=text), unknown], ("license",), SOURCES).licenses[text]
    assert effective.expression == "MIT"
    assert any("unknown" in finding for finding in effective.findings)
