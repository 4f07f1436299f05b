"""A policy with a scorer in the shell: the artifact, the signals that it scores, and the verdicts, each on its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import SPACES, Partition
from dagster_project.corpus.storage import refs
from dagster_project.definitions import STAGES
from dagster_project.defs.mirroring import known_versions

ASSETS = {asset.key.to_user_string(): asset for asset in STAGES}
SCORER = """
name: mossy
kind: scorer
held_out: 0.3
positives: [{file: good.txt}]
negatives: [{file: bad.txt}]
training: {bucket: 100, dim: 4, epoch: 1}
"""
POLICY = "name: mossy\nmax_removed: 1\nrules:\n  - {rule: score, model: mossy, quantile: 0.5}\n"
KEYS = {"snapshots": "tiny@dev", "artifacts": "mossy@dev", "signals": "tiny@dev", "filtered": "tiny@dev+mossy"}


def test_a_scorer_its_scores_and_their_verdicts(
    instance: dg.DagsterInstance, directory: Path, library_of: Callable[[Path], Library]
) -> None:
    for name, text in {"artifacts/mossy.yaml": SCORER, "policies/mossy.yaml": POLICY}.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text)
    for name, word in {"good.txt": "moss", "bad.txt": "tide"}.items():
        (directory / name).write_text("".join(f"{word} number {number}\n" for number in range(40)))
    corpus = (directory / "corpora" / "tiny.yaml").read_text()
    (directory / "corpora" / "tiny.yaml").write_text(corpus.replace("policy: words", "policy: mossy"))
    library = library_of(directory)
    for stage, key in KEYS.items():
        instance.add_dynamic_partitions(SPACES[stage], [key])
        assert dg.materialize([ASSETS[stage]], partition_key=key, resources={"library": library}, instance=instance)
        assert set(known_versions(instance, stage)) == {key}
    scored = refs.load_manifest(
        library.store, refs.resolve(library.store, Partition("signals", "tiny@dev", "scores.mossy@dev"))
    )
    artifact = refs.resolve(library.store, Partition("artifacts", "mossy@dev"))
    assert artifact in scored.identity.inputs
    verdicts = refs.load_manifest(library.store, refs.resolve(library.store, Partition("filtered", "tiny@dev+mossy")))
    assert verdicts.profile["kept"]["documents"] == 5
