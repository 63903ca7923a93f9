"""`readout model`: put speech models in place, and list those that are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from adapter.cli import model_calibrate
from adapter.errors import ConfigurationError
from adapter.settings import Settings, load_settings
from adapter.speech.model_convert import convert_checkpoint, is_checkpoint
from adapter.speech.model_hub import fetch_from_hub
from adapter.speech.model_install import Counted, Fill, added, copy_directory, install
from adapter.speech.model_store import models_folder

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Speech models of this node.")
app.command("calibrate")(model_calibrate.command)


@app.command("add")
def add(
    source: Annotated[
        str,
        typer.Argument(help="CTranslate2 directory, Whisper checkpoint, or name on the hub."),
    ],
    name: Annotated[str, typer.Option(help="Its name here; empty: the last part of SOURCE.")] = "",
    download: Annotated[bool, typer.Option("--download", help="Allow to reach the hub.")] = False,
    quantization: Annotated[
        str, typer.Option(help="Number type of a checkpoint that is converted.")
    ] = "int8",
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
) -> None:
    """Put a speech model in place, with checksums; it is used offline from then on.

    A broken copy or download goes on where it stopped when the command is run again.

    Example: readout model add Systran/faster-whisper-small --download
    """
    settings = load_settings(config)
    directory = Path(source).expanduser()
    name = name or (directory.resolve() if directory.is_dir() else Path(source)).name
    with _copying(directory) as counted:
        fill = _fill(source, directory, counted, settings.speech_download or download, quantization)
        place, manifest = install(models_folder(settings.data_dir), name, fill)
    typer.echo(f"added {place}: {len(manifest.files)} files, {_size(manifest.size)}")
    typer.echo(f"to use it, set READOUT_SPEECH_MODEL={name}")


@app.command("list")
def list_(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a model.")] = False,
) -> None:
    """List the models that were added; * marks the one in use.

    Example: readout model list
    """
    settings = load_settings(config)
    used = _used(settings)
    for name, manifest in added(models_folder(settings.data_dir)):
        if as_json:
            told = {"name": name, "bytes": manifest.size, "source": manifest.source}
            typer.echo(json.dumps({**told, "used": name == used}, ensure_ascii=False))
        else:
            mark = "*" if name == used else " "
            typer.echo(f"{mark} {name:<32} {_size(manifest.size):>10}  {manifest.source}")


def _fill(
    source: str, directory: Path, counted: Counted, download: bool, quantization: str
) -> Fill:
    if directory.is_dir():
        if is_checkpoint(directory):
            return convert_checkpoint(directory, quantization)
        return copy_directory(directory, counted)
    if re.match(r"[/.~]", source):
        raise ConfigurationError(f"speech model directory {source} does not exist")
    fill = fetch_from_hub(source, lambda name, size: typer.echo(f"{name}  {_size(size)}", err=True))
    if not download:
        raise ConfigurationError(
            f"{source} is no directory here; to fetch it from the hub, say --download or set"
            " READOUT_SPEECH_DOWNLOAD"
        )
    return fill


@contextmanager
def _copying(directory: Path) -> Iterator[Counted]:
    """A bar on standard error while a directory is copied, when that is a terminal."""
    console = Console(stderr=True)
    shown = console.is_terminal and directory.is_dir()
    columns = (TextColumn("copying"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("copying", total=None)
        yield lambda count: bar.update(task, advance=count)


def _used(settings: Settings) -> str:
    return settings.speech_model if settings.speech_engine == "whisper" else ""


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
