"""`readout keys`: the keys of encryption at rest."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened
from adapter.clock import SystemClock
from adapter.domain.audit import Verb
from adapter.errors import ConfigurationError
from adapter.key_file import read_keys
from adapter.settings import load_settings
from adapter.store import audit
from adapter.store.audio_store import open_audio
from adapter.store.data_keys import new_data_key, rewrap
from adapter.store.resealing import reseal
from adapter.store.unlocking import unlock
from adapter.store.vault import FRESH_S, SETTING

app = typer.Typer(no_args_is_help=True, help="Keys of what is stored encrypted.")

_SETTLED_S = FRESH_S + 5.0  # a transaction that began by the earlier key has ended, too


@app.command("new")
def new() -> None:
    """Print a new master key: a line for the file of READOUT_MASTER_KEY_FILE.

    Example: readout keys new >> /etc/readout/master.key
    """
    typer.echo(secrets.token_hex(32))


@app.command("rotate")
def rotate(
    data: Annotated[
        bool, typer.Option("--data", help="Also a new data key, and all sealed anew by it.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Let the last master key of the file wrap the data keys; what is in the clear is sealed.

    The service goes on meanwhile. Stopped and begun again it goes on where it was. With --data
    nothing is sealed by an earlier data key when it ends; give every node the key file before.

    Example: readout keys rotate --data
    """
    settings = load_settings(config)
    if settings.master_key_file is None:
        raise ConfigurationError(f"nothing is encrypted: set {SETTING} first")
    masters, clock = read_keys(settings.master_key_file, SETTING), SystemClock()
    with opened(settings) as database:
        _say({"wrapped anew": rewrap(database, masters)}, as_json)
        if data:
            now = clock.now().isoformat(timespec="seconds")
            _say({"data key": new_data_key(database, masters, now)}, as_json)
            _say({"seconds until every node seals by it": _SETTLED_S}, as_json)
            _wait(_SETTLED_S)  # then one pass finds all that an earlier key has sealed
        vault = unlock(database, settings.master_key_file, clock)
        if vault is None:
            raise ConfigurationError(f"set {SETTING}")
        for progress in reseal(database, vault):
            _say({progress.what: progress.done}, as_json)
        files = sum(1 for _ in open_audio(settings, vault).reseal())
        _say({"audio files": files}, as_json)
        database.forget_what_was_freed()
        with database.write() as tx:
            audit.tell(tx, Verb.CONFIGURE, "", "keys rotated", f"data key {vault.current}")


def _wait(seconds: float) -> None:
    time.sleep(seconds)


def _say(told: dict[str, object], as_json: bool) -> None:
    for name, value in told.items():
        typer.echo(json.dumps(told) if as_json else f"{name}: {value}")
