"""`readout relabel`: studies and messages that are there get the labels of access.yaml as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened
from adapter.clock import SystemClock
from adapter.mapping.access import load_access_rules
from adapter.mapping.files import MappingFiles
from adapter.settings import load_settings
from adapter.workflow.message_log import open_log
from adapter.workflow.study_access import StudyAccess


def command(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
) -> None:
    """Label studies and messages anew, after a change of access.yaml; the service may run.

    Example: readout relabel
    """
    settings = load_settings(config)
    files, clock = MappingFiles(site=settings.mappings_dir), SystemClock()
    rules = load_access_rules(files)
    with opened(settings) as database:
        seen, changed = StudyAccess(database, clock, rules).relabel()
        messages = open_log(database, clock, files, rules).relabel()
    typer.echo(f"{changed} of {seen} studies have other labels now; {messages} messages read")
