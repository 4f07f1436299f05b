"""Observers of a build: bars on a terminal, plain lines elsewhere, JSON or silence on request."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dagster_project.logs import Logs

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.cli.session import Session
    from dagster_project.corpus.building.library import Built
    from dagster_project.corpus.model.partitions import Partition


class Noted:
    """Keeps what was built, for the summary; shows nothing."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.built: list[Built] = []

    def started(self, partition: Partition) -> None: ...

    def progressed(self, partition: Partition, done: int, total: int) -> None: ...

    def finished(self, built: Built) -> None:
        self.built.append(built)


class Lines(Noted):
    """One plain line per finished partition."""

    def __init__(self, run: str, console: Console) -> None:
        super().__init__(run)
        self.console = console

    def finished(self, built: Built) -> None:
        super().finished(built)
        self.console.print(f"{built.partition}  {told(built)}")


class Bars(Noted):
    """One line per partition: a spinner and a bar while it is built, then what came of it."""

    def __init__(self, run: str, progress: Any) -> None:
        super().__init__(run)
        self.progress = progress
        self.tasks: dict[Partition, Any] = {}

    def started(self, partition: Partition) -> None:
        if partition not in self.tasks:
            self.tasks[partition] = self.progress.add_task(str(partition), total=None, told="")

    def progressed(self, partition: Partition, done: int, total: int) -> None:
        self.progress.update(self.tasks[partition], completed=done, total=total, told=f"{done}/{total}")

    def finished(self, built: Built) -> None:
        super().finished(built)
        self.progress.update(self.tasks[built.partition], completed=1, total=1, told=told(built))


class Logged(Noted):
    """One JSON object per event, for those who collect logs."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.logs = Logs(run)

    def started(self, partition: Partition) -> None:
        self.logs.started(partition)

    def progressed(self, partition: Partition, done: int, total: int) -> None:
        self.logs.progressed(partition, done, total)

    def finished(self, built: Built) -> None:
        super().finished(built)
        self.logs.finished(built)


@contextlib.contextmanager
def watching(session: Session) -> Iterator[Noted]:
    """The observer that fits where stderr goes."""
    if session.quiet:
        yield Noted(session.run)
    elif session.logs_json:
        yield Logged(session.run)
    elif not session.err.is_terminal:
        yield Lines(session.run, session.err)
    else:
        with _progress(session.err) as progress:
            yield Bars(session.run, progress)


def told(built: Built) -> str:
    what = "new" if built.fresh else "found"
    return f"{built.manifest.rows:,} rows  {what} {built.manifest.id[:12]}  {built.seconds:.1f} s"


def _progress(console: Console) -> Any:
    from rich import progress

    return progress.Progress(
        progress.SpinnerColumn(finished_text="✓"),
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=20),
        progress.TextColumn("{task.fields[told]}", markup=False),
        console=console,
        expand=False,
    )
