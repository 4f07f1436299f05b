"""WARC to documents: ours, datatrove's reader and Trafilatura, resiliparse alone, and bare FastWARC iteration."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa

from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.snapshots.identify import identify
from dagster_project.corpus.sources.registry import source_for

REPEATS = 3


def run(path: str | None, limit_mb: float) -> dict[str, Any]:
    """All four on one file, one process each way; datatrove gets the first `limit_mb` of the pages."""
    if path is None:
        raise ValueError("this benchmark reads a WARC file: name it with --input")
    pages, floor_seconds = timed(lambda: list(html_pages(path)))
    plain, parse_seconds = timed(lambda: [resiliparse_text(body) for _, body in pages])
    recipe = SourceRecipe("benchmark", "warc", location=path)
    documents(recipe)  # compiles
    ours, our_seconds = timed(lambda: documents(recipe))
    sample = within(pages, limit_mb * 1e6)
    theirs, their_seconds = datatrove_texts(path, len(sample))
    size, part = megabytes(pages), megabytes(sample)
    by_url = {url: text for table in ours for url, text in zip(*map(list, columns(table)), strict=True)}
    return {
        "pages": len(pages),
        "html_megabytes": round(size, 1),
        "file_megabytes": round(os.path.getsize(path) / 1e6, 1),
        "documents": sum(table.num_rows for table in ours),
        "documents_per_second": round(sum(table.num_rows for table in ours) / our_seconds),
        "html_mb_per_second": round(size / our_seconds, 1),
        "fastwarc_floor_mb_per_second": round(size / floor_seconds, 1),
        "resiliparse_mb_per_second": round(size / parse_seconds, 1),
        "times_resiliparse_cost": round((our_seconds - floor_seconds) / parse_seconds, 2),
        "datatrove_pages": len(sample),
        "datatrove_documents_per_second": round(len(theirs) / their_seconds, 1),
        "ratio_to_datatrove": round((their_seconds / part) / (our_seconds / size), 1),
        "same_text_as_resiliparse": share(by_url, {url: text for (url, _), text in zip(pages, plain, strict=True)}),
        "words_shared_with_trafilatura_f1": overlap(by_url, theirs),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def timed(work: Any) -> tuple[Any, float]:
    """The result, and the median time of REPEATS runs."""
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        found = work()
        seconds.append(perf_counter() - start)
    return found, float(np.median(seconds))


def html_pages(path: str) -> Iterator[tuple[str, bytes]]:
    """(address, body) of every page: what nobody can read faster."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            if record.http_headers.status_code == 200 and record.http_content_type == "text/html":
                yield record.headers.get("WARC-Target-URI").strip("<>"), record.reader.read()


def resiliparse_text(body: bytes) -> str:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse_from_bytes(body, detect_encoding(body))
    return str(extract_plain_text(tree, main_content=True, list_bullets=False))


def documents(recipe: SourceRecipe) -> list[pa.Table]:
    """Documents with ids, structure, evidence and dates, as a snapshot would store them."""
    source = source_for(recipe.format)
    parts = (part for item in source.objects(recipe) for part in source.parts(recipe, item))
    batches = (batch.records for part in parts for batch in source.read(recipe, part))
    return [identify(pa.Table.from_batches([records]), recipe.name) for records in batches if records.num_rows]


def columns(table: pa.Table) -> tuple[list[str], list[str]]:
    return table.column("url").to_pylist(), table.column("text").to_pylist()


def within(pages: list[tuple[str, bytes]], size: float) -> list[tuple[str, bytes]]:
    sizes = np.cumsum([len(body) for _, body in pages])
    return pages[: max(1, int(np.searchsorted(sizes, size, side="right")))]


def megabytes(pages: list[tuple[str, bytes]]) -> float:
    return sum(len(body) for _, body in pages) / 1e6


def datatrove_texts(path: str, limit: int) -> tuple[dict[str, str], float]:
    """Address to text of the first `limit` pages, as datatrove's WarcReader and Trafilatura give them.

    Its question for the type of a body is answered with text/html: libmagic takes XHTML for XML, and it would be lost.
    """
    try:
        import magic
        from datatrove.pipeline.extractors import Trafilatura
        from datatrove.pipeline.readers import WarcReader
        from loguru import logger
    except (ModuleNotFoundError, ImportError) as error:
        message = f"this benchmark needs datatrove ({error}): pip install 'florilegium[bench]', and libmagic"
        raise ModuleNotFoundError(message) from None
    logger.disable("datatrove")
    folder, name = os.path.split(os.path.abspath(path))
    reader = WarcReader(folder, glob_pattern=name, limit=limit)
    with patch.object(magic, "from_buffer", lambda *_, **__: "text/html"):
        start = perf_counter()
        found = {item.metadata["url"].strip("<>"): item.text for item in Trafilatura(timeout=60).run(reader.run())}
        return found, perf_counter() - start


def share(ours: dict[str, str], theirs: dict[str, str]) -> float:
    """Pages whose text is the same but for white space."""
    same = [squeezed(ours.get(url, "")) == squeezed(text) for url, text in theirs.items()]
    return round(float(np.mean(same)), 4)


def squeezed(text: str) -> str:
    return "".join(text.split())


def overlap(ours: dict[str, str], theirs: dict[str, str]) -> float:
    """Mean F1 of the words of a page, as sets."""
    scores = []
    for url, text in theirs.items():
        a, b = set(ours.get(url, "").split()), set(text.split())
        scores.append(2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0)
    return round(float(np.mean(scores)), 4) if scores else 0.0
