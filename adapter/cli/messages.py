"""`readout messages`: the log of messages in and out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter.acting import acting
from adapter.cli.stored import opened, told
from adapter.clock import SystemClock
from adapter.domain.audit import Verb
from adapter.domain.people import Practitioner
from adapter.mapping.files import MappingFiles
from adapter.settings import load_settings
from adapter.store.message_log import LoggedDelivery, LoggedMessage, Page
from adapter.workflow.message_log import MessageLog, Opened, Query, open_log

app = typer.Typer(add_completion=False, invoke_without_command=True)

Config = Annotated[Path | None, typer.Option(help="Settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a message.")]
Moment = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
]
Row = LoggedMessage | LoggedDelivery


@app.callback()
def command(
    context: typer.Context,
    accession: Annotated[str, typer.Option(help="Accession number.")] = "",
    order: Annotated[str, typer.Option(help="Number of the order: placer's or filler's.")] = "",
    patient: Annotated[str, typer.Option(help="A number of the patient, such as the MRN.")] = "",
    control_id: Annotated[str, typer.Option(help="MSH-10.")] = "",
    kind: Annotated[str, typer.Option("--type", help="ORM^O01, ORM; with --out: final, …")] = "",
    peer: Annotated[str, typer.Option("--with", help="Sender; with --out: destination.")] = "",
    state: Annotated[str, typer.Option(help="refused, applied, …; --out: held, …")] = "",
    since: Moment = None,
    until: Moment = None,
    text: Annotated[str, typer.Option(help="What the body holds.")] = "",
    out: Annotated[bool, typer.Option("--out", help="Messages that go out.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most messages.")] = 50,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Find messages, newest first; times without an offset are UTC. No content is printed.

    Example: readout messages --state refused --since 2026-11-01
    """
    if context.invoked_subcommand is not None:
        return
    query = Query(
        control_id=control_id,
        accession=accession,
        patient=patient,
        kind=kind,
        peer=peer,
        state=state,
        since=_utc(since),
        until=_utc(until),
        text=text,
        order=order,
    )
    with _log(config, Verb.QUERY, "readout messages") as log:
        for row in _every(log.sent if out else log.received, query, limit):
            _print_row(row, as_json)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Number; with --out: control id.")],
    out: Annotated[bool, typer.Option("--out", help="A message that goes out.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Only its bytes, as they are.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """One message by segments and fields with their names, or its bytes; this is patient data.

    Example: readout messages show 4711 --raw > order.hl7
    """
    with _log(config, Verb.READ, f"readout messages show {name}") as log:
        found = log.open_sent(name) if out else log.open_received(_number(name))
    if raw:
        sys.stdout.buffer.write(found.body)
    elif as_json:
        shown = _facts(found.row) | asdict(found.shown) | {"problem": found.problem}
        typer.echo(json.dumps(shown, ensure_ascii=False))
    else:
        _print_message(found)


@app.command("replay")
def replay(
    number: Annotated[int, typer.Argument(metavar="ID", help="The message's number.")],
    person: Annotated[str, typer.Option(help="Who asks for it: number in the directory.")],
    force: Annotated[bool, typer.Option("--force", help="Also when it is applied.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let the service apply a refused message again from its bytes, within seconds.

    Example: readout messages replay 4711 --person 123
    """
    with _log(config, None, "") as log:
        row = log.replay(number, Practitioner(person), force=force)
    _print_row(row, as_json)


@contextmanager
def _log(config: Path | None, verb: Verb | None, what: str) -> Iterator[MessageLog]:
    settings = load_settings(config)
    with opened(settings) as database:
        yield open_log(database, SystemClock(), MappingFiles(site=settings.mappings_dir))
        if verb is not None:
            for accession in sorted(acting().about) or [""]:
                told(database, verb, what, accession)


def _every(
    find: Callable[[Query, int | None, int], Page[Any]], query: Query, limit: int
) -> Iterator[Row]:
    """Up to `limit` rows, over as many pages as it takes."""
    before: int | None = None
    while limit > 0:
        page = find(query, before, min(limit, 500))
        yield from page.rows
        limit, before = limit - len(page.rows), page.next
        if before is None:
            return


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _number(text: str) -> int:
    if not text.isdecimal():
        raise typer.BadParameter("a message that came in has a number; --out takes a control id")
    return int(text)


def _facts(row: Row) -> dict[str, Any]:
    return row._asdict() | {"remarks": row.remarks.splitlines()}


def _print_row(row: Row, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_facts(row), ensure_ascii=False))
    elif isinstance(row, LoggedMessage):
        told = (str(row.id), row.received_at[:19], row.state, row.type, row.sender, row.control_id)
        typer.echo("  ".join((*told, row.reason)).rstrip())
    else:
        sent = (row.control_id, row.issued_at[:19], row.state, row.kind, row.destination)
        typer.echo("  ".join((*sent, row.accession, row.answer, row.answer_text)).rstrip())


def _print_message(found: Opened[Any]) -> None:
    _print_row(found.row, as_json=False)
    for line in (*found.remarks, found.problem, found.shown.charset_problem):
        if line:
            typer.echo(f"! {line}")
    if not found.shown.segments:
        typer.echo(_plain(found.shown.text))
    for segment in found.shown.segments:
        typer.echo(f"\n{segment.id}  {segment.name}".rstrip())
        for field in segment.fields:
            if len(field.parts) == 1 and field.parts[0].place == field.place:
                typer.echo(f"  {field.place:<12}{field.name}: {_plain(field.parts[0].text)}")
            else:
                typer.echo(f"  {field.place:<12}{field.name}")
                for part in field.parts:
                    typer.echo(f"    {part.place:<14}{part.name}: {_plain(part.text)}")
    if not found.shown.complete:
        typer.echo("… and more values; --raw gives all bytes")


def _plain(text: str) -> str:
    """No control character reaches the terminal but line ends, which are indented."""
    lines = text.replace("\r", "\n").splitlines()
    shown = ("".join(sign if sign.isprintable() else "�" for sign in line) for line in lines)
    return "\n      ".join(shown)
