"""How the places of a document in a mix came to their license, after its copies had their say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from dagster_project.corpus.licenses.rules import EDITED, OR_CHOICE
from dagster_project.corpus.lineage.rows import Ancestry, Placed, Row
from dagster_project.corpus.storage.shards import read_rows

WITH_EDITS = ("filtered", "passages")  # stages whose shards say what became of a text


def licenses_in_mix(ancestry: Ancestry, places: Iterable[Placed], effective: Collection[str]) -> list[dict[str, Any]]:
    """Each license under which a mix holds a document, with the rules that apply beyond those of the effective ones."""
    found: list[dict[str, Any]] = []
    for values in (place.values for place in places):
        license = values["license"]
        chosen = effective and license not in effective
        rules = [*([OR_CHOICE] if chosen else []), *([EDITED] if is_edited(ancestry, values) else [])]
        told = {"expression": license, "class": values["license_class"], "rules": rules}
        if told not in found:
            found.append(told)
    return found


def is_edited(ancestry: Ancestry, member: Row) -> bool:
    """Whether the text of a member is not all of that of its document."""
    if member.get("cut") is not None:
        return True
    for stage in WITH_EDITS if member["edits"] else ():
        for _, manifest in ancestry.of_stage(stage):
            for file in manifest.files:
                if file.sha256 == member["edits"]:
                    return bool(read_rows(ancestry.store, file, [member["row"]], ["edits"]).column(0)[0].as_py())
    return False
