"""`readout ai-source`: what AI sources may do here, stopping them, their model cards."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.remote import HERE, By, Json, Reason, To, Told, get, lines, post, show
from adapter.cli.remote import history as history_of
from adapter.domain.ai_source import AiMode

app = typer.Typer(no_args_is_help=True, help="Look at AI sources, stop them, print model cards.")

Source = Annotated[str, typer.Argument(help="Id of the source, or the name of a model.")]
_PLACE = "api/ai-sources"


class CardFormat(StrEnum):
    """Formats of a model card."""

    XML = "xml"
    HTML = "html"


@app.command("list")
def list_(to: To = HERE, as_json: Json = False) -> None:
    """Tell what each source may do.

    Example: readout ai-source list
    """
    show(get(to, _PLACE), as_json, lambda told: lines(told, "sources", _in_words))


@app.command("stop")
def stop(source: Source, by: By, reason: Reason = "", to: To = HERE, as_json: Json = False) -> None:
    """Take nothing of a source and show nothing of it, at once, on every node.

    Example: readout ai-source stop demo_chest --by 1001 --reason "false alarms since the update"
    """
    show(post(to, _PLACE, source, "stop", by=by, reason=reason), as_json, _in_words)


@app.command("start")
def start(
    source: Source, by: By, reason: Reason = "", to: To = HERE, as_json: Json = False
) -> None:
    """Take back what was set at run time; its file counts again.

    Example: readout ai-source start demo_chest --by 1001
    """
    show(post(to, _PLACE, source, "start", by=by, reason=reason), as_json, _in_words)


@app.command("mode")
def mode(
    source: Source,
    mode: Annotated[AiMode, typer.Argument(help="The mode; none freer than that of its file.")],
    by: By,
    reason: Reason = "",
    to: To = HERE,
    as_json: Json = False,
) -> None:
    """Make a source stricter, at once, on every node.

    Example: readout ai-source mode demo_chest shadow --by 1001 --reason "under review"
    """
    told = post(to, _PLACE, source, "mode", by=by, reason=reason, mode=mode.value)
    show(told, as_json, _in_words)


@app.command("history")
def history(source: Source, to: To = HERE, as_json: Json = False) -> None:
    """Tell who did what with a source, and which versions came new.

    Example: readout ai-source history demo_chest
    """
    show(get(to, _PLACE, source, "history"), as_json, history_of)


@app.command("held")
def held(source: Source, to: To = HERE, as_json: Json = False) -> None:
    """Tell for which studies its findings are kept from radiologists, and why.

    Example: readout ai-source held demo_chest
    """
    show(get(to, _PLACE, source, "held"), as_json, lambda told: lines(told, "held", _held))


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


def _held(each: Told) -> str:
    model = f"{each['model']} {each['version']}"
    return f"{each['accession']}  {model}  {each['mode']}: {'; '.join(each['reasons'])}"


def _in_words(one: Told) -> str:
    told = f"{one['source']}: {one['effective']}"
    if switch := one["switch"]:
        told += f", set by {switch['person']} at {switch['at']} {switch['reason']}".rstrip()
    new = [f"{each['model']} {each['version']}" for each in one["seen"] if not each["pinned"]]
    if not one["known"]:
        return f"{told}; no file under ai_sources/ names it"
    return told + (f"; in shadow, not pinned: {', '.join(new)}" if new else "")
