"""The command line: one file per command, imported only when that command runs."""

from __future__ import annotations

import gc
import linecache
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from adapter import __version__
from adapter.errors import ReadoutError

COMMANDS = {
    "demo": "adapter.cli.demo",
    "serve": "adapter.cli.serve",
    "hub": "adapter.cli.hub",
    "sign-in": "adapter.cli.sign_in",
    "sessions": "adapter.cli.sessions",
    "token": "adapter.cli.token",
    "worker": "adapter.cli.worker",
    "transcribe": "adapter.cli.transcribe",
    "write": "adapter.cli.write",
    "facts": "adapter.cli.facts",
    "merge": "adapter.cli.merge",
    "check": "adapter.cli.check",
    "send": "adapter.cli.send",
    "destination": "adapter.cli.destination",
    "ai-source": "adapter.cli.ai_source",
    "print": "adapter.cli.print_report",  # no module may hide a builtin from those beside it
    "summary": "adapter.cli.summary",
    "replay": "adapter.cli.replay",
    "messages": "adapter.cli.messages",
    "ai-ledger": "adapter.cli.ai_ledger",
    "outgoing": "adapter.cli.outgoing",
    "relabel": "adapter.cli.relabel",
    "purge": "adapter.cli.purge",
    "audit": "adapter.cli.audit",
    "keys": "adapter.cli.keys",
    "check-mappings": "adapter.cli.check_mappings",
    "plug-in-manifest": "adapter.cli.plug_in_manifest",
    "import-template": "adapter.cli.import_template",
    "model": "adapter.cli.model",
    "backup": "adapter.cli.backup",
    "migrate-database": "adapter.cli.migrate_database",
    "doctor": "adapter.cli.doctor",
}


class LazyGroup(TyperGroup):
    """Commands by name from COMMANDS; a module holds `command` (a function) or `app` (a Typer).

    Any stands for click's types: typer brings its own click, or not, by its version.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: Any,
        cmd_name: str,
    ) -> Any:
        """The command as the list tells of it, or None when there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=_what_it_does(COMMANDS[cmd_name]))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is to run, with all that it needs."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and _loaded(str(name)), rest


def _loaded(name: str) -> Any:
    with _nothing_to_collect():
        module = import_module(COMMANDS[name])
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False)
        app.command(name)(module.command)
    command = typer.main.get_command(app)
    command.name = name
    return command


def _what_it_does(module: str) -> str:
    """The first line of the module, "`readout NAME`: what it does"; loading all takes seconds."""
    spec = find_spec(module)
    line = linecache.getline(spec.origin, 1) if spec and spec.origin else ""
    return line.strip().strip('"').partition(": ")[2]


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Modules stay for good: looking for garbage while they load takes an eighth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"readout {__version__}")
        raise typer.Exit


@app.callback()
def _readout(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """Radiology reporting-dictation adapter: orders in, dictation and AI merged, reports out."""


def main() -> None:
    """Run a command; an expected failure is one line on standard error and exit 1."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for our small matrices threads only wait
    try:
        app()
    except ReadoutError as error:
        typer.echo(f"readout: {error}", err=True)
        raise SystemExit(1) from None
