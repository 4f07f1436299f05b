"""A tenth of new documents on a frozen base: how long they take of a build of everything, and is the result the same?

Everything is built twice from nothing: as one corpus, and as a base with a layer on it. Then the layer alone is built
on the base that stands, as a day's documents are; its version must be that of the build from nothing, and its copies
those that one corpus finds. Near copies are planted (families.py), so that a tenth of the texts has one. What counts is
the time from raw files to survivors; beside it that of the stages of deduplication alone.
"""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.refs import latest
from dagster_project.corpus.storage.s3 import S3Store
from tests.benchmarks.families import STAGES, labels, megabytes, numbered, pair_f1, planted
from tests.benchmarks.ours import SOURCE, write_recipe, write_texts
from tests.benchmarks.texts import read
from tests.corpora import Lenient

NEW = 1 / 11  # of all texts: a tenth more than the base
MOST, WANTED = 0.2, 0.98  # of the time of the whole, and of the pairs
NEAR = {"similarity": 0.75}


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    texts = planted(read(arguments.input))
    with tempfile.TemporaryDirectory() as place:
        found = measured(texts, Path(place))
    good = found["share"] <= MOST and found["same_version"] and found["pair_f1"] >= WANTED
    return {"documents": len(texts), "megabytes": round(megabytes(texts), 2), **found, "counts": good}, 0 if good else 1


def measured(texts: Sequence[str], place: Path) -> dict[str, Any]:
    keys = [f"t{number:08}" for number in range(len(texts))]
    new = int(len(texts) * NEW)
    for name, part in (("old", slice(new, None)), ("new", slice(0, new))):
        write_texts(place / name, keys[part], texts[part], 1)
        write_recipe(place, "sources", {**SOURCE, "name": name, "location": str(place / name / "*.parquet")})
    write_recipe(place, "policies", {"name": "all", "rules": [{"rule": "words", "min": 0}], "max_removed": 1.0})
    for name, sources, said in (
        ("whole", ("old", "new"), {}),
        ("base", ("old",), {}),
        ("on", ("new",), {"base": "base"}),
    ):
        members = [{"source": source, "policy": "all"} for source in sources]
        write_recipe(place, "corpora", {"name": name, "members": members, "near": NEAR, "max_removed": 1.0, **said})
    with embedded(place / "store") as config, closing(LocalEngine(1)) as engine:
        library = Library(S3Store(config), find_recipes([place]), engine, Lenient())
        timed(library, "on", "whole")  # compiles
        fresh = library.build(Partition("deduplicated", "on@dev")).manifest.id
        whole, whole_stages = timed(library, "whole")
        flat = labels(library, "whole", ("old", "new"))
        timed(library, "base")
        layer, layer_stages = timed(library, "on", standing=True)
        layered = labels(library, "base", ("old",)) | labels(library, "on", ("new",))
        return {
            "new_documents": new,
            "whole_seconds": round(whole, 2),
            "layer_seconds": round(layer, 2),
            "share": round(layer / whole, 3),
            "whole_seconds_of_stages": round(whole_stages, 2),
            "layer_seconds_of_stages": round(layer_stages, 2),
            "share_of_stages": round(layer_stages / whole_stages, 3),
            "same_version": library.build(Partition("deduplicated", "on@dev")).manifest.id == fresh,
            "pair_f1": round(pair_f1(numbered(flat, keys), numbered(layered, keys)), 6),
        }


def timed(library: Library, *corpora: str, standing: bool = False) -> tuple[float, float]:
    """Seconds from raw files to the survivors of some corpora, and those of the three last stages; with `standing` of
    what is not there yet, without it from nothing."""
    needed = [item for name in corpora for item in library.needed(Partition("deduplicated", f"{name}@dev"))]
    store, needed = library.store, list(dict.fromkeys(needed))
    if standing:
        needed = [item for item in needed if not latest(store, item)]
    else:
        store.delete([entry.path for entry in store.list("")])
    start = perf_counter()
    library.build_all([item for item in needed if item.stage not in STAGES])
    before = perf_counter()
    library.build_all([item for item in needed if item.stage in STAGES])
    end = perf_counter()
    return end - start, end - before
