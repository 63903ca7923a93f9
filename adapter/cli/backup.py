"""`readout backup`: the database and the files beside it, while the service runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from adapter.cli.stored import opened
from adapter.errors import ConfigurationError
from adapter.settings import load_settings
from adapter.store.backup import copy_online

_DATABASE = "readout.sqlite"
_UNFINISHED = ".incoming-"


def command(
    folder: Annotated[Path, typer.Argument(help="Where the backup goes; given again, it grows.")],
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Copy database and recordings; patient data, so keep the folder where nobody else reads it.

    SQLite is copied online and checked; of PostgreSQL pg_dump makes `readout.dump`.

    Example: readout backup /backup/readout
    """
    settings = load_settings(config)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with opened(settings) as database:
        version = database.version()
        if database.is_sqlite:
            size = copy_online(Path(str(database.engine.url.database)), folder / _DATABASE)
        else:
            size = _dump(database.engine.url, folder / "readout.dump")
    copied = _copy_files(settings.data_dir, folder / "files")
    told = {"tables": version, "database_bytes": size, "files_copied": copied}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"tables at {version}, {size} bytes; {copied} new files, in {folder}")


def _dump(url: sa.URL, target: Path) -> int:
    program = shutil.which("pg_dump")
    if program is None:
        raise ConfigurationError(
            "pg_dump is not here: install the client programs of PostgreSQL, or back up its "
            "database where it runs (deploy/upgrade.md)"
        )
    told = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username}
    told |= {"PGPASSWORD": url.password, "PGDATABASE": url.database}
    env = os.environ | {name: str(value) for name, value in told.items() if value is not None}
    command = [program, "--format=custom", f"--file={target}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ConfigurationError(f"pg_dump: {done.stderr.strip().splitlines()[-1:]}")
    return target.stat().st_size


def _copy_files(source: Path, target: Path) -> int:
    """What is new or changed beside the database: recordings never change once they are written."""
    copied = 0
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if not path.is_file() or path.name.startswith((_DATABASE, _UNFINISHED)):
            continue
        now = path.stat()
        if place.exists() and place.stat().st_mtime_ns == now.st_mtime_ns:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
        copied += 1
    return copied
