"""`readout audit`: the audit trail proved, handed on, and asked about one patient."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from adapter.audit.disclosures import disclosures
from adapter.audit.heads import Heads, read_heads, sealed
from adapter.audit.keys import AuditKeys, open_keys
from adapter.audit.verify import Verdict, verify
from adapter.cli.stored import opened, told
from adapter.clock import SystemClock
from adapter.domain.audit import AuditRow, Verb
from adapter.fhir.audit_events import audit_event
from adapter.settings import load_settings
from adapter.store import audit
from adapter.store.database import Database

app = typer.Typer(no_args_is_help=True, help="Prove, export and search the audit trail.")

Config = Annotated[Path | None, typer.Option(help="Settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Moment = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])
]


class _Opened(NamedTuple):
    database: Database
    keys: AuditKeys
    heads: Path


@app.command("verify")
def verify_(
    head: Annotated[
        list[Path] | None, typer.Option(help="Anchor kept elsewhere; may be given again.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Find every row that was changed, removed, inserted or moved; exit 1 when there is one.

    Example: readout audit verify --head /mnt/elsewhere/readout-heads.json
    """
    with _opened(config) as trail:
        anchors = [read_heads(each, trail.keys) for each in _anchors(trail.heads, head or [])]
        with trail.database.read() as tx:
            verdict = verify(tx, trail.keys, anchors)
        told(trail.database, Verb.AUDIT_LOG_USED, "readout audit verify")
    if as_json:
        typer.echo(json.dumps(_facts(verdict, anchors)))
    else:
        _print(verdict, anchors)
    if verdict.faults:
        raise typer.Exit(1)


@app.command("head")
def head(config: Config = None) -> None:
    """Print the sealed end of every chain, to be kept where no one can change it.

    Example: readout audit head > /mnt/elsewhere/readout-heads.json
    """
    with _opened(config) as trail:
        with trail.database.read() as tx:
            now = audit.heads(tx)
        at = SystemClock().now().isoformat(timespec="milliseconds")
        typer.echo(sealed(now, at, trail.keys), nl=False)


class Form(StrEnum):
    """Rows as they are stored, or FHIR R4 AuditEvent."""

    JSONL = "jsonl"
    FHIR = "fhir"


_WRITERS: dict[Form, Callable[[AuditRow], object]] = {
    Form.JSONL: AuditRow._asdict,
    Form.FHIR: audit_event,
}


@app.command("export")
def export(
    since: Moment = None,
    until: Moment = None,
    form: Annotated[
        Form, typer.Option("--format", help="Rows as stored, or FHIR R4 AuditEvent.")
    ] = Form.JSONL,
    config: Config = None,
) -> None:
    """Print the rows, one JSON object a line; times without an offset are UTC.

    Example: readout audit export --format fhir --since 2026-11-01 > audit.ndjson
    """
    with _opened(config) as trail:
        told(trail.database, Verb.AUDIT_LOG_USED, "readout audit export")
        with trail.database.read() as tx:
            for row in audit.every(tx, _utc(since), _utc(until)):
                typer.echo(json.dumps(_WRITERS[form](row), ensure_ascii=False))


@app.command("disclosures")
def disclosures_(
    patient: Annotated[str, typer.Option(help="The patient's number, such as the MRN.")],
    issuer: Annotated[str | None, typer.Option(help="Who gave it; left out: anybody.")] = None,
    people: Annotated[
        bool, typer.Option("--people", help="Also what people of the house looked at.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """To whom data of a patient went, for the accounting of disclosures (45 CFR 164.528).

    Example: readout audit disclosures --patient 4711 --json
    """
    with _opened(config) as trail:
        with trail.database.read() as tx:
            found = disclosures(tx, trail.keys, patient, issuer, people=people)
        told(trail.database, Verb.AUDIT_LOG_USED, "readout audit disclosures")
    for each in found:
        if as_json:
            typer.echo(json.dumps(each._asdict(), ensure_ascii=False))
        else:
            typer.echo("  ".join(filter(None, (each.at[:19], *each[1:]))))
    if not found and not as_json:
        typer.echo("nothing of this patient has left")


@contextmanager
def _opened(config: Path | None) -> Iterator[_Opened]:
    settings = load_settings(config)
    keys, heads = settings.audit_files
    with opened(settings) as database:
        yield _Opened(database, open_keys(keys), heads)


def _anchors(own: Path, others: list[Path]) -> list[Path]:
    return [*([own] if own.exists() else []), *others]


def _facts(verdict: Verdict, anchors: list[Heads]) -> dict[str, object]:
    return {
        "good": not verdict.faults,
        "rows": verdict.rows,
        "heads": [each._asdict() for each in verdict.heads],
        "anchors": [each.at for each in anchors],
        "faults": [asdict(each) for each in verdict.faults],
    }


def _print(verdict: Verdict, anchors: list[Heads]) -> None:
    for each in verdict.heads:
        typer.echo(f"{each.chain}: {each.number} rows, the last one {each.hash}")
    for anchor in anchors:
        typer.echo(f"held to the heads of {anchor.at}")
    if not anchors:
        typer.echo("no heads to hold it to: rows gone from the end cannot be found")
    for fault in verdict.faults:
        typer.echo(f"WRONG  {fault.chain or 'heads'}: {fault.what}")
    typer.echo("the trail is as it was written" if not verdict.faults else "the trail was changed")


def _utc(moment: datetime | None) -> str:
    if moment is None:
        return ""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds")
