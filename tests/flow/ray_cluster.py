"""`python -m tests.flow.ray_cluster STORE RECIPES SCRATCH`: a driver on a cluster of two nodes, one of which dies.

A process of its own, for a process speaks to one Ray. Prints what it saw as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.engine.costs import Metered
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.settings import without_telemetry
from tests.corpora import library

LARGE = 4 << 20  # bytes: more than Ray sends along, so that it stays in the object store of the node that made it


def note(item: tuple[str, int]) -> int:
    """Leave a mark of who did it, slowly."""
    import ray

    scratch, number = item
    node = ray.get_runtime_context().get_node_id()
    Path(scratch, f"{number}-{node}-{time.monotonic_ns()}").touch()
    time.sleep(1)
    return number


def large(item: tuple[str, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full(LARGE, note(item), np.uint8)


def marks(scratch: str) -> list[tuple[int, str]]:
    """(item, node) of every attempt."""
    parts = [path.name.split("-") for path in sorted(Path(scratch).iterdir())]
    return [(int(number), node) for number, node, _ in parts]


def launched(lib: Library) -> list[str]:
    """Freeze the source in a run of Dagster's, whose log this is."""
    import dagster as dg

    from dagster_project.definitions import STAGES

    (snapshots,) = (asset for asset in STAGES if asset.key == dg.AssetKey("snapshots"))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("snapshots", ["notes@dev"])
        made = dg.materialize([snapshots], partition_key="notes@dev", resources={"library": lib}, instance=instance)
        return [str(entry.user_message) for entry in instance.all_logs(made.run_id)]


def main(store: S3Store, recipes: Path, scratch: Path) -> dict[str, Any]:
    without_telemetry()
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        os.environ["RAY_TMPDIR"] = folder  # where a cluster says, for whoever asks, that it is the current one
        os.mkdir(f"{folder}/ray")
        from ray.cluster_utils import Cluster

        from dagster_project.corpus.engine.ray import RayEngine

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        other = cluster.add_node(num_cpus=1)
        try:
            with closing(RayEngine(cluster.address)) as engine:
                return play(cluster, other, engine, store, recipes, scratch)
        finally:
            cluster.shutdown()


def play(cluster: Any, other: Any, engine: Engine, store: S3Store, recipes: Path, scratch: Path) -> dict[str, Any]:
    lib = replace(library(store, recipes), engine=engine)
    seen: dict[str, Any] = {"logged": launched(replace(lib, auditor=GreatExpectationsAuditor()))}
    seen |= {"families": lib.build(Partition("families", "notes@dev")).manifest.id}
    seen["workers"] = engine.workers

    for name, task, finished in (("running", note, 0.3), ("finished", large, 3.0)):
        mine, before = str(scratch / name), str(scratch / f"before-{name}")
        os.mkdir(mine)
        os.mkdir(before)
        until = time.monotonic() + 120
        while len({node for _, node in marks(before)}) < 2 and time.monotonic() < until:  # a worker starts in seconds
            list(engine.map(note, [(before, number) for number in range(4)]))
        metered = Metered(engine)
        results = metered.map(task, [(mine, number) for number in range(8)])
        taken = [int(np.max(next(results)))]
        time.sleep(finished)
        cluster.remove_node(other, allow_graceful=False)
        taken += [int(np.max(result)) for result in results]
        done = marks(mine)
        seen[name] = {
            "results": taken,
            "attempts": [number for number, _ in done],
            "nodes": len({node for _, node in done}),
            "worker_peak_bytes": metered.cost().worker_peak_bytes,
        }
        other = cluster.add_node(num_cpus=1)

    built = lib.build(Partition("published", "notes@dev"))
    return {**seen, "published": built.manifest.id, "run": dict(built.ref.run)}


if __name__ == "__main__":
    config = S3Config(**json.loads(sys.argv[1]))
    print(json.dumps(main(S3Store(config), Path(sys.argv[2]), Path(sys.argv[3]))))
