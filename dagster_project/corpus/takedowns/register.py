"""The register on the store: `takedowns/00000007.json` is its seventh state, whole, and nothing of it is overwritten.

The conditional PUT of the next number is the moment at which a request counts; of two writers at once the second reads
again and writes after the first, so that no request is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Decision, Entry, checked, entry_of
from dagster_project.corpus.takedowns.erased import erased_for, read_erasures

PREFIX = "takedowns/"
FEWEST_DIGITS = 6


@dataclass(frozen=True)
class Register:
    """One state of the register; 0 is the empty one that every store begins with."""

    number: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def removing(self) -> tuple[Entry, ...]:
        """The entries that take something out."""
        return tuple(entry for entry in self.entries if entry.decision == "remove")

    def named(self, digits: str) -> Entry:
        """The entry whose id begins so."""
        found = [entry for entry in self.entries if len(digits) >= FEWEST_DIGITS and entry.id.startswith(digits)]
        if len(found) != 1:
            what = f"means {len(found)} entries: give more digits" if found else "is no entry of the register"
            raise Refused(f"{digits[:40]!r} {what}; `florilegium takedown list` names them")
        return found[0]


def read_register(store: Store) -> Register:
    """The register as it stands."""
    record = records.last_record(store, PREFIX)
    if record is None:
        return Register()
    return Register(record["number"], tuple(entry_of(item) for item in record["entries"]))


def last_number(store: Store) -> int:
    """The number of the register as it stands, without reading it."""
    return records.last_number(store, PREFIX)


def add(store: Store, entries: Sequence[Entry]) -> Register:
    """Put requests on record; one that is there already keeps its place, and its record becomes the new one."""
    said = {entry.id: entry for entry in map(checked, entries)}

    def change(old: Register) -> tuple[Entry, ...]:
        kept = [said.get(entry.id, entry) for entry in old.entries]
        known = {entry.id for entry in kept}
        return (*kept, *(entry for entry in said.values() if entry.id not in known))

    return _write(store, change)


def decide(store: Store, entry_id: str, decision: Decision, decided_by: str = "", reason: str = "") -> Register:
    """Change what was decided of a request. Nothing is ever struck from the register."""

    def change(old: Register) -> tuple[Entry, ...]:
        entry = old.named(entry_id)
        by, why = decided_by or entry.decided_by, reason or entry.reason
        new = checked(replace(entry, decision=decision, decided_by=by, reason=why))
        return tuple(new if item.id == entry.id else item for item in old.entries)

    return _write(store, change)


def _write(store: Store, change: Callable[[Register], tuple[Entry, ...]]) -> Register:
    def changed(number: int) -> dict[str, Any] | None:
        old = read_register(store)
        new = Register(number, change(old))
        if new.entries == old.entries:
            return None
        _refuse_taking_back(store, old, new)
        return {"entries": [asdict(entry) for entry in new.entries]}

    records.append(store, PREFIX, changed)
    return read_register(store)


def _refuse_taking_back(store: Store, old: Register, new: Register) -> None:
    """Refused for a request for which text was erased: whatever is decided, it does not come back."""
    lifted = {entry.id for entry in old.removing} - {entry.id for entry in new.removing}
    if lifted and (found := sorted(erased_for(store, read_erasures(store), lifted).column("entry").to_pylist())):
        raise Refused(
            f"takedown {found[0][:12]} was applied with --erase, and the text is gone: it cannot be taken back; "
            f"what may stand after all is collected anew under another name"
        )
