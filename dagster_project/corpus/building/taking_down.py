"""A takedown applied: what stands is built anew without what is to go, old versions are withdrawn, texts erased."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.erasures import documents_of, gone_documents
from dagster_project.corpus.building.holding import Holding, versions_holding, withdraw
from dagster_project.corpus.building.library import Built, Library
from dagster_project.corpus.building.portraits_asked import portraits_asked
from dagster_project.corpus.building.takedowns import Affected, affected
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.asked import Answer, put_answer
from dagster_project.corpus.erasing.blanking import is_blank
from dagster_project.corpus.erasing.cleared import record_cleared
from dagster_project.corpus.erasing.erase import LEFT_SECONDS, Swept, strictest_access, sweep
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import AuditFailed, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits.portrait import forget, portrayed, read_header
from dagster_project.corpus.statements.statements import Statement, held
from dagster_project.corpus.storage.refs import load_manifest, resolve
from dagster_project.corpus.storage.shards import read_rows, read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import record_erased
from dagster_project.corpus.takedowns.register import read_register

# Asks portraits of new publications about documents (rows of ERASED): by entry, what they claim to know of the texts
Ask = Callable[[Store, Engine, pa.Table, Sequence[Manifest]], Mapping[str, Answer]]
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
    known = documents_of(store, library.engine, entries, known)
    holdings = list(versions_holding(store, known))
    refuse_held(store, holdings, known)
    erasures = record_erased(store, [entry.id for entry in entries], known, strictest_access(store))
    for _ in range(TRIES):  # an erased document is gone for those, too, whom its entry did not reach
        more, again = rebuild(library)
        told = {item.partition for item in found if item.lacking}
        found = [*found, *(item for item in more if item.partition not in told)]
        if not again:
            break
        built = [*built, *again]
    holdings = list(versions_holding(store, known))
    _ask(library, ask, known, holdings)
    withdrawn = withdraw(store, holdings, newest=True)
    swept = sweep(store, library.engine, known)
    record_cleared(store, [entry.id for entry in entries], erasures.number)
    forget_portraits(store, {item.version for item in holdings})
    return Applied(found, built, withdrawn, known, swept)


def _ask(library: Library, ask: Ask, known: pa.Table, holdings: Sequence[Holding]) -> None:
    """Put on record what the publications say that stand in the place of those that held what went."""
    store = library.store
    holding = {item.version for item in holdings}
    places = sorted({item.partition for item in holdings if item.partition.stage == "published"}, key=str)
    newest = dict.fromkeys(resolve(store, partition) for partition in places)
    mixes = [load_manifest(store, version) for version in newest if version not in holding]
    for entry, answer in ask(store, library.engine, known, mixes).items() if mixes else ():
        put_answer(store, entry, answer)


def rebuild(library: Library) -> tuple[list[Affected], list[Built]]:
    """Build and publish anew what holds what is to go: corpora before mixes. One that is refused, as a mix of which
    nothing is left, keeps no other from it: it is told with what lacks."""
    found, built = list(affected(library.planner)), list[Built]()
    for number, item in enumerate(found):
        is_corpus = item.partition.stage == "deduplicated"
        if not item.lacking:
            try:
                built.append(library.build(item.partition if is_corpus else Partition("published", item.partition.key)))
            except (Refused, AuditFailed) as error:
                found[number] = item._replace(lacking=f"cannot be rebuilt: {error}")
    return found, built


def forget_portraits(store: Store, versions: Collection[str]) -> None:
    """Remove the portraits of versions that held what was erased; and, for they can be made again, those of passages,
    which belong to no version that is withdrawn, and what killed runs left."""
    for version, modified in portrayed(store).items():
        header = read_header(store, version)
        is_left = header is None and time.time() - modified > LEFT_SECONDS
        if version in versions or is_left or (header and header.stage == "passages"):
            forget(store, version)


def refuse_held(store: Store, holdings: Sequence[Holding], known: pa.Table) -> None:
    """Refused where somebody holds a version from which documents are to be erased: one that holds them, or any other
    whose tables lose something, such as a snapshot."""
    holding = {item.version for item in holdings}
    for version, standing in held(store).items():
        if version in holding or _loses(store, version, known):
            first = standing[0]
            address = f"{first.partition}#{version[:12]}"
            raise Refused(
                f"{address} is held by {first.name} since {first.date}, and holds what is to be erased: "
                f"release it with `florilegium attest {address} --kind released`, or apply without --erase"
            )


def _loses(store: Store, version: str, known: pa.Table) -> bool:
    """Whether any table of a version has more of documents than their ids."""
    manifest = load_manifest(store, version)
    if ("doc_id", str(ID)) not in manifest.identity.schema:
        return False
    for file in manifest.files:
        rows = pc.indices_nonzero(
            pc.is_in(read_shard(store, file, ["doc_id"]).column("doc_id"), known.column("doc_id"))
        )
        if len(rows) and not is_blank(read_rows(store, file, rows.to_pylist()), range(len(rows))):
            return True
    return False
