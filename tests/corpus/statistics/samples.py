"""Random shards of documents as the statistics read them, and the slow, obvious count of the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from dagster_project.corpus.model.dates import CONFIDENCE, MOMENT
from dagster_project.corpus.statistics.tallies import READ

NUMBERS = ("words", "text_bytes", "boilerplate_characters", "with_url")
LICENSES = {"MIT": "permissive", "GPL-3.0-only": "copyleft", "NOASSERTION": "unknown"}
MOMENTS = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(1993, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
NAMES = st.none() | st.sampled_from(["a.org", "b.org", "ü.example", "x" * 300]) | st.text(max_size=3)
DOCUMENT = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["de", "en", "und", "zh"]),
        "declared": st.none() | st.sampled_from(["de", "DE-at", "en_US", " en ", "", "pt-BR\nx", "tlh"]),
        **{name: st.integers(0, 9) for name in NUMBERS},
        "license": st.sampled_from(list(LICENSES)),
        "host": NAMES,
        "domain": NAMES,
        **{f"{date}_at": MOMENTS for date in ("published", "collected")},
        **{f"{date}_confidence": st.sampled_from(CONFIDENCE) for date in ("published", "collected")},
    }
).map(lambda row: {**row, "license_class": LICENSES[row["license"]]})
Row = dict[str, Any]


def read_of(rows: list[Row]) -> pa.Table:
    kinds = {**dict.fromkeys(NUMBERS, pa.int64()), "published_at": MOMENT, "collected_at": MOMENT}
    return pa.table(
        {name: pa.array([row[name] for row in rows], kinds.get(name, pa.string())) for name in READ},
    )


def counted_slowly(rows: list[Row]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """(facet, language, value) → (documents, words), one document at a time."""
    documents: Counter[tuple[str, str, str]] = Counter()
    words: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        for facet, value in values_of(row).items():
            if value is not None:
                documents[facet, row["language"], value[:253]] += 1
                words[facet, row["language"], value[:253]] += row["words"]
    return {key: (documents[key], words[key]) for key in documents}


def values_of(row: Row) -> dict[str, str | None]:
    declared = (row["declared"] or "").strip()
    primary = declared.replace("_", "-").split("-")[0].lower()
    return {
        **{name: row[name] for name in ("license", "domain", "host", "published_confidence", "collected_confidence")},
        **{
            f"{date}_year": str(row[f"{date}_at"].year) if row[f"{date}_at"] else ""
            for date in ("published", "collected")
        },
        "declared": declared if declared and primary != row["language"] else None,
    }
