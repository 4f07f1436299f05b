"""The provenance pages as a server answers them: every look-up from the store, hostile input and data alike."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.lineage.overview import overview
from dagster_project.corpus.lineage.trace import documents_in
from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits.drawing import portray
from dagster_project.corpus.statements.statements import Statement, make_statement
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import load_manifest, published, resolve
from dagster_project.serving.app import application
from tests.corpora import prose
from tests.corpus.publishing.conftest import HOSTILE, MIX, built, hostile_rows
from tests.corpus.publishing.pages import HIDDEN, Page

ADDRESS = "https://example.org/x"
EVIL = '"><script>alert(1)</script>\u202e\x1b[31m'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    return built(tmp_path_factory.mktemp("served"), hostile_rows())


@pytest.fixture(scope="module")
def client(store: MemoryStore) -> TestClient:
    return TestClient(application(store), base_url="http://127.0.0.1:3001")


def page(client: TestClient, path: str, status: int = 200) -> Page:
    """A page that nests, runs nothing and leads nowhere but to pages of this server, to itself and to the web."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text[-400:]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = Page(answer.text)
    assert found.open == []
    assert not {"script", "img", "iframe", "link", "object", "base"} & {tag for tag, _ in found.tags}
    for _, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert re.match("https?://|/|#", attributes.get("href") or "#")
    assert not re.search(HIDDEN, answer.text)
    assert "T" * 5000 not in answer.text
    return found


def links(found: Page) -> set[str]:
    return {address for _, attributes in found.tags if (address := attributes.get("href") or "").startswith("/")}


def test_every_link_leads_to_a_page(client: TestClient) -> None:
    seen, left = set(), {"/"}
    while left:
        path = left.pop()
        seen.add(path)
        if path.endswith(".json"):
            assert client.get(path).headers["content-type"] == "application/json"
        else:
            left |= links(page(client, path)) - seen
    assert sum(path.startswith("/manifests/") for path in seen) > 20
    assert len(seen) < 100


def test_every_answer_has_its_headers(client: TestClient) -> None:
    for path in ("/", "/nothing", "/search", "/search.json?url=x", "/manifests/zz"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


def test_the_same_page_as_offline_less_its_index(client: TestClient, store: MemoryStore) -> None:
    mixed = impact(store, Question(source="plain"))[0]["version"]
    found = page(client, f"/mixes/{MIX.key}/{mixed[:12]}")
    assert page(client, f"/mixes/{MIX.key}").shown == found.shown
    assert "Kept out by the license policy" in found.shown
    manifests = {path for path in links(found) if path.startswith("/manifests/")}
    assert f"/manifests/{mixed}" in manifests
    assert {attributes["action"] for tag, attributes in found.tags if tag == "form"} == {"/search"}


@pytest.mark.parametrize(
    "question",
    [
        {"url": f"{ADDRESS}?utm_source=x"},
        {"host": "example.org"},
        {"license": "MIT"},
        {"source": "plain"},
        {"text": prose(51)},
    ],
)
def test_searches_say_what_impact_says(client: TestClient, store: MemoryStore, question: dict[str, str]) -> None:
    told = client.get("/search.json", params=question).json()
    assert told["mixes"] == json.loads(encoded(impact(store, Question(**question))))
    assert told["mixes"][0]["members"] > 0
    for entry in told["entries"]:
        exported = load_manifest(store, told["mixes"][0]["published"])
        assert entry["row"] < exported.files[entry["shard"]].rows
        assert page(client, f"/mixes/{entry['mix']}/{entry['version']}/documents/{entry['doc_id']}")
    found = page(client, str(client.get("/search", params=question).url).removeprefix("http://127.0.0.1:3001"))
    assert told["entries"][0]["doc_id"] in found.shown


def test_spans_of_a_text_are_marked(client: TestClient, store: MemoryStore) -> None:
    version = resolve(store, Partition("published", MIX.key))
    portray(store, LocalEngine(1), load_manifest(store, version))
    text = f"<script>alert(1)</script> and then \u202e {prose(51)}"[:4000]
    found = page(client, f"/text?{urlencode({'mix': MIX.key, 'text': text})}")
    assert "mark" in {tag for tag, _ in found.tags}
    assert prose(51).splitlines()[3] in found.shown.replace("\u200b", "")
    other = page(client, f"/text?{urlencode({'mix': MIX.key, 'text': 'nothing of the kind ' * 20})}")
    assert "mark" not in {tag for tag, _ in other.tags}
    assert "0 of 400 characters" in other.shown
    page(client, "/text?mix=none@1&text=x", 404)
    page(client, "/text?text=x", 400)


def test_what_is_stated_of_a_version_is_told_at_once(client: TestClient, store: MemoryStore) -> None:
    version = resolve(store, MIX)
    plain = page(client, f"/mixes/{MIX.key}")
    assert "nobody signed it off" in plain.shown
    make_statement(store, Statement("attested", version, str(MIX), said=EVIL, name="Ann " + EVIL, role="counsel"))
    told = page(client, f"/mixes/{MIX.key}")
    assert "nobody signed it off" not in told.shown
    assert all(said in told.shown for said in ("attested", "counsel", "not signed"))
    assert "This version is" not in told.shown
    make_statement(store, Statement("withdrawn", version, str(MIX), entries=("e1",)))
    assert "This version is withdrawn" in page(client, f"/mixes/{MIX.key}").shown
    assert "newest, withdrawn" in page(client, "/").shown
    make_statement(store, Statement("restored", version, str(MIX), entries=("e1",)))
    assert "newest, withdrawn" not in page(client, "/").shown


def test_a_document_is_told_with_its_raw_object(client: TestClient, store: MemoryStore) -> None:
    seen = overview(store)
    (doc_id,) = documents_in(seen, seen.version_of(MIX), Question(url=ADDRESS)).documents
    told = client.get("/search.json", params={"doc": doc_id.hex()}).json()["entries"][0]
    found = page(client, f"/mixes/{told['mix']}/{told['version'][:12]}/documents/{told['doc_id']}")
    assert "hostile.jsonl" in found.shown
    assert "MIT work" in found.shown


def test_manifests_are_told_as_the_store_has_them(client: TestClient, store: MemoryStore) -> None:
    version = impact(store, Question(source="plain"))[0]["version"]
    assert client.get(f"/manifests/{version}.json").content == load_manifest(store, version).encoded()
    assert page(client, f"/manifests/{version}").shown == page(client, f"/manifests/{version[:16]}").shown
    assert client.get(f"/manifests/{version[:16]}.json").content == load_manifest(store, version).encoded()


def test_data_docs_are_served(client: TestClient, store: MemoryStore) -> None:
    index = page(client, "/checks")
    assert {str(item) for item in published(store)} == {
        path.removeprefix("/checks/") for path in links(index) if path.startswith("/checks/")
    }
    assert f"mixed/{MIX.key}" in page(client, f"/checks/mixed/{MIX.key}").shown
    result = client.get(f"/checks/mixed/{MIX.key}/result.json").json()
    assert result["meta"]["version"] == resolve(store, MIX)
    parts = page(client, "/checks/signals/plain@dev")
    assert "/checks/signals/plain@dev/counts" in links(parts)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/checks/mixed/none@1", 404),
        ("/checks/mixed/..%2F..%2Fetc", 404),
        ("/checks/thoughts/a@1", 404),
        ("/checks/x", 404),
        (f"/checks/mixed/{'x' * 5000}@1", 404),
        ("/search", 400),
        ("/search?url=a&host=b", 400),
        ("/search?url=a&url=b", 400),
        ("/search?path=/etc/passwd", 400),
        ("/search?url=", 400),
        (f"/search?url={'x' * 2001}", 400),
        (f"/search?text={'x' * 4001}", 400),
        (f"/search?text={'x' * 60_001}", 414),
        ("/search?license=%3C%3C", 400),
        ("/search?doc=%27%20OR%201=1", 400),
        ("/mixes/none@1", 404),
        ("/mixes/..%2F..%2Fetc", 404),
        ("/mixes/hostile@dev/zz", 404),
        (f"/mixes/hostile@dev/{'0' * 64}", 404),
        ("/manifests/..%2Frefs", 404),
        (f"/manifests/{'0' * 64}", 404),
        (f"/manifests/{'0' * 16}", 404),
        (f"/manifests/{'0' * 15}", 404),
        ("/nothing", 404),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(client: TestClient, path: str, status: int) -> None:
    assert len(page(client, path, status).shown) < 20_000


@pytest.mark.parametrize("name", ["url", "host", "source", "text", "license", "doc"])
def test_hostile_questions_are_shown_and_do_nothing(client: TestClient, name: str) -> None:
    for word in (EVIL, *HOSTILE[:6]):
        address = str(client.get("/search", params={name: word}).url).removeprefix("http://127.0.0.1:3001")
        status = client.get(address).status_code
        assert status in (200, 400)
        assert "<script>alert" not in client.get(address).text
        page(client, address, status)


def test_only_reading(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, "/").status_code == 405


def test_other_names_for_this_machine_are_refused(store: MemoryStore) -> None:
    assert TestClient(application(store), base_url="http://evil.example").get("/").status_code == 400
    assert TestClient(application(store, "0.0.0.0"), base_url="http://florilegium.lan").get("/").status_code == 200


def test_pages_of_a_store_without_mixes() -> None:
    assert "No mix is built yet" in page(TestClient(application(MemoryStore()), base_url="http://localhost"), "/").shown
