"""What every command shares: the global options, wherever they stand in the line, and where output goes."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Settings

META = "florilegium"
FILE_WIDTH = 1000
PATHS = click.Path(path_type=Path)
GIVEN: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "recipes": (("--recipes",), {"multiple": True, "type": PATHS, "help": "A directory of your recipes; repeatable."}),
    "expectations": (("--expectations",), {"type": PATHS, "help": "A directory of your suites (expectations)."}),
    "store": (("--store",), {"metavar": "s3://…", "help": "Another S3-compatible store than the embedded one."}),
    "home": (("--home",), {"type": PATHS, "help": "Where the embedded store and reports lie. [default: .florilegium]"}),
    "workers": (("--workers",), {"type": click.IntRange(1), "help": "Processes that work. [default: one per core]"}),
    "ray": (("--ray",), {"metavar": "ADDRESS", "help": "Work on this Ray cluster; `local` starts one here."}),
    "json": (("--json",), {"is_flag": True, "help": "The result as JSON on stdout, and nothing else there."}),
    "log_format": (
        ("--log-format",),
        {
            "type": click.Choice(["text", "json"]),
            "envvar": "FLORILEGIUM_LOG_FORMAT",
            "help": "Progress and errors on stderr as text, or as one JSON object a line. [default: text]",
        },
    ),
    "quiet": (("--quiet", "-q"), {"is_flag": True, "help": "No progress."}),
    "debug": (("--debug",), {"is_flag": True, "help": "Show the traceback of an unexpected error."}),
}
SHOWN = ("json",)  # of the options of a verb itself; the others stand in the help of the group


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    given: dict[str, Any]

    @property
    def json(self) -> bool:
        return bool(self.given.get("json"))

    @property
    def quiet(self) -> bool:
        return bool(self.given.get("quiet"))

    @property
    def logs_json(self) -> bool:
        return self.given.get("log_format") == "json"

    @property
    def run(self) -> str:
        """What this call is called in logs and in what it publishes."""
        return str(self.given.setdefault("run", uuid4().hex[:12]))

    @cached_property
    def settings(self) -> Settings:
        """The environment's settings under the options of this call."""
        from dagster_project.settings import Settings

        names = ("expectations", "store", "home", "workers", "ray", "log_format")
        wanted = {name: self.given.get(name) for name in names}
        return Settings.from_environment(**wanted, recipes=self.given.get("recipes") or None)

    @property
    def packaged_alone(self) -> Settings:
        """The settings without the recipes of the user."""
        return replace(self.settings, recipes=())

    @cached_property
    def out(self) -> Console:
        return console()

    @cached_property
    def err(self) -> Console:
        return console(stderr=True)

    def show_json(self, result: Any) -> None:
        """Everything outside ASCII is escaped, so that no text of a document reaches the terminal as it is."""
        click.echo(json.dumps(result, indent=2))

    def again(self, *words: str) -> str:
        """A command to try next, with the options of this call that decide what it finds."""
        options = [
            word
            for name in ("store", "home", "recipes", "expectations")
            for value in _several(self.given.get(name))
            for word in (f"--{name}", str(value))
        ]
        return shlex.join(["florilegium", *options, *words])


def current() -> Session:
    """The call under way."""
    return Session(click.get_current_context().meta.setdefault(META, {}))


def console(stderr: bool = False) -> Console:
    """A console that takes data as data: no markup, no emoji names, no guessed highlights."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else FILE_WIDTH  # a file has no edge at which to fold
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def global_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the whole program."""
    return _with_options(command, shown=tuple(GIVEN))


def verb(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command that takes a Session first, and the global options after its name as well as before it."""

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(current(), *args, **kwargs)

    return _with_options(called, shown=SHOWN)


def _with_options(command: Callable[..., Any], shown: tuple[str, ...]) -> Callable[..., Any]:
    for name, (flags, attributes) in reversed(GIVEN.items()):
        option = click.option(
            *flags, f"given_{name}", expose_value=False, callback=_remember, hidden=name not in shown, **attributes
        )
        command = option(command)
    return command


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    name, given = str(option.name), context.meta.setdefault(META, {})
    if context.get_parameter_source(name) == click.core.ParameterSource.ENVIRONMENT:
        given.setdefault(name.removeprefix("given_"), value)
    elif value not in (None, (), False):
        given[name.removeprefix("given_")] = value


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,) if value else ()
