"""`readout merge`: dictation, AI findings and template to a report, on files alone."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from adapter.cli.inputs import Mappings, parse_object, read_bytes, read_object, read_text
from adapter.domain.ai_source import AiRuling
from adapter.domain.finding import AiFinding
from adapter.domain.order import Order
from adapter.domain.prior import PriorReport
from adapter.domain.report import Report
from adapter.domain.transcript import Transcript, Word
from adapter.errors import Malformed, NotFound, Rejected
from adapter.mapping.files import MappingFiles
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.ai_modes import effective_mode
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import plain_text, report_json
from adapter.workflow.ai_results import read_findings
from adapter.workflow.study_input import read_study

Shape = TypeVar("Shape", bound=BaseModel)
_STRICT = ConfigDict(extra="ignore", frozen=True)


class Status(StrEnum):
    """What a report can be made as; an addendum belongs to a signed one."""

    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    FINAL = "final"


class _HeardWord(BaseModel):
    model_config = _STRICT
    text: str
    ms: tuple[int, int] = (0, 0)
    confidence: float = 1.0


class _Heard(BaseModel):
    model_config = _STRICT
    words: tuple[_HeardWord, ...]
    id: str = "d-1"
    model: str = ""
    language: str = "en"


def command(
    dictation: Annotated[
        str, typer.Option(help="Spoken or written text, or the JSON of `transcribe`; - is stdin.")
    ],
    template: Annotated[
        str | None, typer.Option(help="Template id; left out: chosen by the study.")
    ] = None,
    ai: Annotated[str | None, typer.Option(help="JSON of AI findings.")] = None,
    study: Annotated[
        str | None, typer.Option(help="JSON: procedure {code, text}, modality, side, sex.")
    ] = None,
    prior: Annotated[
        str | None, typer.Option(help="Text of the report before, to check against.")
    ] = None,
    status: Annotated[Status, typer.Option(help="What the report is to be.")] = Status.DRAFT,
    mappings: Mappings = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report with all sources.")] = False,
) -> None:
    """Merge a dictation into a report; flags go to standard error.

    Example: readout merge --template xr_chest_2v --dictation dictation.txt --ai findings.json
    """
    tables = ReportingTables.load(MappingFiles(site=mappings))
    order = read_study(read_object(study), study).order() if study else None
    found = _findings(ai) if ai else ()
    inputs = ReportInputs(
        transcripts=(_transcript(dictation),),
        ai=found,
        ai_rulings=_rulings(found, order, tables) if order else (),
        order=order,
        template=template,
        status=status.value,
        earlier=PriorReport(read_text(prior)) if prior else None,
    )
    report = build_report(inputs, tables)
    if as_json:
        typer.echo(json.dumps(report_json(report), ensure_ascii=False))
    else:
        _print(report)


def _print(report: Report) -> None:
    typer.echo(plain_text(report))
    for each in report.suggestions:
        typer.echo(f"AI, {each.state}, not in the report: {each.finding.text}", err=True)
    for flag in report.flags:
        where = f" [{flag.statement}]" if flag.statement else ""
        typer.echo(f"{flag.severity.value}: {flag.code}{where}: {flag.message}", err=True)


def _findings(file: str) -> tuple[AiFinding, ...]:
    try:
        return read_findings(read_bytes(file))
    except NotFound:
        raise
    except Rejected as error:
        raise Malformed(f"{file}: {error}") from None


def _rulings(
    found: tuple[AiFinding, ...], order: Order, tables: ReportingTables
) -> tuple[AiRuling, ...]:
    """As the service would rule for this study, but for what is set at run time."""
    models = sorted({(each.model, each.version) for each in found})
    return tuple(effective_mode(*each, order, tables) for each in models)


def _transcript(file: str) -> Transcript:
    text = read_text(file)
    if not text.lstrip().startswith("{"):
        return Transcript("d-1", "", "en", 0, (Word(text, 0, 0, 1.0),))
    heard = _checked(_Heard, parse_object(text, file), file)
    words = tuple(Word(each.text, *each.ms, each.confidence) for each in heard.words)
    duration = max((word.end_ms for word in words), default=0)
    return Transcript(heard.id, heard.model, heard.language, duration, words)


def _checked(shape: type[Shape], found: dict[str, Any], file: str) -> Shape:
    try:
        return shape.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Malformed(f"{file}: {where}: {first['msg']}") from None
