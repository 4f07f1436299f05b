"""What each document says of one small mix, that it says it again, and that no hostile word comes through as it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.publishing import domains
from dagster_project.corpus.publishing.dataset_card import dataset_card
from dagster_project.corpus.publishing.facts import gather_facts
from dagster_project.corpus.publishing.reports import REPORTS, render, renderings
from dagster_project.corpus.publishing.training_summary import SECTIONS, training_summary
from dagster_project.corpus.standards.croissant import croissant
from dagster_project.corpus.standards.cyclonedx import cyclonedx
from dagster_project.corpus.standards.openlineage import events, openlineage
from dagster_project.corpus.standards.prov import prov
from dagster_project.corpus.standards.spdx import spdx
from dagster_project.corpus.standards.terms import urn
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.publishing.pages import HIDDEN
from tests.corpus.standards.conftest import HOSTILE, MIX, poisoned, read, strings_in

WRITERS = {
    "card": dataset_card,
    "croissant": croissant,
    "cyclonedx": cyclonedx,
    "spdx": spdx,
    "prov": prov,
    "openlineage": openlineage,
    "eu": training_summary,
}
MARKDOWN = ("card", "eu")
# The template of 24 July 2025, section by section.
TEMPLATE = "1 1.1 1.2 1.3 2 2.1 2.2 2.2.1 2.2.2 2.3 2.4 2.5 2.6 3 3.1 3.2 3.3".split()
WEB, NOTES = "web@1", "notes@1"
LICENSE = "simplelicensing_LicenseExpression"


def by(nodes: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    return [node for node in nodes if all(node.get(name) == value for name, value in wanted.items())]


@pytest.fixture
def sources(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {source["source"]: source for source in facts["sources"]}


def test_every_format_is_a_report_and_the_same_twice(store: MemoryStore, facts: dict[str, Any]) -> None:
    rendered = dict(renderings(store, MIX))
    assert list(rendered) == list(REPORTS)
    assert {*WRITERS, "html", "json", "md", "attribution"} == set(REPORTS)
    for name, write in WRITERS.items():
        assert write(facts) == rendered[name] == render(store, MIX, name, facts["mix"]["id"][:12])


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("word", HOSTILE, ids=lambda word: repr(word)[:20])
def test_no_hostile_word_comes_through(facts: dict[str, Any], name: str, word: str) -> None:
    body = WRITERS[name](poisoned(facts, word)).decode()
    assert not re.search(HIDDEN, body)
    assert "<script" not in body
    assert "<img" not in body
    assert "\r" not in body
    assert "L" * 4001 not in body
    if name in MARKDOWN:
        front, _, text = body.removeprefix("---\n").partition("\n---\n") if name == "card" else ("", "", body)
        assert front.isascii()
        assert "\nlicense: mit" not in body
        assert not re.search(r"<(?!0)|\{\{|\]\((?!http)(?<!\\\]\()", text)
        return
    assert body.isascii()
    for line in body.splitlines() if name == "openlineage" else [body]:
        for text in strings_in(json.loads(line)):
            assert not re.search(f"{HIDDEN}|[\n\r\t]", text)
            assert len(text) < 4200


def test_addresses_are_addresses(facts: dict[str, Any]) -> None:
    for word in HOSTILE:
        found = poisoned(facts, word)
        assert all("externalReferences" not in item for item in read(cyclonedx(found))["components"])
        assert all("sc:url" not in item for item in read(croissant(found))["prov:wasDerivedFrom"])
        packages = by(read(spdx(found))["@graph"], type="dataset_DatasetPackage")
        assert all(item["software_downloadLocation"].startswith("urn:florilegium:") for item in packages)
        uris = {item["facets"]["dataSource"]["uri"] for event in events(found) for item in event["inputs"]}
        assert all(uri.startswith("urn:florilegium:") for uri in uris)


def test_a_license_is_an_expression_or_none(facts: dict[str, Any]) -> None:
    for word in HOSTILE:
        nodes = by(read(spdx(poisoned(facts, word)))["@graph"], type="simplelicensing_LicenseExpression")
        assert [node["simplelicensing_licenseExpression"] for node in nodes] == ["NOASSERTION"]


def test_croissant_says_what_is_known_and_what_is_not(facts: dict[str, Any], sources: dict[str, Any]) -> None:
    found = read(croissant(facts))
    assert found["name"] == "A small mix"
    assert found["datePublished"] == facts["mix"]["published_at"]
    assert {file["contentUrl"]: file["sha256"] for file in found["distribution"]} == {
        f"{file['format']}/{file['name']}": file["sha256"] for file in facts["exports"]
    }
    assert found["rai:dataCollection"] == "web@1: crawl of pages that robots.txt admits; notes@1: not stated"
    assert found["rai:dataCollectionTimeframe"] == ["2026-01-05", "2026-02-07"]
    assert found["rai:personalSensitiveInformation"] == [
        "web@1: personal data possible",
        "notes@1: personal data not stated",
    ]
    assert found["rai:dataBiases"] == found["rai:dataLimitations"] == "not stated"
    web, notes = found["prov:wasDerivedFrom"]
    assert web["@id"] == urn("version", sources[WEB]["snapshot"])
    assert (web["sc:url"], web["sc:license"]) == ("https://example.org/web", ["CC-BY-4.0"])
    assert "prov:wasAttributedTo" not in notes
    columns = [field["name"] for field in found["recordSet"][0]["field"]]
    assert columns == [name for name, _ in facts["mix"]["columns"] if name not in ("masked", "turns")]


def test_cyclonedx_lists_sources_and_files(facts: dict[str, Any], sources: dict[str, Any]) -> None:
    found = read(cyclonedx(facts))
    mix, parts = found["metadata"]["component"], found["components"]
    assert mix["licenses"] == [{"expression": "CC-BY-4.0 AND MIT", "acknowledgement": "concluded"}]
    assert [part["name"] for part in parts if part["type"] == "data"] == [WEB, NOTES]
    assert by(parts, name=WEB)[0]["licenses"] == [{"expression": "CC-BY-4.0", "acknowledgement": "declared"}]
    governance = by(parts, name=WEB)[0]["data"][0]["governance"]
    assert governance == {"owners": [{"organization": {"name": "The Example Archive"}}]}
    assert {"name": "florilegium:missing", "value": "publisher"} in by(parts, name=NOTES)[0]["properties"]
    hashes = {part["name"]: part["hashes"][0]["content"] for part in parts if part["type"] == "file"}
    assert hashes == {f"{file['format']}/{file['name']}": file["sha256"] for file in facts["exports"]}
    ids = [urn("version", sources[key]["snapshot"]) for key in (WEB, NOTES)]
    assert found["dependencies"] == [{"ref": urn("version", facts["mix"]["id"]), "dependsOn": ids}]


def test_the_serial_number_is_that_of_the_version(facts: dict[str, Any]) -> None:
    first = read(cyclonedx(facts))["serialNumber"]
    facts["mix"]["title"] = "Another title"
    assert read(cyclonedx(facts))["serialNumber"] == first
    facts["mix"]["id"] = "0" * 64
    assert read(cyclonedx(facts))["serialNumber"] != first


def test_spdx_relates_datasets_and_licenses(facts: dict[str, Any], sources: dict[str, Any]) -> None:
    nodes = read(spdx(facts))["@graph"]
    mix, web, notes = (
        urn("version", name) for name in (facts["mix"]["id"], *(sources[key]["snapshot"] for key in (WEB, NOTES)))
    )
    (package,) = by(nodes, spdxId=web)
    assert package["dataset_hasSensitivePersonalInformation"] == "yes"
    assert by(nodes, spdxId=notes)[0]["dataset_hasSensitivePersonalInformation"] == "noAssertion"
    assert by(nodes, spdxId=mix)[0]["dataset_hasSensitivePersonalInformation"] == "yes"
    assert package["dataset_datasetAvailability"] == "directDownload"
    assert package["software_downloadLocation"] == "https://example.org/web"
    assert "publisher" in by(nodes, spdxId=notes)[0]["comment"]
    said = {node["spdxId"]: node["simplelicensing_licenseExpression"] for node in by(nodes, type=LICENSE)}
    related = {
        (node["relationshipType"], node["from"]): [said.get(to, to) for to in node["to"]]
        for node in by(nodes, type="Relationship")
    }
    assert related["hasConcludedLicense", mix] == ["CC-BY-4.0 AND MIT"]
    assert related["hasDeclaredLicense", web] == related["hasConcludedLicense", web] == ["CC-BY-4.0"]
    assert related["hasDeclaredLicense", notes] == ["MIT"]
    assert related["ancestorOf", web] == related["ancestorOf", notes] == [mix]
    assert len(related["contains", mix]) == len(facts["exports"])


def test_personal_data_of_the_mix_is_no_only_where_each_source_says_so(facts: dict[str, Any]) -> None:
    for told, answer in (("none", "no"), ("unlikely", "no"), ("missing", "noAssertion"), ("likely", "yes")):
        for source in facts["sources"]:
            source["personal_data"] = "none"
        facts["sources"][0]["personal_data"] = told
        (mix,) = by(read(spdx(facts))["@graph"], spdxId=urn("version", facts["mix"]["id"]))
        assert mix["dataset_hasSensitivePersonalInformation"] == answer


def test_prov_tells_every_build(facts: dict[str, Any]) -> None:
    found = read(prov(facts))
    used = {(item["prov:activity"], item["prov:entity"]) for item in found["used"].values()}
    assert used == {
        (f"flori:build/{version['id']}", f"flori:version/{item}")
        for version in facts["versions"]
        for item in version["inputs"]
    }
    plans = {item["prov:activity"]: item["prov:plan"] for item in found["wasAssociatedWith"].values()}
    assert plans == {f"flori:build/{v['id']}": f"flori:plan/{v['id']}" for v in facts["versions"]}
    times = {item["prov:entity"]: item["prov:time"] for item in found["wasGeneratedBy"].values()}
    assert times == {f"flori:version/{v['id']}": v["published_at"] for v in facts["versions"]}
    (attributed,) = found["wasAttributedTo"].values()
    assert attributed["prov:entity"] == "flori:source/web/1"
    assert found["agent"][attributed["prov:agent"]]["prov:label"] == "The Example Archive"
    assert found["entity"]["flori:source/notes/1"]["flori:missing"] == [
        "title",
        "publisher",
        "homepage",
        "collection_license",
    ]


def test_every_event_follows_those_of_its_inputs(facts: dict[str, Any]) -> None:
    told: set[str] = set()
    for event in events(facts):
        (output,) = event["outputs"]
        inputs = {
            item["facets"]["version"]["datasetVersion"] for item in event["inputs"] if "version" in item["facets"]
        }
        assert inputs <= told
        told.add(output["facets"]["version"]["datasetVersion"])
        assert event["eventTime"] == next(
            version["published_at"] for version in facts["versions"] if version["partition"] == output["name"]
        )
    assert told == {version["id"] for version in facts["versions"]}


def test_events_tell_parts_columns_and_licenses(facts: dict[str, Any]) -> None:
    found = {event["job"]["name"]: event for event in events(facts)}
    mixed = found["mixed/small@1"]
    subsets = {item["name"]: item["inputFacets"]["subset"] for item in mixed["inputs"] if item["inputFacets"]}
    assert list(subsets) == ["deduplicated/small@1"]
    assert [part["dimensions"] for part in subsets["deduplicated/small@1"]["inputCondition"]["partitions"]] == [
        {"component": "pages", "sources": "web", "languages": "en"},
        {"component": "rest", "sources": "notes"},
    ]
    fields = found["published/small@1"]["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert [item["name"] for item in fields["text"]["inputFields"]] == ["snapshots/notes@1", "snapshots/web@1"]
    assert fields["text"]["inputFields"][0]["transformations"][0]["subtype"] == "TRANSFORMATION"
    assert fields["doc_id"]["inputFields"][0]["transformations"][0]["subtype"] == "IDENTITY"
    assert [item["name"] for item in fields["license"]["inputFields"]] == ["mixed/small@1"]
    words = found["signals/web@1/counts"]["outputs"][0]["facets"]["columnLineage"]["fields"]["words"]
    assert [(item["name"], item["field"]) for item in words["inputFields"]] == [("snapshots/web@1", "text")]
    license = mixed["outputs"][0]["facets"]["florilegium_license"]
    assert license["expression"] == "CC-BY-4.0 AND MIT"
    assert license["sources"][1] == {"source": NOTES, "declared": "MIT", "concluded": "MIT"}
    (source,) = found["snapshots/web@1"]["inputs"]
    assert source["facets"]["dataSource"]["uri"] == "https://example.org/web"


def test_without_a_time_of_publication_nothing_is_written(facts: dict[str, Any]) -> None:
    facts["mix"]["published_at"] = None
    for name in ("croissant", "cyclonedx", "spdx", "prov"):
        with pytest.raises(Refused, match=r"mixed/small@1 has no time of publication"):
            WRITERS[name](facts)


def section(text: str, number: str) -> str:
    """What a section of the summary says, down to the next heading."""
    return re.split(r"\n#+ ", text.split(f" {number} ", 1)[1], maxsplit=1)[0]


def test_the_summary_has_every_section_of_the_template(facts: dict[str, Any]) -> None:
    text = training_summary(facts).decode()
    assert re.findall(r"^#{2,4} ([\d.]+) ", text, re.MULTILINE) == TEMPLATE
    assert [title.split(" ")[0] for title in SECTIONS] == TEMPLATE
    for number in set(TEMPLATE) - {"1", "2", "2.2", "3"}:
        assert len(section(text, number).splitlines()) > 2


def test_the_summary_says_not_stated_and_not_applicable(facts: dict[str, Any]) -> None:
    text = training_summary(facts).decode()
    assert "- Provider name and contact details: not stated" in section(text, "1.1")
    assert "less than 1 billion tokens" in section(text, "1.3")
    assert "2026-02-07; 1 source without a date" in section(text, "1.3")
    assert "| notes@1 | not stated |" in section(text, "2.1")
    assert "web@1" not in section(text, "2.1")
    assert "not applicable" in section(text, "2.2.1")
    assert "- Period of collection: 2026-01-05 to 2026-02-07" in section(text, "2.3")
    assert "not stated: of 1 source nobody said" in section(text, "2.4")
    assert "not stated for 1 source" in section(text, "2.5")
    assert "- Opt-outs of web@1: https://example.org/opt-out" in section(text, "3.1")


@pytest.mark.parametrize(
    ("changed", "number", "said"),
    [
        ({"access": "licensed"}, "2.2.1", "| notes@1 |"),
        ({"access": "private"}, "2.2.2", "| notes@1 |"),
        ({"collection": {"method": "prompts of users", "start": "missing", "end": "missing"}}, "2.4", "| notes@1 |"),
        ({"collection": {"method": "a dump", "start": "missing", "end": "missing"}}, "2.4", "not applicable"),
        ({"origin": "synthetic"}, "2.5", "| notes@1 |"),
        ({"origin": "natural"}, "2.5", "not applicable"),
        ({"access": "missing"}, "2.6", "| notes@1 |"),
    ],
)
def test_a_source_stands_in_its_section(facts: dict[str, Any], changed: dict[str, Any], number: str, said: str) -> None:
    facts["sources"][1] |= changed
    assert facts["sources"][1]["source"] == NOTES
    assert said in section(training_summary(facts).decode(), number)


def test_the_first_tenth_of_the_domains_is_listed(
    store: MemoryStore, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    crawled = facts["crawled"]
    web = next(row for row in facts["composition"]["source"] if row["name"] == WEB)
    assert (crawled["domains"], crawled["asked"], len(crawled["listed"])) == (12, 2, 2)
    assert crawled["documents"] <= web["documents"]
    assert crawled["listed"][0]["words"] >= crawled["listed"][1]["words"] >= crawled["words"] / 12
    assert f"- {crawled['listed'][0]['domain']}: " in section(training_summary(facts).decode(), "2.3")
    monkeypatch.setattr(domains, "HELD_DOMAINS", 3)
    assert gather_facts(store, MIX)["crawled"] == crawled
    monkeypatch.setattr(domains, "MOST_LISTED", 1)
    cut = gather_facts(store, MIX)
    assert cut["crawled"]["listed"] == crawled["listed"][:1]
    assert "1 more are asked for than are listed here" in training_summary(cut).decode()


def test_nothing_is_counted_where_nothing_is_crawled(facts: dict[str, Any]) -> None:
    facts["crawled"] = None
    facts["sources"][0]["crawled"] = False
    facts["sources"][0]["collection"]["method"] = "a dump"
    assert "not applicable" in section(training_summary(facts).decode(), "2.3")


def test_facts_say_when_versions_were_published(facts: dict[str, Any]) -> None:
    moments = {version["id"]: version["published_at"] for version in facts["versions"]}
    assert facts["mix"]["published_at"] == moments[facts["mix"]["id"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment) for moment in moments.values())
    below = {item for version in facts["versions"] for item in version["inputs"]}
    assert below | {facts["mix"]["published_id"]} == set(moments)
