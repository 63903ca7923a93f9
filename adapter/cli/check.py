"""`readout check`: the quality checks on any report text."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from adapter.cli.inputs import Mappings, read_object, read_text
from adapter.domain.report import Flag
from adapter.mapping.files import MappingFiles
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.checks import check_text
from adapter.reporting.render import text_flag_json
from adapter.workflow.study_input import read_study


def command(
    report: Annotated[str, typer.Argument(help="Report text with its headers; - is stdin.")],
    study: Annotated[
        str | None,
        typer.Option(
            help="JSON: procedure {code, text}, modality, side, sex, birth_date or age, date."
        ),
    ] = None,
    prior: Annotated[str | None, typer.Option(help="Text of the report before.")] = None,
    mappings: Mappings = None,
    as_json: Annotated[bool, typer.Option("--json", help="All flags as one object.")] = False,
) -> None:
    """Check a report: side, sex, levels, measurements, sections, remnants and more.

    Example: readout check report.txt --study study.json --json
    """
    told = read_study(read_object(study), study) if study else None
    text = read_text(report)
    flags = check_text(
        text,
        ReportingTables.load(MappingFiles(site=mappings)),
        told.order() if told else None,
        told.age if told else None,
        read_text(prior) if prior else "",
    )
    if as_json:
        shown = [text_flag_json(flag, text) for flag in flags]
        typer.echo(json.dumps({"flags": shown}, ensure_ascii=False))
    else:
        _print(flags, text)


def _print(flags: tuple[Flag, ...], text: str) -> None:
    for flag in flags:
        start = (flag.chars or (0, 0))[0]
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        typer.echo(f"{line}:{column}: {flag.severity.value}: {flag.code}: {flag.message}")
    if not flags:
        typer.echo("nothing found")
