"""`readout ai-source`: what AI sources may do here, stopping them, their model cards."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from adapter.cli.service_call import call
from adapter.domain.ai_source import AiMode

app = typer.Typer(no_args_is_help=True, help="Look at AI sources, stop them, print model cards.")

Source = Annotated[str, typer.Argument(help="Id of the source, or the name of a model.")]
To = Annotated[str, typer.Option(help="Address of the service.")]
By = Annotated[str, typer.Option(help="Number of the person who asks; it is kept in the history.")]
Reason = Annotated[str, typer.Option(help="Why; no patient data.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_HERE = "http://127.0.0.1:8765"


class CardFormat(StrEnum):
    """Formats of a model card."""

    XML = "xml"
    HTML = "html"


@app.command("list")
def list_(to: To = _HERE, as_json: Json = False) -> None:
    """Tell what each source may do.

    Example: readout ai-source list
    """
    told = call("GET", _address(to))
    if as_json:
        _print(told)
        return
    for each in told["sources"]:
        typer.echo(_in_words(each))


@app.command("stop")
def stop(
    source: Source, by: By, reason: Reason = "", to: To = _HERE, as_json: Json = False
) -> None:
    """Take nothing of a source and show nothing of it, at once, on every node.

    Example: readout ai-source stop demo_chest --by 1001 --reason "false alarms since the update"
    """
    _tell(call("POST", _address(to, source, "stop"), json=_asked(by, reason)), as_json)


@app.command("start")
def start(
    source: Source, by: By, reason: Reason = "", to: To = _HERE, as_json: Json = False
) -> None:
    """Take back what was set at run time; its file counts again.

    Example: readout ai-source start demo_chest --by 1001
    """
    _tell(call("POST", _address(to, source, "start"), json=_asked(by, reason)), as_json)


@app.command("mode")
def mode(
    source: Source,
    mode: Annotated[AiMode, typer.Argument(help="The mode; none freer than that of its file.")],
    by: By,
    reason: Reason = "",
    to: To = _HERE,
    as_json: Json = False,
) -> None:
    """Make a source stricter, at once, on every node.

    Example: readout ai-source mode demo_chest shadow --by 1001 --reason "under review"
    """
    asked = _asked(by, reason) | {"mode": mode.value}
    _tell(call("POST", _address(to, source, "mode"), json=asked), as_json)


@app.command("history")
def history(source: Source, to: To = _HERE, as_json: Json = False) -> None:
    """Tell who did what with a source, and which versions came new.

    Example: readout ai-source history demo_chest
    """
    told = call("GET", _address(to, source, "history"))
    if as_json:
        _print(told)
        return
    for each in told["events"]:
        typer.echo(f"{each['at']}  {each['event']}  {each['detail']}")


@app.command("held")
def held(source: Source, to: To = _HERE, as_json: Json = False) -> None:
    """Tell for which studies its findings are kept from radiologists, and why.

    Example: readout ai-source held demo_chest
    """
    told = call("GET", _address(to, source, "held"))
    if as_json:
        _print(told)
        return
    for each in told["held"]:
        why = "; ".join(each["reasons"])
        typer.echo(f"{each['accession']}  {each['model']} {each['version']}  {each['mode']}: {why}")


@app.command("card")
def card(
    source: Annotated[str, typer.Argument(help="Id of the source.")],
    format: Annotated[CardFormat, typer.Option(help="xml: CHAI applied model card v0.2.")] = (
        CardFormat.XML
    ),
    mappings: Annotated[
        Path | None, typer.Option(help="Directory of the site's mapping files.")
    ] = None,
) -> None:
    """Print the model card of a source, read from its mapping file.

    Example: readout ai-source card demo_chest --format html
    """
    from adapter.mapping.ai_sources import Registry
    from adapter.mapping.checks import Checks
    from adapter.mapping.files import MappingFiles
    from adapter.mapping.model_card_export import as_html, as_xml, card_of

    files = MappingFiles(site=mappings)
    found = card_of(Registry.load(files, Checks.load(files)[0])[0].get(source))
    text = as_html(found) if format is CardFormat.HTML else as_xml(found).decode()
    typer.echo(text, nl=False)


def _asked(by: str, reason: str) -> dict[str, Any]:
    return {"person": {"id": by}, "reason": reason}


def _address(to: str, *rest: str) -> str:
    return "/".join([to.rstrip("/"), "api/ai-sources", *(quote(each, safe="") for each in rest)])


def _tell(one: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print(one)
    else:
        typer.echo(_in_words(one))


def _in_words(one: dict[str, Any]) -> str:
    told = f"{one['source']}: {one['effective']}"
    if switch := one["switch"]:
        told += f", set by {switch['person']} at {switch['at']} {switch['reason']}".rstrip()
    new = [f"{each['model']} {each['version']}" for each in one["seen"] if not each["pinned"]]
    if not one["known"]:
        return f"{told}; no file under ai_sources/ names it"
    return told + (f"; in shadow, not pinned: {', '.join(new)}" if new else "")


def _print(told: dict[str, Any]) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False))
