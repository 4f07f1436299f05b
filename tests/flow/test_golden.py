"""Golden version ids: when one changes, the output of its stage changed, and its CODE_VERSION must change with it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import Lenient, documents, library, prose, write_jsonl, write_recipes
from tests.corpus.sources.warcs import answer, packed, record, text_record, warcinfo

GOLDEN = {
    "deduplicated/notes@dev": "8dfa001c2342dd0e",
    "families/notes@dev": "e2e91e032f3a1dda",
    "filtered/notes@dev+plain": "e1dce3e734f084f8",
    "fingerprints/notes@dev/words5-14x8": "1d14a041084fb756",
    "licensed/notes@dev": "48f61a7511969d31",
    "mixed/notes@dev": "19cc50c4af136723",
    "published/notes@dev": "d4efcc62d405602b",
    "signals/notes@dev/counts": "ab59e9bda84924d5",
    "signals/notes@dev/language": "26533a2b9070cfb0",
    "snapshots/notes@dev": "b424a32c5f251c7d",
}
GOLDEN_OF_A_CRAWL = {
    "licensed/crawl@dev": "768c71bca4d84d19",
    "signals/crawl@dev/addresses": "28e2672eac5e0557",
    "signals/crawl@dev/consent": "6c8b412f778cf917",
    "signals/crawl@dev/counts": "869646b4caa2f370",
    "signals/crawl@dev/language": "2b052dd307295033",
    "snapshots/crawl@dev": "2632ffa3978bd959",
    "statistics/crawl@dev": "cce36ecf3981de64",
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
