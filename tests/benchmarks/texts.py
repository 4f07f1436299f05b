"""What benchmarks read: a file of documents, a folder of source files, or the texts that every installation has."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from importlib.metadata import PackagePath, distributions
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SCHEMA = pa.schema([("id", pa.string()), ("text", pa.large_string()), ("kind", pa.string())])
FORMATS = (".txt", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
LARGEST = 1 << 20  # bytes of one made text; generated tables of megabytes would be all that is measured
SHARED = Path("/work/shared/data")  # real documentation, where a developer's machine has it
DOCUMENTATION = Path("/usr/share/doc")  # of the operating system
MARKUP = (".html", ".md", ".xml", ".js", ".css", ".svg")
PROSE = (".rst", ".txt")

Named = tuple[str, str | Path]  # id, and the text or the file that holds it


def read(path: str | None) -> list[str]:
    """The non-empty texts of a file or folder; without one, this environment's manual, READMEs and sources."""
    return documents(path).column("text").to_pylist() if path else installed()


def documents(path: str, limit: int | None = None) -> pa.Table:
    """The non-empty texts of a file or folder as id, text and kind, the first `limit` of them."""
    table = _folder(path) if Path(path).is_dir() else _file(path)
    texts = table.column("text")
    table = table.filter(pc.greater(pc.binary_length(texts.fill_null("")), 0))
    return table.slice(0, limit) if limit else table


def _file(path: str) -> pa.Table:
    if path.endswith(".parquet"):
        names = set(pq.read_schema(path).names)
        return _named(pq.read_table(path, columns=sorted(names & set(SCHEMA.names))), path)
    if path.endswith(".txt"):
        return _table([(Path(path).name, Path(path).read_text(encoding="utf-8"))], "txt")
    if not path.endswith(FORMATS):
        raise ValueError(f"{path} is none of {', '.join(FORMATS)} and no folder")
    with pa.input_stream(path, compression="detect") as stream:
        rows = [json.loads(line) for line in stream.read().splitlines() if line.strip()]
    names = {name: [row.get(name) for row in rows] for name in SCHEMA.names if any(name in row for row in rows)}
    return _named(pa.table(names), path)


def _named(table: pa.Table, path: str) -> pa.Table:
    """With an id (else the number of the row) and a kind (else the file's suffix)."""
    if "text" not in table.column_names:
        raise ValueError(f"{path} has no column `text`")
    if "id" not in table.column_names:
        table = table.append_column("id", pa.array([str(number) for number in range(table.num_rows)]))
    if "kind" not in table.column_names:
        table = table.append_column("kind", pa.array([Path(path).stem] * table.num_rows, pa.string()))
    return table.select(SCHEMA.names).cast(SCHEMA)


def _folder(path: str) -> pa.Table:
    """Every file that is UTF-8 text, by its suffix."""
    root = Path(path)
    found = [
        _table([(str(file.relative_to(root)), text)], file.suffix.removeprefix(".") or "plain")
        for file in sorted(root.rglob("*"))
        if file.is_file() and (text := _readable(file))
    ]
    return pa.concat_tables([SCHEMA.empty_table(), *found])


def _readable(file: Path, largest: int | None = None) -> str:
    """Its text; empty when it is missing, too large or not UTF-8."""
    try:
        if largest and file.stat().st_size > largest:
            return ""
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if "\0" in text else text


def _table(rows: list[tuple[str, str]], kind: str) -> pa.Table:
    names, texts = zip(*rows, strict=True) if rows else ((), ())
    return pa.table([list(names), list(texts), [kind] * len(rows)], schema=SCHEMA)


# Texts made of what is on this machine.


def make(path: str, megabytes: float) -> pa.Table:
    """So many megabytes of real text from this machine, written to a Parquet file: prose, code and markup in equal
    parts as far as each kind lasts, half a part where there are many languages, the rest code; the same order in every
    run of one environment."""
    share = megabytes * 1e6 / len(KINDS)
    parts = [_up_to(_shuffled(kind), share / (1 + (kind in MANY)), kind) for kind in KINDS if kind != CODE]
    rest = megabytes * 1e6 - sum(pc.sum(pc.binary_length(part["text"])).as_py() or 0 for part in parts)
    table = pa.concat_tables([*parts, _up_to(_shuffled(CODE), rest, CODE)])
    order = list(range(table.num_rows))
    random.Random(0).shuffle(order)
    table = table.take(order)
    pq.write_table(table, path, compression="zstd", row_group_size=1024)
    return table


def _shuffled(kind: str) -> Iterator[Named]:
    found = sorted(set(KINDS[kind]()), key=lambda row: row[0])
    random.Random(0).shuffle(found)
    yield from found


def _up_to(rows: Iterator[Named], size: float, kind: str) -> pa.Table:
    """Rows until so many bytes of text are reached; a text met twice counts once."""
    found: dict[str, str] = {}
    total = 0
    for name, held in rows:
        text = _readable(held, LARGEST) if isinstance(held, Path) else held
        if total >= size:
            break
        if text not in found and text.strip():
            found[text] = name
            total += len(text.encode(errors="replace"))
    names = list(found.values())
    return pa.table([names, list(found), [_kind(name, kind) for name in names]], schema=SCHEMA)


def _kind(name: str, kind: str) -> str:
    """Where texts come in many languages, English, what has spaces between its words, and what has none."""
    if kind not in MANY:
        return kind
    return "Chinese and Japanese" if UNSPACED.search(name) else "translations" if TRANSLATED.search(name) else kind


def _manual() -> Iterator[Named]:
    """Python's manual, READMEs of distributions, and what documentation they install."""
    from pydoc_data.topics import topics

    yield from ((f"topics/{name}", text) for name, text in topics.items())
    for distribution in distributions():
        text = distribution.metadata.get_payload() or distribution.metadata.get("description")
        if isinstance(text, str) and text.strip():
            yield f"{distribution.name}/METADATA", text
    yield from _installed(PROSE)
    yield from _below(DOCUMENTATION, PROSE)


def _code() -> Iterator[Named]:
    yield from _installed((".py",))
    yield from (item for item in _below(Path(random.__file__).parent, (".py",)) if "site-packages" not in item[0])


def _markup() -> Iterator[Named]:
    yield from _installed(MARKUP)
    yield from _below(DOCUMENTATION, MARKUP)


def _installed(suffixes: tuple[str, ...]) -> Iterator[Named]:
    for distribution in distributions():
        for file in distribution.files or []:
            if file.suffix in suffixes and "dist-info" not in str(file):
                yield f"{distribution.name}/{file}", Path(str(file.locate()))


def _below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Named]:
    yield from ((str(file), file) for file in sorted(folder.rglob("*")) if file.suffix in suffixes and file.is_file())


def _shared(name: str) -> Callable[[], Iterator[Named]]:
    def rows() -> Iterator[Named]:
        place = SHARED / name
        table = documents(str(place)) if place.exists() else SCHEMA.empty_table()
        yield from zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True)

    return rows


def _handbooks() -> Iterator[Named]:
    """The main content of crawled handbooks, in many languages."""
    from dagster_project.corpus.model.recipes import SourceRecipe
    from dagster_project.corpus.sources.registry import source_for

    for place in sorted(SHARED.glob("warc/*.warc.gz")):
        source, recipe = source_for("warc"), SourceRecipe("handbooks", "warc", location=str(place))
        parts = (part for item in source.objects(recipe) for part in source.parts(recipe, item))
        for batch in (batch.records for part in parts for batch in source.read(recipe, part)):
            yield from zip(batch.column("url").to_pylist(), batch.column("text").to_pylist(), strict=True)


CODE, HANDBOOKS, MAN_PAGES = "code", "handbooks", "man pages"
MANY = (HANDBOOKS, MAN_PAGES)  # in many languages
UNSPACED = re.compile(r"[/.](?:ja|zh)[-_./]")
TRANSLATED = re.compile(r"/man/|\.test:\d+/(?!en)[a-z]{2}(?:-[A-Z]{2})?/")
KINDS: dict[str, Callable[[], Iterator[Named]]] = {
    "manuals": _manual,
    "perldoc": _shared("parquet/perldoc.parquet"),
    HANDBOOKS: _handbooks,
    MAN_PAGES: _shared("jsonl/manpages.jsonl.zst"),
    "markup": _markup,
    CODE: _code,
}


def installed() -> list[str]:
    """The same order in every run of one environment."""
    from pydoc_data.topics import topics

    found = sorted({*topics.values(), *readmes(), *sources()})
    random.Random(0).shuffle(found)
    return found


def readmes() -> Iterator[str]:
    for distribution in distributions():
        text = distribution.metadata.get_payload() or distribution.metadata.get("description")
        if isinstance(text, str) and text.strip():
            yield text


def sources() -> Iterator[str]:
    for distribution in distributions():
        for file in distribution.files or []:
            if file.suffix == ".py":
                yield from content(file)


def content(file: PackagePath) -> Iterator[str]:
    """The text of a source file, unless it is missing, empty or not UTF-8."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if text.strip():
        yield text
