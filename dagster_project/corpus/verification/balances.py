"""Whether what the rows of versions say is what their records say, and adds up from stage to stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.verification.objects import ORDER
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.survey import MEMBERS, Survey
from dagster_project.corpus.verification.versions import Below, Version

COVERED = {  # by stage, the inputs whose documents shards it covers, each by one shard, in any order
    **dict.fromkeys(("licensed", "signals", "fingerprints", "filtered"), "snapshots"),
    "families": "fingerprints",
    "deduplicated": "filtered",
    "passages": "filtered",
    "weights": "deduplicated",
}
SUMS = {  # by stage, counts of its profile that each tell every row once
    "licensed": ("licenses", "classes", "kinds"),
    "deduplicated": ("status", "stored"),
}

OF_TEXT = {  # counts of what an erasure takes, by stage
    "snapshots": ("text_bytes", "evidence", "reservations", "structure"),
    "deduplicated": ("with_findings",),
    "published": ("text_bytes", "turns"),
}


def balances(below: Below, survey: Survey, quick: bool) -> Iterator[tuple[str, Problem]]:
    """What does not, with the stage that it is of."""
    for version in below.versions:
        problems: list[Problem] = []
        with noting(problems, version.path, version.partition):
            problems += [*_coverage(below, version), *_sums(version), *_mixes(below, version)]
            if not quick:
                problems += [*_rows(survey, version), *_alignment(below, survey, version)]
                problems += _order(below, survey, version)
        yield from ((version.stage, problem) for problem in problems)


def _wrong(version: Version, what: str, expected: Any, found: Any) -> Problem:
    return Problem(version.path, version.partition, what, told(expected), told(found))


def _rows(survey: Survey, version: Version) -> Iterator[Problem]:
    """The logical digest of the rows, and the counts of the profile that they tell. Of rows that were erased since the
    version was built the digests are on record, so that it must come to the same."""
    said, manifest = survey.versions[version.manifest.id], version.manifest
    if not said.is_whole:
        return
    if said.logical_digest != manifest.identity.logical_digest:
        yield _wrong(
            version, "the logical digest", f"{said.logical_digest}, that of its rows", manifest.identity.logical_digest
        )
    blank = OF_TEXT.get(version.stage, ()) if said.is_replaced else ()
    for path, counted, recorded in _differing(said.profile, manifest.profile):
        if path.partition("/")[0] in blank and counted <= recorded:
            continue  # the others were told by what was erased
        yield _wrong(version, f"the count {told(path)}", counted, recorded)


def _differing(counted: Mapping[str, Any], recorded: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, counted, recorded) of numbers that differ; what is not there counts nothing."""
    recorded = recorded if isinstance(recorded, Mapping) else {}
    is_complete = bool(path) and all(isinstance(value, int) for value in counted.values())
    names = {**counted, **(recorded if is_complete and path != "/kept" else {})}
    for name in sorted(names):
        one, other = counted.get(name, 0), recorded.get(name, 0)
        if isinstance(one, Mapping):
            yield from _differing(one, other, f"{path}/{name}")
        elif isinstance(other, int) and one != other and not (path.startswith("/removed") and name != "documents"):
            yield f"{path}/{name}".lstrip("/"), one, other


def _sums(version: Version) -> Iterator[Problem]:
    """Counts of one profile that must add up."""
    profile, rows = version.manifest.profile, version.manifest.rows
    for name in SUMS.get(version.stage, ()):
        if (total := sum(profile.get(name, {}).values())) != rows:
            yield _wrong(version, f"the sum of {name}", f"{rows}, its rows", total)
    if version.stage == "snapshots":
        dead = profile.get("dead_letters", {})
        if (total := rows + sum(dead.values())) != profile.get("records"):
            yield _wrong(
                version, "the count of records", f"{total}, its documents and dead letters", profile.get("records")
            )
        letters = sum(item["rows"] for item in version.manifest.facts.get("dead_letters", ()))
        if letters != sum(dead.values()):
            yield _wrong(version, "the rows of its dead letters", sum(dead.values()), letters)
        sites = sum(item["rows"] for item in version.manifest.facts.get("site_files", ()))
        if sites != profile.get("site_files", 0):
            yield _wrong(version, "the rows of its site files", profile.get("site_files", 0), sites)
    if version.stage == "filtered":
        kept = profile.get("kept", {}).get("documents", 0)
        removed = sum(item["documents"] for item in profile.get("removed", {}).values())
        if kept + removed != rows:
            yield _wrong(version, "the sum of what was kept and removed", f"{rows}, its rows", kept + removed)


def _coverage(below: Below, version: Version) -> Iterator[Problem]:
    """Every shard of a side table covers a documents shard of its own, and none is left."""
    if version.stage not in COVERED:
        return
    stage = COVERED[version.stage]
    inputs = below.inputs(version, stage)
    own = [item for item in version.manifest.inputs if item.stage == stage]
    if len(inputs) < len(own):
        return  # one of them cannot be read, which is told
    wanted = Counter(file.documents or file.sha256 for item in inputs for file in item.manifest.files)
    rows = {file.documents or file.sha256: file.rows for item in inputs for file in item.manifest.files}
    covered = Counter(file.documents for file in version.manifest.files)
    for digest in sorted((wanted - covered) | (covered - wanted)):
        expected = f"covered {wanted[digest]} times"
        yield _wrong(version, f"documents shard {told(digest)}", expected, f"covered {covered[digest]} times")
    for file in version.manifest.files:
        if rows.get(file.documents, file.rows) != file.rows:
            yield Problem(
                file.path,
                version.partition,
                "its rows",
                f"{rows[file.documents]}, those of its documents",
                str(file.rows),
            )


def _alignment(below: Below, survey: Survey, version: Version) -> Iterator[Problem]:
    """Row by row a side table lists the documents of the shard that it names."""
    ids = {
        file.sha256: said
        for item in below.versions
        if item.stage == "snapshots"
        for file, said in zip(item.manifest.files, survey.versions[item.manifest.id].ids, strict=True)
    }
    for file, said in zip(version.manifest.files, survey.versions[version.manifest.id].ids, strict=True):
        expected = ids.get(file.documents)
        if file.documents and said and expected and said != expected:
            yield Problem(
                file.path, version.partition, "its list of doc_ids",
                f"that of documents shard {told(file.documents)}", "another",
            )  # fmt: skip


def _mixes(below: Below, version: Version) -> Iterator[Problem]:
    """A publication has every member of its mix, in every format and in the order manifest."""
    manifest = version.manifest
    if version.stage != "published":
        return
    rows = sum(item.manifest.rows for item in below.inputs(version, "mixed")[:1])
    if below.inputs(version, "mixed") and rows != manifest.rows:
        yield _wrong(version, "the count of rows", f"{rows}, the members of its mix", manifest.rows)
    shards = [file.rows for file in manifest.files]
    if [item["rows"] for item in manifest.facts.get("order", ())] != shards:
        yield _wrong(version, "the rows of its order manifest", "those of its shards", "others")
    for name, found in sorted(manifest.facts.get("exports", {}).items()):
        if [item["rows"] for item in found["shards"]] != shards:
            yield _wrong(version, f"the rows of its {told(name)} shards", "those of its shards", "others")
    if {*manifest.identity.recipe.get("exports", ())} != {*manifest.facts.get("exports", {})}:
        expected = ", ".join(manifest.identity.recipe.get("exports", ()))
        yield _wrong(version, "its exports", expected, ", ".join(manifest.facts.get("exports", {})))


def _order(below: Below, survey: Survey, version: Version) -> Iterator[Problem]:
    """Members, exported rows and the order manifest are one list."""
    said = survey.versions[version.manifest.id]
    mixes = [survey.versions[item.manifest.id] for item in below.inputs(version, "mixed")[:1]]
    if version.stage != "published" or not mixes or not (said.is_whole and mixes[0].is_whole):
        return
    for name, what in ((MEMBERS, "the order of its rows"), (ORDER, "its order manifest")):
        if said.streams[name] != mixes[0].streams[MEMBERS]:
            yield _wrong(version, what, "the order of the members of its mix", "another")
