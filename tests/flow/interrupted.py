"""A build in a process of its own that may kill itself: `python -m tests.flow.interrupted CONFIG RECIPES POINT`.

POINT is `never`, the number of the write of the driver after which it kills itself with SIGKILL, or the start of a
path after whose first write it does. Prints the number of writes and the published versions as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.corpora import library


class Interrupted(S3Store):
    """Counts the writes of the process that built it; copies in workers only write."""

    point = "never"
    owner = 0
    writes = 0

    def put_once(self, path: str, body: bytes) -> bool:
        written = super().put_once(path, body)
        if os.getpid() == Interrupted.owner:
            Interrupted.writes += 1
            if Interrupted.point in (str(Interrupted.writes),) or path.startswith(Interrupted.point):
                os.kill(os.getpid(), signal.SIGKILL)
        return written


def main(config: str, recipes: str, point: str) -> None:
    freeze.GROUP_BYTES = 1  # every file a task of its own, so that workers are used
    Interrupted.point, Interrupted.owner = point, os.getpid()
    store = Interrupted(S3Config(**json.loads(config)))
    lib = library(store, Path(recipes), workers=2)
    lib.build(Partition("published", "notes@dev"))
    lib.engine.close()
    versions = {str(item): refs.resolve(store, item) for item in refs.published(store)}
    print(json.dumps({"writes": Interrupted.writes, "versions": versions}))


if __name__ == "__main__":
    main(*sys.argv[1:])
