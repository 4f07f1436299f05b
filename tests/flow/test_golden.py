"""Golden version ids: when one changes, the output of its stage changed, and its CODE_VERSION must change with it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import Lenient, documents, library, prose, write_jsonl, write_recipes
from tests.corpus.sources.warcs import answer, packed, record, text_record, warcinfo

GOLDEN = {
    "deduplicated/notes@dev": "3ac117de98d0d3bf",
    "families/notes@dev": "b8827b6e4754d484",
    "filtered/notes@dev+plain": "0a5cc7956f6c912a",
    "fingerprints/notes@dev/words5-14x8": "62c80d280cbd8615",
    "licensed/notes@dev": "98e09a76545a81f3",
    "mixed/notes@dev": "de8618bd92e05dbd",
    "published/notes@dev": "bb494e6072a29010",
    "signals/notes@dev/counts": "b65f42c2c2691590",
    "signals/notes@dev/language": "83abbb171c783ef2",
    "snapshots/notes@dev": "e17ff5ab58f2d3d6",
}
GOLDEN_OF_A_CRAWL = {
    "licensed/crawl@dev": "a58aec1430b23d1d",
    "signals/crawl@dev/addresses": "c8c10b8a31e0149b",
    "signals/crawl@dev/consent": "062255d2c00424e5",
    "signals/crawl@dev/counts": "a661c11e3f31ee0b",
    "signals/crawl@dev/language": "db858864f77164b4",
    "snapshots/crawl@dev": "057c4464b1ddc1de",
    "statistics/crawl@dev": "bb7bbc79d471f0ec",
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
