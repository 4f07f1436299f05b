"""The consent group: page and site together, which capture counts, redirects, and one site held at a time."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.dates import MOMENT
from dagster_project.corpus.model.documents import EVIDENCE, SITE_FILES
from dagster_project.corpus.signals import consent
from dagster_project.corpus.signals.consent import SCHEMA, Capture, SiteFiles, captured, measure
from dagster_project.corpus.signals.site_statements import AI, ROBOTS, TDMREP, SiteFile
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard

OUT = "User-agent: *\nDisallow: /private"
GPT = "User-agent: GPTBot\nDisallow: /"


def sites(*rows: tuple[str, str, int, str, int | None]) -> SiteFiles:
    store = MemoryStore()
    said = [dict(zip(SITE_FILES.names, row, strict=True)) for row in sorted(rows, key=str)]
    table = pa.table({name: [row[name] for row in said] for name in SITE_FILES.names}, schema=SITE_FILES)
    return SiteFiles(store, (write_shard(store, table, access="public"),))


def documents(*rows: tuple[str | None, int | None], said: dict[int, list[dict[str, str]]] | None = None) -> Block:
    return Block(
        pa.table(
            {
                "doc_id": pa.array([bytes([n]) * 16 for n in range(len(rows))], pa.binary(16)),
                "url": pa.array([url for url, _ in rows], pa.string()),
                "reservations": pa.array([(said or {}).get(n, []) for n in range(len(rows))], pa.list_(EVIDENCE)),
                "collected_at": pa.array([at for _, at in rows], MOMENT),
            }
        )
    )


def tokens(table: pa.Table) -> list[list[str]]:
    found: list[list[str]] = table.column("reservations").to_pylist()
    return found


def evidence(kind: str, value: str) -> dict[str, str]:
    return {"kind": kind, "value": value, "where": "here"}


def test_page_and_site_speak_together() -> None:
    known = sites(("http://a.test", ROBOTS, 200, GPT, 5), ("http://a.test", TDMREP, 200, TDM, 5))
    table, profile = measure(
        documents(
            ("HTTP://A.test:80/x?utm_source=1#f", 9),
            ("http://b.test/", 9),
            (None, None),
            ("mailto:a@a.test", 9),
            said={0: [evidence("meta.robots", "noai")], 2: [evidence("http.x-robots-tag", "noindex")]},
        ),
        {},
        sites=known,
    )
    assert table.schema.equals(SCHEMA)
    assert tokens(table) == [["noai", "robots.txt:gptbot", "tdm"], [], ["noindex"], []]
    assert table.column("tdm_policy").to_pylist() == [POLICY, None, None, None]
    assert profile == {
        "reserved": 2,
        "without_site_files": 3,
        "reservations": {"noai": 1, "noindex": 1, "robots.txt:gptbot": 1, "tdm": 1},
        "with_tdm_policy": 1,
    }


POLICY = "https://a.test/policy"
TDM = f'[{{"location": "/", "tdm-reservation": 1, "tdm-policy": "{POLICY}"}}]'


def test_a_pages_own_word_on_tdm_counts_for_more_than_its_sites() -> None:
    known = sites(("http://a.test", TDMREP, 200, TDM, None))
    said = {0: [evidence("meta.tdm-reservation", "0")], 1: [evidence("http.tdm-policy", "https://own.test/")]}
    table, _ = measure(documents(("http://a.test/", 1), ("http://a.test/", 1), said=said), {}, sites=known)
    assert tokens(table) == [[], ["tdm"]]
    assert table.column("tdm_policy").to_pylist() == [None, "https://own.test/"]


@pytest.mark.parametrize(
    ("times", "at", "chosen"),
    [
        ([1, 5, 9], 5, 5),
        ([1, 5, 9], 8, 5),
        ([1, 5, 9], 0, 1),
        ([0, 5], 0, 0),
        ([1, 5, 9], 99, 9),
        ([1, 5, 9], None, 9),
        ([None, 5, 9], 1, 5),
        ([None], 1, None),
        ([None, 5], None, 5),
    ],
)
def test_the_newest_capture_no_younger_than_the_page_counts(
    times: list[int | None], at: int | None, chosen: int | None
) -> None:
    captures = [Capture(time, SiteFile(ROBOTS, 200, str(time))) for time in times]
    assert captured(captures, at) is captures[times.index(chosen)].file


def test_captures_are_put_in_the_order_of_time() -> None:
    known = sites(*[("http://a.test", ROBOTS, 200, text, at) for text, at in ((GPT, 10), ("", 9), (OUT, 100))])
    pages = documents(*[("http://a.test/private", at) for at in (9, 10, 99, 100, None)])
    table, _ = measure(pages, {}, sites=known)
    assert tokens(table) == [[], ["robots.txt:gptbot"], ["robots.txt:gptbot"], ["robots.txt:*"], ["robots.txt:*"]]


def test_a_redirect_asks_the_https_twin_and_nobody_else() -> None:
    known = sites(
        ("http://a.test", ROBOTS, 301, "", 1),
        ("https://a.test", ROBOTS, 200, GPT, 1),
        ("http://b.test", ROBOTS, 302, "", 1),
        ("https://c.test", ROBOTS, 301, "", 1),
        ("https://b.test", AI, 200, GPT, 1),
    )
    pages = documents(("http://a.test/", 2), ("https://a.test/", 2), ("http://b.test/", 2), ("https://c.test/", 2))
    table, _ = measure(pages, {}, sites=known)
    assert tokens(table) == [["robots.txt:gptbot"], ["robots.txt:gptbot"], [], []]


def test_sites_are_told_apart_by_scheme_host_and_port() -> None:
    known = sites(("http://a.test:8801", ROBOTS, 200, GPT, 1))
    pages = documents(("http://a.test:8801/x", 1), ("http://a.test/x", 1), ("https://a.test:8801/", 1))
    assert tokens(measure(pages, {}, sites=known)[0]) == [["robots.txt:gptbot"], [], []]


def test_one_site_is_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "ROWS_AT_ONCE", 3)
    known = sites(
        *[(f"http://s{n:03}.test", path, 200, GPT, at) for n in range(50) for path in (ROBOTS, AI) for at in (1, 2)]
    )
    wanted = [f"http://s{n:03}.test" for n in (3, 4, 40)]
    found = [(site, {path: len(held) for path, held in captures.items()}) for site, captures in known.of(wanted)]
    assert found == [(site, {AI: 2, ROBOTS: 2}) for site in wanted]


def test_without_site_files_the_page_speaks_alone() -> None:
    pages = documents(("http://a.test/", 1), said={0: [evidence("meta.robots", "noai")]})
    for known in (None, SiteFiles(MemoryStore(), ())):
        assert tokens(measure(pages, {}, sites=known)[0]) == [["noai"]]


def test_agents_that_pages_make_up_do_not_swell_the_profile() -> None:
    row: list[dict[str, Any]] = [
        {"kind": "http.x-robots-tag", "value": "noai", "where": f"header X-Robots-Tag, for bot{n}"} for n in range(50)
    ]
    table, profile = measure(documents(("http://a.test/", 1), said={0: row}), {})
    assert len(tokens(table)[0]) == 50
    assert profile["reservations"] == {"noai:other": 1}


def test_site_files_travel_as_names() -> None:
    known = sites(("http://a.test", ROBOTS, 200, "#" * 400_000, 1))
    assert len(pickle.dumps(known.files)) < 1_000
