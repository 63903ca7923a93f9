"""`readout transcribe`: a recording to written text, with words, times and confidences."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from adapter.domain.transcript import Transcript, Word, WrittenText
from adapter.errors import ConfigurationError, NotFound
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import load_vocabulary
from adapter.ports import Recognized, SpeechContext
from adapter.reporting.written_form import write
from adapter.settings import Settings, load_settings
from adapter.speech.engines import Engine, open_engine

_EXAMPLE = "Example: readout transcribe dictation.wav --json | jq -r .text"


def command(
    audio: Annotated[Path, typer.Argument(help="The recording: WAV, FLAC, MP3, M4A, Ogg, WebM …")],
    accession: Annotated[str, typer.Option(help="Study whose order helps with rare words.")] = "",
    model: Annotated[str, typer.Option(help="CTranslate2 directory or model name.")] = "",
    language: Annotated[
        str | None, typer.Option(help="Language spoken; empty: detected; else the setting's.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Turn a recording into written text."""
    settings = load_settings(config)
    recognizer = open_engine(settings, model)
    spoken = settings.speech_language if language is None else language
    heard = _hear(recognizer, audio, _context(settings, accession, spoken))
    files = MappingFiles(site=settings.mappings_dir)
    transcript = Transcript("", heard.model, heard.language, heard.duration_ms, heard.words)
    written = write(transcript.spoken, load_vocabulary(files, heard.language))
    if not heard.words:
        print("readout: no speech was heard", file=sys.stderr)
    if json_:
        typer.echo(json.dumps(_as_json(accession, heard, transcript, written), ensure_ascii=False))
    else:
        _print(heard, written)


command.__doc__ = f"{command.__doc__}\n\n{_EXAMPLE}"


def _context(settings: Settings, accession: str, language: str) -> SpeechContext:
    """What the order of the accession tells the recogniser; raises NotFound without an order."""
    if not accession:
        return SpeechContext(language)
    from sqlalchemy.exc import SQLAlchemyError

    from adapter.clock import SystemClock
    from adapter.mapping.reporting import ReportingTables
    from adapter.store import studies
    from adapter.store.database import Database
    from adapter.store.unlocking import unlock
    from adapter.workflow.ai_modes import visible
    from adapter.workflow.dictations import speech_context

    if not settings.database_url and not (settings.data_dir / "readout.sqlite").exists():
        raise NotFound(f"no study has accession {accession}: {settings.data_dir} holds no database")
    tables = ReportingTables.load(MappingFiles(site=settings.mappings_dir))
    try:
        database = Database(settings.resolved_database_url)
        with closing(database), database.read() as tx:
            unlock(database, settings.master_key_file, SystemClock())
            study = studies.get(tx, accession)
            ai = visible(tx, study, tables)
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"the study database cannot be read ({type(error).__name__}); check"
            " READOUT_DATABASE_URL, or leave --accession out"
        ) from None
    return speech_context(study.order, tables, ai, language)


def _hear(recognizer: Engine, audio: Path, context: SpeechContext) -> Recognized:
    """Recognise, with a bar on standard error when that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("hearing"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("hearing", total=None)
        return recognizer.recognize(
            audio,
            context,
            lambda done, expected: bar.update(task, completed=done, total=expected or None),
        )


def _as_json(
    accession: str, heard: Recognized, transcript: Transcript, written: WrittenText
) -> dict[str, Any]:
    return {
        "accession": accession or None,
        "text": written.text,
        "spoken": transcript.spoken,
        "language": heard.language,
        "model": heard.model,
        "duration_ms": heard.duration_ms,
        "words": [_word(word) for word in heard.words],
        "quarantined": [_word(word) for word in heard.quarantined],
        "unheard": [list(span) for span in heard.unheard],
        "commands": [{"name": each.name, "argument": each.argument} for each in written.commands],
    }


def _word(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "ms": [word.start_ms, word.end_ms],
        "confidence": word.confidence,
    }


def _print(heard: Recognized, written: WrittenText) -> None:
    typer.echo(written.text)
    for title, words in (("heard", heard.words), ("without speech under it", heard.quarantined)):
        if words:
            typer.echo(f"\n   from s      to s  sure  {title}")
        for word in words:
            times = f"{word.start_ms / 1000:9.2f} {word.end_ms / 1000:9.2f}"
            typer.echo(f"{times}  {word.confidence:4.0%}  {word.text}")
    for begin, end in heard.unheard:
        typer.echo(f"\nnot recognised: {begin / 1000:.2f} to {end / 1000:.2f} s; listen again")
