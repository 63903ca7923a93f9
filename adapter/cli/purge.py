"""`readout purge`: retention, by kind of message."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened
from adapter.clock import SystemClock
from adapter.settings import load_settings
from adapter.store.audio_store import open_audio
from adapter.workflow.retention import purge

Days = Annotated[int | None, typer.Option(min=0, help="Days; left out: as the settings say.")]


def command(
    messages_older_than: Days = None,
    deliveries_older_than: Days = None,
    audio_older_than: Days = None,
    transcripts_older_than: Days = None,
    ai_findings_older_than: Days = None,
    model_answers_older_than: Days = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Remove bodies of old messages and deliveries, recordings and texts that are done with.

    Each keeps its row; the audit trail holds number and SHA-256 of what went. 0 days: none goes.

    Example: readout purge --messages-older-than 400 --dry-run
    """
    settings = load_settings(config)
    asked = {
        "messages": messages_older_than,
        "deliveries": deliveries_older_than,
        "audio": audio_older_than,
        "transcripts": transcripts_older_than,
        "ai_findings": ai_findings_older_than,
        "model_answers": model_answers_older_than,
    }
    days = settings.keep_days | {name: kept for name, kept in asked.items() if kept is not None}
    with opened(settings) as database:
        audio = open_audio(settings)
        done = purge(database, SystemClock(), days, audio, dry_run=dry_run)
    if as_json:
        told = {name: asdict(each) for name, each in done.items()}
        typer.echo(json.dumps({"dry_run": dry_run, "removed": told}))
        return
    verb = "would be removed" if dry_run else "removed"
    for name, each in done.items():
        typer.echo(f"{name}: {each.count} of {each.size_bytes} bytes {verb}")
    if not done:
        typer.echo("nothing is to be removed: no days are set")
