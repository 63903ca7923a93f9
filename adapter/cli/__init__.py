"""The command line: one file per command, imported only when that command runs."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

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
        """The command, or None when there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        with _nothing_to_collect():
            module = import_module(COMMANDS[cmd_name])
        app = getattr(module, "app", None)
        if app is None:
            app = typer.Typer(add_completion=False)
            app.command(cmd_name)(module.command)
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command


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
