"""The provenance page in a real browser: it loads nothing, runs nothing of its data, searches, and fits."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from dagster_project.corpus.lineage.index import key_of_value
from dagster_project.corpus.lineage.overview import overview
from dagster_project.corpus.lineage.questions import Question
from dagster_project.corpus.lineage.trace import documents_in
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.urls import canonical_url
from dagster_project.corpus.publishing.reports import render
from dagster_project.corpus.storage.memory import MemoryStore
from tests.browser import CHROMIUM, Tab, chromium
from tests.corpora import prose
from tests.corpus.publishing.conftest import MIX

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
ADDRESSES = (
    "https://example.org/x",
    "HTTPS://user:secret@Example.org:443/x?utm_source=a&UTM_b=c#top",
    "https://example.org/a/../x?#part",
    "https://example.org/x;jsessionid=12AB?gclid=1",
    "https://example.org/x?a=1&b=;jsessionid=9&fbclid=2",
    "https://bücher.example/ü?q=ü",
    "http://0x7f.1/x",
    "ftp://example.org/f",
    "mailto:someone@example.org",
    "no address at all",
)


@pytest.fixture(scope="module")
def tab(hostile_store: MemoryStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    folder = tmp_path_factory.mktemp("opened")
    (folder / "index.html").write_bytes(render(hostile_store, MIX, "html"))
    with chromium(folder / "profile") as tab:
        tab.look(1280)
        tab.open((folder / "index.html").as_uri())
        yield tab


def searched(tab: Tab, kind: str, text: str) -> str:
    """What the page says to a search, typed and sent by the keyboard."""
    tab.ask("document.getElementById('found-status').textContent = ''")
    tab.ask(f"document.getElementById('q-{kind}').value = {json.dumps(text)}")
    tab.ask(f"document.getElementById('q-{kind}').closest('form').querySelector('button').focus()")
    tab.press("Enter")
    tab.until("document.getElementById('found-status').textContent !== ''")
    return str(tab.ask("document.getElementById('found-status').textContent"))


def test_nothing_is_loaded_and_nothing_of_the_data_runs(tab: Tab) -> None:
    assert [url for url in tab.requests if not url.startswith("file:")] == []
    assert len(tab.requests) == 1
    assert tab.complaints == []
    assert tab.dialogs == []
    assert tab.ask("document.scripts.length") == 2
    assert "<script>alert(1)</script>" in tab.ask("document.querySelector('main').innerText")


def test_a_script_that_got_in_would_not_run(tab: Tab) -> None:
    tab.ask(
        "const made = document.createElement('script'); made.textContent = 'window.hit = 1'; document.body.append(made)"
    )
    tab.ask("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hit = 1\">')")
    assert tab.ask("new Promise((done) => setTimeout(() => done(window.hit === undefined), 200))") is True


def test_an_address_is_found_however_it_is_spelled(tab: Tab, hostile_store: MemoryStore) -> None:
    for address in ADDRESSES[:4]:
        assert "of the mix" in searched(tab, "url", address), address
    shown = set(tab.ask("[...document.querySelectorAll('#found th code')].map((code) => code.textContent)"))
    seen = overview(hostile_store)
    meant = documents_in(seen, seen.version_of(MIX), Question(url=ADDRESSES[0]))
    assert shown == {doc_id.hex() for doc_id in meant.documents}
    assert "Nothing in this mix" in searched(tab, "url", "https://example.org/other")


def test_addresses_are_spelled_as_the_store_spells_them(tab: Tab) -> None:
    """The keys that the page looks up are those that the index of the store has."""
    tab.ask("window.keys = []; window.digest = crypto.subtle.digest.bind(crypto.subtle)")
    noted = "const found = await digest(name, bytes); keys.push(String(new DataView(found).getBigUint64(0)));"
    tab.ask(f"crypto.subtle.digest = async (name, bytes) => {{ {noted} return found; }}")
    for address in ADDRESSES:
        tab.ask("keys.length = 0")
        searched(tab, "url", address)
        assert str(int(key_of_value(canonical_url(address)))) in tab.ask("keys"), address


def test_a_text_a_license_and_a_source_are_found(tab: Tab) -> None:
    assert "of the mix" in searched(tab, "text", prose(51))
    assert "of the mix" in searched(tab, "text", prose(51) + "\n")
    assert "MIT" in tab.ask("document.getElementById('found').innerText")
    assert "Nothing in this mix" in searched(tab, "text", "what nobody wrote")
    assert "of the mix" in searched(tab, "name", "cc-by-sa")
    assert "plain@" in tab.ask("document.getElementById('found').innerText")
    assert "Nothing in this mix" in searched(tab, "name", "<img src=x onerror=alert(1)>")
    assert tab.dialogs == []


def test_it_is_used_by_the_keyboard(tab: Tab) -> None:
    tab.open(tab.ask("location.href"))
    tab.press("Tab")
    assert tab.ask("document.activeElement.className") == "skip"
    tab.ask("document.getElementById('unit-documents').focus()")
    shown = "getComputedStyle(document.querySelector('.flow .words')).display"
    assert tab.ask(shown) == "none"
    tab.press("ArrowRight")
    assert tab.ask(shown) != "none"
    tab.press("Tab")
    assert tab.ask("document.activeElement.getAttribute('role')") == "region"  # can be scrolled by its keys
    tab.press("Tab")
    assert tab.ask("document.activeElement.tagName") == "SUMMARY"
    tab.press("Enter")
    assert tab.ask("document.activeElement.parentElement.open") is True


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits(tab: Tab, width: int, scheme: str) -> None:
    tab.look(width, scheme)
    assert tab.ask("document.documentElement.scrollWidth") == width
    beyond = "[...document.querySelectorAll('main *')].filter((e) => !e.closest('.flow') && "
    assert (
        tab.ask(f"{beyond}e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 99))") == []
    )
    light = tab.ask("getComputedStyle(document.body).backgroundColor")
    assert (light == "rgb(251, 250, 246)") == (scheme == "light")


def test_every_picture_has_the_same_as_a_table(tab: Tab) -> None:
    assert tab.ask("document.querySelectorAll('svg:not([aria-hidden=true])').length") == 0
    without = "[...document.querySelectorAll('figure')].filter((figure) => !figure.querySelector('table caption'))"
    assert tab.ask(f"{without}.length") == 0
    assert Partition("mixed", tab.ask("document.querySelector('header code').textContent")) == MIX
