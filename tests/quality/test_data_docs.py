"""Judgements of what stands, once and again, and the Data Docs of them: hostile names do nothing, no text is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResultSchema

from dagster_project.corpus.building.judging import judged_again, judgement_of
from dagster_project.corpus.model.errors import AuditFailed, Refused
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.quality.data_docs import judgements, result_of, write_site
from dagster_project.quality.expected import SAID, expected
from dagster_project.quality.profiles import columns_of, profile_of
from dagster_project.quality.suite_rules import TYPES
from dagster_project.quality.suites import Expectation, load_suites
from tests.browser import CHROMIUM, chromium
from tests.corpora import documents, library, prose, write_jsonl, write_recipes
from tests.corpus.publishing.conftest import MIX, hostile_rows
from tests.corpus.publishing.pages import HIDDEN, Page

AUDITOR = GreatExpectationsAuditor()
SNAPSHOT = Partition("snapshots", "notes@dev")


class Recalling(GreatExpectationsAuditor):
    """May only find again what was judged before."""

    def audit(self, manifest: Manifest, bounds: Mapping[str, Any]) -> Sequence[Outcome]:
        raise AssertionError("judged twice")


def own_suite(directory: Path, least: int) -> GreatExpectationsAuditor:
    """A suite of one's own that wants so many documents."""
    said = {"check": "enough_documents", "description": "There are enough."}
    kwargs = {"column": "rows", "min_value": least}
    item = {"type": "expect_column_values_to_be_between", "kwargs": kwargs, "severity": "critical", "meta": said}
    directory.mkdir(exist_ok=True)
    (directory / "snapshots.json").write_text(json.dumps({"name": "snapshots", "expectations": [item]}))
    return GreatExpectationsAuditor(directory)


def objects(store: MemoryStore, prefix: str) -> list[str]:
    return [entry.path for entry in store.list(prefix)]


@pytest.fixture
def notes(memory_store: MemoryStore, tmp_path: Path) -> Path:
    path = write_jsonl(tmp_path / "notes.jsonl", documents(5))
    recipes = write_recipes(tmp_path / "recipes", str(path))
    library(memory_store, recipes, auditor=AUDITOR).build(SNAPSHOT)
    path.unlink()  # neither raw objects nor recipes are needed to judge again
    return recipes


# ---- judging again ------------------------------------------------------------------------------------------------


def test_what_stands_is_judged_by_a_changed_suite_and_not_rebuilt(
    memory_store: MemoryStore, notes: Path, tmp_path: Path
) -> None:
    before = {prefix: objects(memory_store, prefix) for prefix in ("data/", "manifests/", "refs/", "builds/")}
    first = judgement_of(memory_store, AUDITOR, SNAPSHOT)
    assert (first.current, first.failed, first.bounds) == (True, [], {"max_bad_records": 0.05})
    changed = own_suite(tmp_path / "own", least=6)
    assert not judgement_of(memory_store, changed, SNAPSHOT).current
    again = judged_again(memory_store, changed, SNAPSHOT)
    assert [(item.check, item.passed) for item in again.outcomes] == [("enough_documents", False)]
    assert again.outcomes[0].observed == {"rows": 5}
    after = {prefix: objects(memory_store, prefix) for prefix in before}
    assert {prefix: len({*after[prefix]} - {*before[prefix]}) for prefix in before} == {
        **dict.fromkeys(("data/", "manifests/", "refs/"), 0),
        "builds/": 1,
    }
    assert judgement_of(memory_store, changed, SNAPSHOT).current
    assert judgement_of(memory_store, AUDITOR, SNAPSHOT).outcomes == first.outcomes


def test_what_was_judged_is_found_again(memory_store: MemoryStore, notes: Path, tmp_path: Path) -> None:
    changed = own_suite(tmp_path / "own", least=5)
    judged = judged_again(memory_store, changed, SNAPSHOT)
    assert judged_again(memory_store, Recalling(tmp_path / "own"), SNAPSHOT).outcomes == judged.outcomes
    exact = judged_again(memory_store, Recalling(tmp_path / "own"), SNAPSHOT, judged.ref.id[:8])
    assert exact.ref == judged.ref


def test_a_build_of_what_stands_hears_the_changed_suite(memory_store: MemoryStore, notes: Path, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "notes.jsonl", documents(5))
    standing = refs.latest(memory_store, SNAPSHOT)
    built = library(memory_store, notes, auditor=own_suite(tmp_path / "own", least=5)).build(SNAPSHOT)
    assert (built.fresh, built.ref, [item.check for item in built.outcomes]) == (False, standing, ["enough_documents"])
    with pytest.raises(AuditFailed, match=r"enough_documents: There are enough\. But rows is 5"):
        library(memory_store, notes, auditor=own_suite(tmp_path / "own", least=6)).build(SNAPSHOT)
    assert refs.latest(memory_store, SNAPSHOT) == standing


def test_what_was_published_unjudged_is_refused_with_the_way_out(memory_store: MemoryStore, notes: Path) -> None:
    ref = refs.latest(memory_store, SNAPSHOT)
    assert ref
    refs.publish(memory_store, Partition("snapshots", "other@1"), ref.id, build_key="k", started_from=None)
    with pytest.raises(Refused, match="no record of what it was promised: build it again under a new version"):
        judged_again(memory_store, AUDITOR, Partition("snapshots", "other@1"))
    assert [found.partition for found in judgements(memory_store, AUDITOR)] == [SNAPSHOT]


def test_what_is_judged_is_as_small_for_a_large_partition() -> None:
    licenses = {f"LicenseRef-{number}": {"documents": 10**6, "words": 10**9} for number in range(20_000)}
    files = tuple(File(f"data/{number}", "0" * 64, 1 << 27, 10**5) for number in range(20_000))
    identity = Identity("mixed", (), {"budget": {"words": 1, "documents": None}}, "1", (), "0" * 64)
    profile = profile_of(Manifest(identity, (), files, {"by_license": licenses, "words": 1}, {}), {})
    assert tuple(profile.numbers) == columns_of("mixed")
    assert (profile.numbers["rows"], profile.numbers["shards"]) == (2 * 10**9, 20_000)
    assert profile.numbers["largest_shard_bytes"] == 1 << 27
    outcomes = AUDITOR.audit(Manifest(identity, (), files, {"by_license": licenses}, {}), {})
    assert len(json.dumps([dict(item.observed) for item in outcomes])) < 8_000


# ---- Data Docs ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(hostile_store: MemoryStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for partition in refs.published(hostile_store):
        judged_again(hostile_store, AUDITOR, partition)
    directory = tmp_path_factory.mktemp("site") / "checks"
    told = write_site(hostile_store, AUDITOR, directory)
    assert told["index"] == str(directory / "index.html")
    return directory


def pages(site: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(site.rglob("*.html")):
        yield path, path.read_text()


def test_every_partition_has_its_page_and_every_link_its_file(hostile_store: MemoryStore, site: Path) -> None:
    linked = set()
    for path, text in pages(site):
        for _, attributes in Page(text).tags:
            if (address := attributes.get("href") or "#").startswith("#"):
                continue
            target = (path.parent / address).resolve()
            assert target.is_relative_to(site.resolve())
            assert target.is_file(), (path, address)
            linked.add(target)
    everything = {path.resolve() for path in site.rglob("*") if path.is_file()} - {site.resolve() / "data-docs.json"}
    assert linked == everything
    assert len([path for path in linked if path.suffix == ".html"]) == len(list(refs.published(hostile_store))) + 1


def test_pages_run_and_load_nothing_whatever_the_names(site: Path) -> None:
    everything = ""
    for _, text in pages(site):
        page = Page(text)
        assert page.open == []
        assert not {"script", "img", "iframe", "link", "object", "svg", "form", "base"} & {tag for tag, _ in page.tags}
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
        assert not re.search(HIDDEN, text)
        everything += page.shown
    assert "few_unknown_licenses" in everything


def test_no_text_title_or_address_of_a_document_is_told(site: Path) -> None:
    written = "".join(path.read_text() for path in site.rglob("*") if path.is_file())
    assert len(written) > 50_000
    for row in hostile_rows():
        assert len(row["text"]) < 20 or row["text"][:40] not in written
    assert "example.org" not in written
    assert prose(100)[:40] not in written


def test_failures_come_first_with_what_there_was(hostile_store: MemoryStore, site: Path) -> None:
    found = judgement_of(hostile_store, AUDITOR, MIX)
    assert found.warned
    shown = Page((site / "mixed" / MIX.key / "index.html").read_text()).shown
    first = shown.index(found.warned[0].check)
    assert all(first < shown.index(item.check) for item in found.outcomes if item.passed)
    assert "license_unknown_share = 0" in shown
    worst, least = shown.index("share-alike 25"), shown.index("permissive 2")
    assert worst < shown.index("unknown 13") < least
    assert found.ref.id in shown


def test_results_are_read_by_great_expectations_itself(hostile_store: MemoryStore, site: Path) -> None:
    schema = ExpectationSuiteValidationResultSchema()
    seen = 0
    for path in site.rglob("index.json"):
        read = schema.load(json.loads(path.read_text()))
        assert read["statistics"]["evaluated_expectations"] == len(read["results"])
        seen += len(read["results"])
    assert seen > 40
    found = judgement_of(hostile_store, AUDITOR, MIX)
    result = result_of(found, AUDITOR)
    assert result["meta"]["version"] == found.ref.id
    assert result["statistics"]["unsuccessful_expectations"] == len(found.warned) + len(found.failed)


def test_a_site_takes_the_place_of_the_one_before_and_of_nothing_else(
    hostile_store: MemoryStore, site: Path, tmp_path: Path
) -> None:
    (site / "old.html").write_text("old")
    write_site(hostile_store, AUDITOR, site)
    assert not (site / "old.html").exists()
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(Refused, match="holds other files than Data Docs"):
        write_site(hostile_store, AUDITOR, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]
    assert [path.name for path in site.parent.iterdir()] == ["checks"]


def test_an_empty_store_has_a_site(memory_store: MemoryStore, tmp_path: Path) -> None:
    assert write_site(memory_store, AUDITOR, tmp_path / "checks")["partitions"] == 0
    assert "Nothing is published yet" in (tmp_path / "checks" / "index.html").read_text()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_pages_fit_wide_and_narrow_screens(site: Path, tmp_path: Path) -> None:
    with chromium(tmp_path / "profile") as tab:
        for path in (site / "index.html", site / "mixed" / MIX.key / "index.html"):
            for width in (1280, 400):
                tab.look(width)
                tab.open(path.as_uri())
                assert tab.ask("document.documentElement.scrollWidth") <= width
                assert tab.complaints == []
                assert [url for url in tab.requests if not url.startswith("file:")] == []


# ---- in one line --------------------------------------------------------------------------------------------------


def test_every_kind_of_expectation_is_said_in_one_line() -> None:
    assert SAID.keys() == TYPES.keys()
    for suite in load_suites().values():
        for item in suite.expectations:
            line = expected(item)
            assert all(column in line for column in item.columns)
            assert all(name in line for name in item.parameters)


@pytest.mark.parametrize(
    ("kind", "kwargs", "line"),
    [
        ("column_values_to_be_between", {"column": "a", "min_value": 1, "max_value": 1}, "a = 1"),
        ("column_values_to_be_between", {"column": "a", "min_value": 0.5, "strict_min": True}, "0.5 < a"),
        ("column_values_to_be_between", {"column": "a", "max_value": {"$PARAMETER": "m"}}, "a ≤ m"),
        ("column_values_to_be_in_set", {"column": "a", "value_set": [1, 2]}, "a is one of 1, 2"),
        ("column_values_to_not_be_in_set", {"column": "a", "value_set": [0]}, "a is none of 0"),
        ("column_pair_values_to_be_equal", {"column_A": "a", "column_B": "b"}, "a = b"),
        ("column_pair_values_a_to_be_greater_than_b", {"column_A": "a", "column_B": "b", "or_equal": True}, "a ≥ b"),
        ("multicolumn_sum_to_equal", {"column_list": ["a", "b"], "sum_total": 1000}, "a + b = 1,000"),
    ],
)
def test_lines(kind: str, kwargs: dict[str, Any], line: str) -> None:
    assert expected(Expectation("x", "error", "x", {"type": f"expect_{kind}", "kwargs": kwargs})) == line
