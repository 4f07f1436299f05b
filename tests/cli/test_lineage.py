"""trace and impact: every fact in JSON, and no control character of a document on the terminal."""

from __future__ import annotations

import json

import pytest

from dagster_project.view_columns import COLUMNS
from dagster_project.views import CATALOG, VIEWS
from tests.cli.conftest import MANY


@pytest.fixture(scope="module")
def traced(built):
    return built.json("trace", "bedtime", "--url", "https://example.org/a")["documents"][0]


def test_a_trace_names_everything(built, traced, documents):
    found = built.json("trace", "mixed/bedtime@dev", "--doc", traced["document"]["doc_id"])
    assert found["document"]["source"] == "tales"
    assert found["document"]["title"] == documents[0]["title"]
    assert found["snapshot"]["partition"] == "snapshots/tales@dev"
    assert len(found["snapshot"]["id"]) == 64
    assert found["raw"]["object"].endswith("tales.jsonl")
    assert found["raw"]["position"] == 0
    assert found["license"]["concluded"]["expression"] == "MIT"
    assert found["license"]["evidence"][0]["value"] == "MIT"
    assert found["verdicts"][0]["keep"] is True
    assert found["families"][0]["size"] == 2
    assert {item["status"] for item in found["families"][0]["members"]} == {"survivor", "suppressed"}


def test_a_member_has_its_shard_and_row(built, traced):
    survivor = traced["families"][0]["survivor"]
    (member,) = built.json("trace", "bedtime@dev", "--doc", survivor)["members"]
    assert member["shard"] == 0
    assert member["row"] in (0, 1)
    assert member["path"].startswith("data/public/")


def test_a_rejected_document_names_its_rule(built):
    (found,) = built.json("trace", "bedtime", "--url", "https://example.net/d")["documents"]
    assert found["verdicts"][0]["rule"] == "characters"
    assert found["members"] == []


def test_text_finds_every_copy(built, tmp_path, documents):
    file = tmp_path / "text"
    file.write_text(documents[0]["text"] + "\n")
    by_file = built.json("trace", "bedtime", "--text-file", str(file))
    assert (by_file["count"], by_file["more"], len(by_file["documents"])) == (2, 0, 2)
    assert by_file == built.json("trace", "bedtime", "--text", documents[0]["text"])


def test_hostile_text_never_reaches_the_terminal(built, traced):
    for option, value, code in (("--doc", traced["document"]["doc_id"], 0), ("--url", "\x1b[31m", 1)):
        result = built("trace", "bedtime", option, value, code=code)
        assert not {"\x1b", "\u202e"} & set(result.output)
        assert "\\x1b[31m" in result.output
    shown = built("trace", "bedtime", "--doc", traced["document"]["doc_id"]).stdout
    assert "\\u202etitle [bold]x[/bold]" in shown
    assert not {"\x1b", "\u202e"} & set(built("trace", "bedtime", "--url", "https://example.org/a", "--json").stdout)


@pytest.mark.parametrize(
    ("asked", "documents"),
    [
        (("--source", "tales"), 2),
        (("--source", "tales@dev"), 2),
        (("--license", "MIT"), 1),
        (("--url", "https://example.org/b"), 1),
        (("--host", "EXAMPLE.org"), None),
    ],
)
def test_impact_names_versions_documents_and_shards(built, asked, documents):
    (found,) = built.json("impact", *asked)["mixes"]
    assert found["mix"] == "bedtime@dev"
    assert len(found["version"]) == 64
    assert documents is None or found["documents"] == documents
    assert found["shards"] == [0]
    assert "bedtime@dev" in built("impact", *asked).stdout


def test_impact_by_text(built, documents):
    assert built.json("impact", "--text", documents[1]["text"])["mixes"][0]["documents"] == 1


def test_impact_by_ids(built):
    (found,) = built.json("trace", "bedtime", "--url", "https://example.org/b")["documents"]
    for option, name in (("--doc", "doc_id"), ("--record", "record_id")):
        assert built.json("impact", option, found["document"][name])["mixes"][0]["documents"] == 1


def test_nothing_found_is_an_empty_answer(built):
    assert built.json("impact", "--source", "nobody") == {"asked": {"source": "nobody"}, "mixes": []}
    assert "no version of any mix holds it" in built("impact", "--host", "nobody.example").stdout


def test_exactly_one_question(built):
    built("impact", code=2)
    built("trace", "bedtime", "--doc", "0" * 32, "--url", "x", code=2)
    assert "32 hexadecimal digits" in built("trace", "bedtime", "--doc", "xyz", code=2).stderr


def test_unknown_mix_and_document(built):
    assert "use one of bedtime@dev" in built("trace", "bedtim", "--doc", "0" * 32, code=1).stderr
    assert "holds document 000" in built("trace", "bedtime", "--doc", "0" * 32, code=1).stderr


def test_history_and_versions(built):
    (ref,) = built.json("history", "bedtime")
    assert ref["number"] == 1
    assert ref["id"] in {item["id"] for item in built.json("versions", "mixed")}
    assert "published/bedtime@dev" in built("versions").stdout
    assert "is not built yet" in built("history", "mixed/nothing@1", code=1).stderr
    pinned = f"bedtime@dev#{ref['id'][:10]}"
    assert built.json("trace", pinned, "--url", "https://example.org/b")["documents"][0]["mix"]["id"] == ref["id"]


def test_json_escapes_everything_outside_ascii(built):
    assert built("trace", "bedtime", "--url", "https://example.org/a", "--json").stdout.isascii()
    assert json.loads(built("status", "--json").stdout)["partitions"]["mixed"] == 1


@pytest.mark.parametrize(
    ("asked", "documents"),
    [
        (("--domain", "example.ORG"), None),
        (("--license-class", "permissive"), None),
        (("--text", f"  first. {MANY.upper()}", "--normalized"), 1),
        (("--text", f"First. {MANY} and more", "--near", "0.7"), 1),
    ],
)
def test_impact_by_what_many_share_and_by_what_is_alike(built, asked, documents):
    (found,) = built.json("impact", *asked)["mixes"]
    assert documents is None or found["documents"] == documents
    assert len(found["rows"]) == found["members"] + found["derived_members"]


def test_a_text_is_found_within_others(built):
    answer = built.json("impact", "--text", MANY[:200], "--within")
    assert [mix["documents"] for mix in answer["mixes"]] == [1]
    assert built.json("trace", "bedtime", "--text", MANY[:200], "--within")["count"] == 1
    assert built.json("impact", "--text", MANY[:200])["mixes"] == []
    assert built.json("impact", "--text", MANY[:200] + "?", "--within")["mixes"] == []
    assert "stands everywhere" in built("impact", "--text", "the", "--within", code=1).stderr
    built("impact", "--host", "x", "--within", code=2)


def test_a_near_text_says_how_near(built):
    answer = built.json("impact", "--text", f"First. {MANY} and more", "--near", "0.7")
    assert answer["asked"]["similarity"] == 0.7
    assert all(0.7 <= similarity < 1 for similarity in answer["near"].values())
    assert built.json("impact", "--text", "nothing of the kind", "--near")["mixes"] == []


def test_a_snapshot_is_asked_by_its_id(built, traced):
    (found,) = built.json("impact", "--snapshot", traced["snapshot"]["id"][:10])["mixes"]
    assert found["documents"] == 2
    assert "is no version of a snapshot" in built("impact", "--snapshot", "abcdef0", code=1).stderr


def test_a_text_is_compared_in_one_way(built):
    built("impact", "--text", "x", "--near", "--normalized", code=2)
    built("impact", "--url", "x", "--normalized", code=2)


def test_many_documents_are_bounded_and_counted(built):
    found = built.json("trace", "bedtime", "--source", "tales", "--limit", "1")
    assert (found["count"], found["more"], len(found["documents"])) == (2, 1, 1)
    assert "1 more documents of 2" in built("trace", "bedtime", "--source", "tales", "--limit", "1").stdout


@pytest.mark.parametrize("form", ["table", "dot", "mermaid"])
def test_forms_of_an_answer_hold_no_control_character(built, form):
    for words in (("trace", "bedtime", "--url", "https://example.org/a"), ("impact", "--source", "tales")):
        shown = built(*words, "--format", form).stdout
        assert shown
        assert not {"\x1b", "\u202e"} & set(shown)
    drawn = built("trace", "bedtime", "--url", "https://example.org/a", "--format", form).stdout
    assert form == "table" or "title" in drawn


def test_the_lineage_of_a_partition_goes_both_ways(built):
    above = built.json("lineage", "mixed/bedtime@dev")
    stages = [item["partition"].partition("/")[0] for item in above["versions"]]
    assert (stages[0], {*stages} >= {"snapshots", "filtered", "deduplicated"}) == ("mixed", True)
    below = built.json("lineage", "snapshots/tales@dev", "--down")
    assert {"mixed/bedtime@dev", "published/bedtime@dev"} <= {item["partition"] for item in below["versions"]}
    assert "snapshots/tales@dev" in built("lineage", "bedtime", "--format", "mermaid").stdout
    assert built("lineage", "bedtime", "--format", "dot").stdout.startswith("digraph")


def test_the_catalog_is_told_and_made_again(built):
    before = built.json("impact", "--host", "example.org")
    told = {(item["stage"], item["column"]): item for item in built.json("catalog", "rebuild")["indexes"]}
    assert told["mixed", "host"]["covered"] == told["mixed", "host"]["versions"] == 1
    assert built.json("catalog", "status")["tables"]["manifests"] > 5
    assert "joined" in built("catalog", "status").stdout
    assert built.json("impact", "--host", "example.org") == before


def test_sql_sees_documents_and_everything_beside_them(built):
    query = (
        "SELECT rule, count(*) AS n FROM verdicts JOIN documents USING (partition, doc_id) WHERE NOT keep GROUP BY 1"
    )
    assert built.json("sql", query.replace("USING (partition, doc_id)", "USING (doc_id)")) == [
        {"rule": "characters", "n": 1}
    ]
    titles = built("sql", "SELECT title, doc_id FROM documents ORDER BY locator", "--format", "csv").stdout
    assert "evil\\x1b[31m\\u202etitle" in titles
    assert not {"\x1b", "\u202e"} & set(titles + built("sql", "SELECT title FROM documents").stdout)
    assert built.json("sql", "SELECT count(*) AS n FROM members") == [{"n": 2}]
    assert built.json("sql", "SELECT 'nan'::double AS a, '-inf'::double AS b") == [{"a": "nan", "b": "-inf"}]
    views = built.json("sql", "--views")
    assert {"documents", "signals", "verdicts", "licenses", "families", "members", "manifests", "refs"} <= set(views)
    assert views["documents"]["title"] == {"type": "VARCHAR", "description": "as the source has it"}
    told = {view: names for view, names in views.items() if view in {*VIEWS, *CATALOG}}
    assert [(view, name) for view, names in told.items() for name in names if not names[name]["description"]] == []
    assert {(view, name) for view in COLUMNS.keys() & views.keys() for name in COLUMNS[view]} <= {
        (view, name) for view, names in views.items() for name in names
    }
    assert "half an id of its first parent" in built("sql", "--views").stdout
    assert "DuckDB refused the query" in built("sql", "SELECT nothing", code=1).stderr
