"""How a command ends: 0 well, 1 refused or failed, 2 badly used, 130 or 143 interrupted; mistakes are sentences."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import click

from dagster_project.cli.session import META, current
from dagster_project.corpus.model.errors import FlorilegiumError, RecipeError
from dagster_project.corpus.model.escaping import visible
from dagster_project.logs import log

FAILED, INTERRUPTED, TERMINATED = 1, 130, 143
SYSTEM = {
    errno.ENOSPC: "the disk is full: free some space and repeat; finished work is found again",
    errno.EACCES: "permission is denied: choose another place with --home, or correct the permissions",
    errno.EROFS: "the file system is read-only: choose another place with --home",
}


class Program(click.Group):
    """The group of all verbs; the one place where an exception becomes an exit code."""

    def invoke(self, context: click.Context) -> Any:
        with terminated_softly():
            try:
                return super().invoke(context)
            except FlorilegiumError as error:
                tell(error)
            except (click.ClickException, click.exceptions.Exit, click.Abort):
                raise
            except KeyboardInterrupt:
                click.secho("\ninterrupted; finished work is kept and found again", err=True)
                context.exit(INTERRUPTED)
            except Exception as error:
                if isinstance(error, OSError) and error.errno == errno.EPIPE:
                    raise
                tell_unexpected(error, debug=bool(context.meta.get(META, {}).get("debug")))
        context.exit(FAILED)


@contextlib.contextmanager
def terminated_softly() -> Iterator[None]:
    """SIGTERM unwinds the stack, so that workers and the embedded server end with us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tell(error: FlorilegiumError) -> None:
    """A refusal on stderr: one sentence, or one line per problem of the recipes."""
    if isinstance(error, RecipeError) and len(error.problems) > 1:
        _say(f"{len(error.problems)} problems in the recipes")
        for problem in error.problems:
            if current().logs_json:
                _say(visible(str(problem)))
                continue
            click.echo(f"  {visible(str(problem))}", err=True)
        return
    _say(visible(str(error)))


def tell_unexpected(error: Exception, *, debug: bool) -> None:
    """Not a mistake of the user: the traceback on request, else what happened and how to see more."""
    if debug:
        click.echo(visible_lines("".join(traceback.format_exception(error))), err=True, nl=False)
        return
    if isinstance(error, OSError) and error.errno in SYSTEM:
        where = f"{error.filename}: " if error.filename else ""
        _say(visible(f"{where}{SYSTEM[error.errno]}"))
        return
    detail = visible(str(error).strip().partition("\n")[0])[:300]
    _say(f"something unexpected happened ({type(error).__name__}: {detail}); run it again with --debug to see where")


def visible_lines(text: str) -> str:
    """Escaped line by line; the line breaks stay."""
    return "".join(f"{visible(line)}\n" for line in text.splitlines())


def _say(sentence: str) -> None:
    if current().logs_json:
        log("error", sentence, current().run)
        return
    click.echo(f"{click.style('error:', fg='red', bold=True)} {sentence}", err=True)


def _exit(number: int, frame: Any) -> None:
    sys.exit(TERMINATED)
