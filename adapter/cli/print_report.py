"""`readout print`: a report as PDF, from the database alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened, told
from adapter.domain.audit import Verb
from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.mapping.workspace import load_workspace
from adapter.settings import load_settings
from adapter.workflow.printing import print_report


def command(
    accession: Annotated[str, typer.Argument(help="The study's accession number.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write; without it standard output.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
) -> None:
    """Print the report that stands now; one that nobody has signed is marked so.

    Works while the service and all other systems are away. Example: readout print A1 --out A1.pdf
    """
    settings = load_settings(config)
    form = load_workspace(MappingFiles(site=settings.mappings_dir)).paper
    with opened(settings) as database:
        printed = print_report(database, accession, form)
        told(database, Verb.EXPORT, "readout print", accession)
    if out is None:
        typer.get_binary_stream("stdout").write(printed)
        return
    try:
        out.write_bytes(printed)
    except OSError as error:
        raise ConfigurationError(f"cannot write {out}: {error.strerror}") from None
