"""The columns of corpora as they are published, by the name under which a recipe asks for them.

A shape says where a published corpus keeps what we ask for; a column that the recipe names itself comes first, and
what a file lacks is simply unknown, as long as it has the text.
"""

from __future__ import annotations

from dataclasses import fields, replace

from dagster_project.corpus.model.recipes import Columns

# shape: its columns, and after it where that is documented
SHAPES: dict[str, Columns] = {
    # allenai/dolma, docs/data-format.md: an id is unique within one `source`, so each of these is a recipe of its own;
    # added: acquired; created: the original, or a best guess at it
    "dolma": Columns("text", key="id", url="metadata.url", collected_at="added", published_at="created"),
    # togethercomputer/RedPajama-Data-1T, dataset card: text, and meta as an object or as a string that holds JSON
    "redpajama": Columns(
        "text", url="meta.url", title="meta.title", language="meta.language", license="meta.license",
        collected_at="meta.timestamp",
    ),
    # togethercomputer/RedPajama-Data-V2 on the Hugging Face hub, dataset card: raw_content, doc_id, meta (JSON)
    "redpajama-v2": Columns(
        "raw_content", key="doc_id", url="meta.url", title="meta.title", language="meta.language",
        collected_at="meta.date_download",
    ),
    # facebookresearch/cc_net, README, "Output": also the `documents` files of RedPajama-Data-V2
    "ccnet": Columns("raw_content", url="url", title="title", language="language", collected_at="date_download"),
    # HuggingFaceFW/fineweb, dataset card: text, id (of the WARC record), dump, url, date (of the crawl), language
    "fineweb": Columns("text", key="id", url="url", language="language", collected_at="date"),
    # allenai/c4, dataset card: text, timestamp (of the crawl), url
    "c4": Columns("text", url="url", collected_at="timestamp"),
}  # fmt: skip


def columns_of(columns: Columns) -> Columns:
    """The columns of a recipe, those of its shape filled in; a text column of another name than `text` wins."""
    if not columns.shape:
        return columns
    own = {item.name: getattr(columns, item.name) for item in fields(columns) if item.name != "shape"}
    said = {name: value for name, value in own.items() if value is not None and value != getattr(PLAIN, name)}
    return replace(SHAPES[columns.shape], **said)


def required(columns: Columns) -> tuple[str, ...]:
    """The paths that a file must have: the text or its turns, and what the recipe names itself."""
    own = [getattr(columns, item.name) for item in fields(columns) if item.name not in ("shape", "text", "turns")]
    said = [turn.column for turn in columns.turns] or [columns_of(columns).text]
    return (*said, *filter(None, own))


PLAIN = Columns()
