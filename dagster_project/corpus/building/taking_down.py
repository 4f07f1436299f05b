"""A takedown applied: what stands is built anew without what is to go, old versions are withdrawn, texts erased."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.building.holding import Holding, versions_holding, withdraw
from dagster_project.corpus.building.library import Built, Library
from dagster_project.corpus.building.portraits_asked import portraits_asked
from dagster_project.corpus.building.takedowns import Affected, affected
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.asked import Span, put_spans
from dagster_project.corpus.erasing.erase import Swept, documents_meant, strictest_access, sweep
from dagster_project.corpus.lineage.walk import layers_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits.portrait import forget
from dagster_project.corpus.reaching.reach import Reach, looked_of
from dagster_project.corpus.statements.statements import Statement, holds, statements_of
from dagster_project.corpus.storage.refs import history, load_manifest, published, resolve
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import ERASED, record_erased
from dagster_project.corpus.takedowns.register import read_register

# Asks portraits of new publications about documents (rows of ERASED): by entry, what they claim to know of the texts
Ask = Callable[[Store, Engine, pa.Table, Sequence[Manifest]], Mapping[str, Sequence[Span]]]
TELL = ("families", "licensed")  # inputs of a corpus that say what entries reach in it
TRIES = 3  # of what an erasure leaves to be built anew


class Applied(NamedTuple):
    """What was changed: partitions that held what was to go, what was built for them, versions that were withdrawn;
    and of an erasure the documents (rows of ERASED), and what became of objects."""

    affected: Sequence[Affected]
    built: Sequence[Built]
    withdrawn: Sequence[Statement]
    documents: pa.Table
    swept: Swept | None = None


def take_down(library: Library, *, erase: bool = False, ask: Ask = portraits_asked) -> Applied:
    """Apply the register as it stands. With `erase` the text leaves every object of the store: only then are versions
    withdrawn that nobody can build anew, for they can be exported no more. `ask` is called when the new versions stand
    and the text is still there."""
    store = library.store
    found, built = rebuild(library)
    entries = read_register(store).removing
    known = gone_documents(store)
    if not erase:
        holdings = list(versions_holding(store, known))
        _ask(library, ask, known, holdings)
        return Applied(found, built, withdraw(store, holdings, newest=False), known)
    known = documents_meant(store, library.engine, entries, known)
    holdings = list(versions_holding(store, known))
    refuse_held(store, holdings)
    record_erased(store, [entry.id for entry in entries], known, strictest_access(store))
    for _ in range(TRIES):  # an erased document is gone for those, too, whom its entry did not reach
        more, again = rebuild(library)
        if not again:
            break
        found, built = [*found, *(item for item in more if not item.lacking)], [*built, *again]
    holdings = list(versions_holding(store, known))
    _ask(library, ask, known, holdings)
    withdrawn = withdraw(store, holdings, newest=True)
    swept = sweep(store, library.engine, known)
    for item in holdings:
        forget(store, item.version)
    return Applied(found, built, withdrawn, known, swept)


def _ask(library: Library, ask: Ask, known: pa.Table, holdings: Sequence[Holding]) -> None:
    """Put on record what the publications say that stand in the place of those that held what went."""
    store = library.store
    held = {item.version for item in holdings}
    places = sorted({item.partition for item in holdings if item.partition.stage == "published"}, key=str)
    newest = dict.fromkeys(resolve(store, partition) for partition in places)
    mixes = [load_manifest(store, version) for version in newest if version not in held]
    for entry, spans in ask(store, library.engine, known, mixes).items() if mixes else ():
        put_spans(store, entry, spans)


def rebuild(library: Library) -> tuple[list[Affected], list[Built]]:
    """Build and publish anew what holds what is to go: corpora before mixes."""
    found = list(affected(library.planner))
    able = [item.partition for item in found if not item.lacking]
    corpora = [partition for partition in able if partition.stage == "deduplicated"]
    mixes = [Partition("published", partition.key) for partition in able if partition.stage != "deduplicated"]
    return found, [library.build(partition) for partition in (*corpora, *mixes)]


def gone_documents(store: Store) -> pa.Table:
    """ERASED rows of what the entries that remove reach in any version of a corpus."""
    reach = Reach(store)
    tables, seen = [ERASED.empty_table()], set[str]()
    for partition in published(store, "deduplicated") if reach else ():
        for version in dict.fromkeys(ref.id for ref in history(store, partition)):
            layers = layers_of(store, load_manifest(store, version))
            known = sorted(item.identity.inputs[0] for item in layers)  # families say all that is asked
            if (key := " ".join(known)) in seen:
                continue
            seen.add(key)
            files = {
                file.sha256: file
                for layer in layers
                for item in looked_of(store, layer)
                for file in item.snapshot.files
            }
            for documents, reached in reach.reached_in(layers).items():
                ids = read_rows(store, files[documents], reached.column("row").to_pylist(), ["doc_id"]).column("doc_id")
                tables.append(pa.table([ids, reached.column("entry")], schema=ERASED))
    return pa.concat_tables(tables).group_by(ERASED.names).aggregate([]).select(ERASED.names).cast(ERASED)


def refuse_held(store: Store, holdings: Sequence[Holding]) -> None:
    """Refused where somebody holds a version from which documents are to be erased."""
    for item in holdings:
        for hold in holds(statements_of(store, item.version)):
            address = f"{item.partition}#{item.version[:12]}"
            raise Refused(
                f"{address} is held by {hold.name} since {hold.date}, and holds what is to be erased: "
                f"release it with `florilegium attest {address} --kind released`, or apply without --erase"
            )
