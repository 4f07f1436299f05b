"""Golden version ids: when one changes, the output of its stage changed, and its CODE_VERSION must change with it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import Lenient, documents, library, prose, write_jsonl, write_recipes
from tests.corpus.sources.warcs import answer, packed, record, text_record, warcinfo

GOLDEN = {
    "deduplicated/notes@dev": "5d3292bc747593e4",
    "families/notes@dev": "c25af481b5090a48",
    "filtered/notes@dev+plain": "e3a7ec148fe84d3f",
    "fingerprints/notes@dev/words5-14x8": "84b3020fa32f2861",
    "licensed/notes@dev": "468b417c173b9d15",
    "mixed/notes@dev": "2d5e24afa666278c",
    "published/notes@dev": "983964f6e74fe393",
    "signals/notes@dev/counts": "c8e93d1ec6df6118",
    "signals/notes@dev/language": "a0432c85b8bf2f7f",
    "snapshots/notes@dev": "acab5b564d2e1ad0",
}
GOLDEN_OF_A_CRAWL = {
    "licensed/crawl@dev": "bd0d826307136726",
    "signals/crawl@dev/addresses": "c7cce7f6364e105f",
    "signals/crawl@dev/consent": "a3ad030461572470",
    "signals/crawl@dev/counts": "1441f7c55f5f863d",
    "signals/crawl@dev/language": "aa2e3a04b7b1c266",
    "snapshots/crawl@dev": "71f8aa5809c8997d",
    "statistics/crawl@dev": "94ef13ef97dd18f6",
}


def test_output_changes_only_with_a_code_version(tmp_path: Path) -> None:
    rows = [*documents(30), *({"text": prose(n), "license": "Apache-2.0"} for n in (1, 2, 2, 70))]
    rows += [
        {
            "id": "ünï",
            "text": "Straße 東京 ٣٤٥ naïve café… “quoted” 1,234.5 don't stop.\n" * 6,
            "license": "CC BY-SA 4.0",
        }
    ]
    store = MemoryStore()
    library(store, write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))).build(
        Partition("published", "notes@dev")
    )
    compare(found_in(store), GOLDEN)


PAGE = """<!doctype html><html lang="de"><head><title>Ein Blatt &amp; mehr</title>
<meta property="article:published_time" content="2021-03-04"><meta name="robots" content="noai">
<link rel="license" href="https://creativecommons.org/licenses/by-sa/2.0/de/"></head>
<body><nav><a href="/">Start</a></nav>
<main><h1>Überschrift</h1><p>Ein <a href="b?x=1#y">Absatz</a> mit Text, 東京 und <code>code</code>.</p>
<ul><li>eins<li>zwei</ul><table><tr><th>A<td>B</table><pre class="language-python">x = 1\n  y</pre>
<p>MORE</p></main><footer>Impressum</footer></body></html>"""


def test_reading_a_crawl_changes_only_with_a_code_version(tmp_path: Path) -> None:
    pages = [
        record(n, answer(PAGE.replace("MORE", prose(n)).encode(), "Last-Modified: Thu, 01 Oct 2020 10:00:00 GMT"))
        for n in (1, 2)
    ]
    robots = record(
        3, answer(b"User-agent: GPTBot\nDisallow: /2", "Content-Type: text/plain"), url="http://site.test/robots.txt"
    )
    text = text_record(4, b"Nur Text.\n\nUnd noch ein Absatz.")
    gone = record(5, answer(b"", status="404 Not Found"))
    (tmp_path / "a.warc.gz").write_bytes(packed([warcinfo(), *pages, robots, text, gone]))
    recipes = tmp_path / "r" / "sources"
    recipes.mkdir(parents=True)
    (recipes / "crawl.yaml").write_text(f"name: crawl\nformat: warc\nlocation: {tmp_path}/a.warc.gz\n")
    store = MemoryStore()
    built = library(store, tmp_path / "r", auditor=Lenient())
    built.build(Partition("statistics", "crawl@dev"))
    built.build(Partition("signals", "crawl@dev", "consent"))
    compare(found_in(store), GOLDEN_OF_A_CRAWL)


def found_in(store: MemoryStore) -> dict[str, str]:
    return {str(item): refs.resolve(store, item)[:16] for item in refs.published(store)}


def compare(found: dict[str, str], golden: dict[str, str]) -> None:
    changed = sorted(name for name in found if found[name] != golden.get(name))
    assert not changed, f"the output of {changed} changed: bump CODE_VERSION there, then take over {found}"
    assert found.keys() == golden.keys()
