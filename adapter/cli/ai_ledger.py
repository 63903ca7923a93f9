"""`readout ai-ledger`: what became of the findings of AI models, for other programs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened, told
from adapter.domain.audit import Verb
from adapter.errors import Rejected
from adapter.settings import load_settings
from adapter.workflow import ai_export

app = typer.Typer(add_completion=False, no_args_is_help=True)


class Format(StrEnum):
    """What is written."""

    CSV = "csv"
    PARQUET = "parquet"
    ASSESS_AI = "assess-ai"


@app.callback()
def _group() -> None:
    """The ledger of AI findings: each with its fate in the signed report."""


@app.command("export")
def export(
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day (UTC).")
    ],
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; left out: today."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="Parquet needs readout[parquet].")
    ] = Format.CSV,
    output: Annotated[Path | None, typer.Option(help="File; left out: standard output.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
) -> None:
    """Write one row a finding, by the day of the signature; of the patient sex and age band alone.

    Example: readout ai-ledger export --from 2026-01-01 --format parquet --output ledger.parquet
    """
    begin, end = first.date(), (last or datetime.now(UTC)).date()
    if end < begin:
        raise Rejected("--to lies before --from", code="period")
    if form is Format.PARQUET and output is None:
        raise Rejected("Parquet is written to a file: add --output", code="output")
    with opened(load_settings(config)) as database:
        told(database, Verb.EXPORT, f"AI ledger from {begin} to {end}")
        found = ai_export.rows(database, begin, end)
        if form is Format.PARQUET and output is not None:
            count = ai_export.write_parquet(found, output)
            typer.echo(f"{count} findings written to {output}")
            return
        parts = ai_export.lines(found, form.value)
        if output is None:
            for part in parts:
                sys.stdout.write(part)
        else:
            with output.open("w", encoding="utf-8", newline="") as file:
                file.writelines(parts)
