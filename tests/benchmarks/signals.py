"""Signals and verdicts against datatrove's filters: the speed of each rule set, with the agreement on the documents.

Ours is measured twice: on texts in memory, as datatrove has them, and as a build, in which documents are read from a
store, measured, judged, and what was found is written to it, by one worker process and by two. Importing, compiling and
audits are left out on either side.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping, Sequence, Set
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.signals.groups import PLAIN
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from tests.benchmarks import in_memory, ours, theirs
from tests.benchmarks.languages import SNAPSHOT, Languages, time_languages
from tests.benchmarks.parity import WANTED, Comparison
from tests.benchmarks.texts import documents, make
from tests.benchmarks.theirs import Verdict

FOUR = ("gopher-repetition", "gopher", "c4", "fineweb-quality")
SETS = (*FOUR, "fineweb")
REPEATS = 3  # of ours, whose medians count
PLAIN_SIGNALS = [Partition("signals", "texts@dev", part) for part in PLAIN]  # that are measured of every snapshot
COPIES = 10  # of the input, for memory
NOTE = (
    "MB/s of text, without imports and compilation on either side. In memory: the same texts, one process each; the "
    "first ratio is of these. Built: from a store to a store, without the audit, by one process and by two, against "
    "datatrove in memory by as many. A ratio whose agreement is below 98 % does not count."
)


class Theirs(NamedTuple):
    """Seconds and verdicts of the filters of each rule set; and of all four, with one splitting into words for all."""

    seconds: Mapping[str, float]
    verdicts: Mapping[str, Sequence[Verdict]]
    four: float
    four_by_two: float  # processes


class Seconds(NamedTuple):
    """What some rule sets take beyond the snapshot."""

    signals: float
    verdicts: float


class InMemory(NamedTuple):
    """Seconds and verdicts by the names of rule sets; the verdicts of all four are those of each."""

    seconds: Mapping[tuple[str, ...], float]
    verdicts: Mapping[str, Sequence[Verdict]]


class Ours(NamedTuple):
    """Seconds by the names of rule sets and of all plain signals; verdicts of each set."""

    seconds: Mapping[tuple[str, ...], Seconds]
    plain: float
    verdicts: Mapping[str, Sequence[Verdict | None]]
    shards: int

    def of(self, names: tuple[str, ...]) -> float:
        return sum(self.seconds[names])


class Measured(NamedTuple):
    """Everything that took time."""

    in_memory: InMemory
    one: Ours
    two: Ours
    other: Theirs


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    """Everything in one run, on one file."""
    with tempfile.TemporaryDirectory() as place:
        path = arguments.input or str(Path(place) / "texts.parquet")
        if arguments.texts:
            make(path, arguments.texts)
        elif arguments.input is None:
            raise ValueError("name a file or folder with --input, or say with --texts how many megabytes to gather")
        table = within(documents(path, arguments.limit), arguments.megabytes)
        sample = within(table, arguments.peer_megabytes)
        one, two = (time_ours(table, workers, Path(place)) for workers in (1, 2))
        measured = Measured(time_in_memory(table, Path(place)), one, two, time_theirs(sample))
        result = {
            "note": NOTE,
            "documents": table.num_rows,
            "megabytes": size_of(table),
            "shards": one.shards,
            "datatrove_documents": sample.num_rows,
            "datatrove_megabytes": size_of(sample),
            "rule_sets": {name: speeds(table, sample, (name,), measured) for name in SETS},
            "all_four": speeds(table, sample, FOUR, measured),
            **beside(table, one, two),
            **languages(table, time_languages(table, Path(place) / "pages")),
            **({"memory_mb": memory(table, Path(place))} if arguments.memory else {}),
        }
    return result, 0


def within(table: pa.Table, megabytes: float | None) -> pa.Table:
    """The first documents up to so many megabytes of text; all without a limit."""
    if megabytes is None:
        return table
    sizes = pc.cumulative_sum(pc.binary_length(table.column("text")))
    return table.slice(0, max(1, pc.sum(pc.less_equal(sizes, megabytes * 1e6)).as_py() or 0))


def size_of(table: pa.Table) -> float:
    return float(pc.sum(pc.binary_length(table.column("text"))).as_py() or 0) / 1e6


def time_theirs(sample: pa.Table) -> Theirs:
    """By rule set, and all four at once by one process and by two with every other text."""
    texts = sample.column("text").to_pylist()
    found = {name: filtered((name,), texts) for name in SETS}
    four, _ = filtered(FOUR, texts)
    with get_context("spawn").Pool(2) as pool:
        halves = pool.starmap(filtered, [(FOUR, texts[::2]), (FOUR, texts[1::2])], chunksize=1)
    return Theirs(
        {name: seconds for name, (seconds, _) in found.items()},
        {name: verdicts[name] for name, (_, verdicts) in found.items()},
        four,
        max(seconds for seconds, _ in halves),
    )


def filtered(names: Sequence[str], texts: Sequence[str]) -> tuple[float, dict[str, list[Verdict]]]:
    """The time that filters take after their tokenizers are loaded, and what they say."""
    judge = theirs.Judge(names, with_values=False)
    start = perf_counter()
    rows = [judge.judge(text) for text in texts]
    return perf_counter() - start, {name: [row[name] for row in rows] for name in names}


def time_in_memory(table: pa.Table, place: Path) -> InMemory:
    """Medians of several runs in this process, after one more in which it compiles."""
    judge, texts = ours.Judge([], place / "in-memory"), table.column("text").cast(pa.large_string())

    def judged(names: Sequence[str]) -> in_memory.Judged:
        return in_memory.judge_texts(judge.library, [ours.PREFIX + name for name in names], texts)

    found = judged(SETS).found
    wanted = [*((name,) for name in SETS), FOUR]
    return InMemory(
        {names: median([judged(names).seconds for _ in range(REPEATS)]) for names in wanted},
        {name: found[ours.PREFIX + name] for name in SETS},
    )


def time_ours(table: pa.Table, workers: int, place: Path) -> Ours:
    """Medians of several builds by the same workers, after one more in which they compile."""
    folder = place / f"ours-{workers}"
    with embedded(folder / "store") as config, closing(LocalEngine(workers)) as engine:
        judge = ours.Judge(table.column("text").to_pylist(), folder, S3Store(config), engine)
        snapshot = judge.library.build(SNAPSHOT).manifest
        frozen = {entry.path for entry in judge.library.store.list("")}
        verdicts = {name: judge.verdicts(name) for name in SETS}
        judge.library.build_all(PLAIN_SIGNALS)
        seconds = {names: time_builds(judge, frozen, names) for names in [*((name,) for name in SETS), FOUR]}
        plain = median([time_build(judge, frozen, PLAIN_SIGNALS) for _ in range(REPEATS)])
    return Ours(seconds, plain, verdicts, len(snapshot.files))


def time_builds(judge: ours.Judge, frozen: Set[str], names: tuple[str, ...]) -> Seconds:
    """Medians of several builds of the signals of some rule sets, each time with nothing but the snapshot there before,
    and of several of their verdicts."""
    library = judge.library
    needed = dict.fromkeys(part for name in names for part in library.needed(judge.partition(name)))
    signals = [part for part in needed if part.stage == "signals"]
    measured = [time_build(judge, frozen, signals) for _ in range(REPEATS)]
    standing = {entry.path for entry in library.store.list("")}
    verdicts = [judge.partition(name) for name in names]
    return Seconds(median(measured), median([time_build(judge, standing, verdicts) for _ in range(REPEATS)]))


def median(seconds: Sequence[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


def time_build(judge: ours.Judge, frozen: Set[str], partitions: Sequence[Partition]) -> float:
    """With nothing there before but what is frozen."""
    store = judge.library.store
    store.delete([entry.path for entry in store.list("") if entry.path not in frozen])
    start = perf_counter()
    judge.library.build_all(partitions)
    return perf_counter() - start


def speeds(table: pa.Table, sample: pa.Table, names: tuple[str, ...], measured: Measured) -> dict[str, Any]:
    """Megabytes per second of some rule sets on either side, their ratios, and whether they count."""
    here, one, two, other = measured
    compared = [
        Comparison(name, *labels(sample), found.verdicts[name][: sample.num_rows], other.verdicts[name])
        for name in names
        for found in (here, one)
    ]
    peer = size_of(sample) / (other.four if len(names) > 1 else other.seconds[names[0]])
    speed = size_of(table) / here.seconds[names]
    built, by_two = size_of(table) / one.of(names), size_of(table) / two.of(names)
    agreement = min(item.agreement() for item in compared)
    kinds = sorted(set(compared[0].kinds))
    return {
        "datatrove_mb_per_second": peer,
        "mb_per_second": speed,
        "ratio": speed / peer,
        "built_mb_per_second": built,
        "built_ratio": built / peer,
        "built_mb_per_second_2_processes": by_two,
        **(_of_two_processes(by_two, size_of(sample) / other.four_by_two) if len(names) > 1 else {}),
        "agreement": agreement,
        "agreement_by_kind": {kind: min(item.agreement(kind) for item in compared) for kind in kinds},
        "counts": agreement >= WANTED,
    }


def _of_two_processes(mine: float, peer: float) -> dict[str, float]:
    return {"datatrove_mb_per_second_2_processes": peer, "built_ratio_of_2_processes": mine / peer}


def labels(table: pa.Table) -> tuple[list[str], list[str]]:
    return table.column("id").to_pylist(), table.column("kind").to_pylist()


def beside(table: pa.Table, one: Ours, two: Ours) -> dict[str, Any]:
    """All plain signals by one process and by two; verdicts against these, and against the signals alone that they are
    made of."""
    return {
        "plain_signals_mb_per_second": size_of(table) / one.plain,
        "plain_signals_mb_per_second_2_processes": size_of(table) / two.plain,
        "verdicts_share_of_plain_signals": {
            "+".join(names): taken.verdicts / one.plain for names, taken in one.seconds.items()
        },
        "verdicts_share_of_signals": {
            "+".join(names): taken.verdicts / taken.signals for names, taken in one.seconds.items()
        },
        "seconds": {"+".join(names): taken._asdict() for names, taken in one.seconds.items()},
        "seconds_2_processes": {"+".join(names): taken._asdict() for names, taken in two.seconds.items()},
    }


def languages(table: pa.Table, found: Languages) -> dict[str, float]:
    """Identification of pages by one process and by two, and what the model alone gains by two."""
    return {
        "language_mb_per_second": size_of(table) / found.one,
        "language_mb_per_second_2_processes": size_of(table) / found.two,
        "language_ratio_of_2_processes": found.ratio,
        "fasttext_alone_ratio_of_2_processes": found.alone,
    }


def memory(table: pa.Table, place: Path) -> dict[str, int]:
    """Peak resident megabytes of a process that builds the verdicts of the input, and of ten copies of it."""
    path = place / "memory.parquet"
    pq.write_table(table, path)
    found = {}
    for copies in (1, COPIES):
        command = [sys.executable, "-m", "tests.benchmarks.signals", str(path), str(copies)]
        found[f"{copies}x"] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def told(result: Mapping[str, Any]) -> str:
    """What a person sees: a line per rule set, and what was measured beside them."""
    lines = [
        result["note"],
        "",
        f"{result['documents']} documents, {result['megabytes']:.1f} MB, {result['shards']} shards",
    ]
    if result["datatrove_megabytes"] < result["megabytes"]:
        lines.append(
            f"datatrove and the agreement: the first {result['datatrove_documents']} documents, "
            f"{result['datatrove_megabytes']:.1f} MB; its rate is extrapolated to the rest"
        )
    lines.append(
        f"{'rule set':20}{'datatrove':>12}{'in memory':>11}{'ratio':>9}{'built':>9}{'ratio':>9}{'agreement':>11}"
    )
    lines += [_line(name, found) for name, found in [*result["rule_sets"].items(), ("all four", result["all_four"])]]
    lines += ["", *(f"{name:40}{value:10.2f}" for name, value in result.items() if isinstance(value, float))]
    lines.append(f"{'verdicts, as a share of':48}{'plain signals':>14}{'signals read':>14}")
    lines += [
        f"{name:48}{result['verdicts_share_of_plain_signals'][name]:14.2%}{share:14.2%}"
        for name, share in result["verdicts_share_of_signals"].items()
    ]
    lines += [f"peak memory, {name} input{peak:26} MB" for name, peak in result.get("memory_mb", {}).items()]
    return "\n".join(lines)


def _line(name: str, found: Mapping[str, Any]) -> str:
    kinds = ", ".join(f"{visible(kind, 30)} {share:.1%}" for kind, share in found["agreement_by_kind"].items())
    counts = "" if found["counts"] else "  does not count"
    line = f"{name:20}{found['datatrove_mb_per_second']:12.3f}{found['mb_per_second']:11.1f}{found['ratio']:8.1f}×"
    line += f"{found['built_mb_per_second']:9.1f}{found['built_ratio']:8.1f}×{found['agreement']:11.2%}{counts}"
    line += f"\n{'':20}{kinds}"
    if "built_ratio_of_2_processes" in found:
        line += f"\n{'by 2 processes':20}{found['datatrove_mb_per_second_2_processes']:12.3f}{'':20}"
        line += f"{found['built_mb_per_second_2_processes']:9.1f}{found['built_ratio_of_2_processes']:8.1f}×"
    return line


def main() -> None:
    """In a process of its own: builds the verdicts of FILE, N times over, and prints its peak resident megabytes."""
    path, copies = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as place, embedded(Path(place) / "store") as config:
        texts = documents(path).column("text").to_pylist()
        judge = ours.Judge(texts, Path(place) / "texts", S3Store(config), copies=copies)
        judge.library.build_all(judge.library.needed(judge.partition("fineweb")))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    main()
