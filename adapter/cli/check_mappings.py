"""`readout check-mappings`: reads every mapping file as the service would; says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from adapter.errors import ReadoutError
from adapter.mapping.access import AccessRules
from adapter.mapping.ai_codes import AiCodes, load_ai_codes
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.ai_sources import DEFAULT, AiDefault, AiSource
from adapter.mapping.ai_webhooks import AiWebhook, load_ai_webhooks
from adapter.mapping.checks import ChecksTable
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.dicom_sources import DicomSource, load_dicom_sources
from adapter.mapping.ehr_launch import EhrLaunch
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.fhir_sources import FhirSource, load_fhir_sources
from adapter.mapping.fhircast_hubs import FhircastHub, load_fhircast_hubs
from adapter.mapping.files import MappingFile, MappingFiles, MappingTable
from adapter.mapping.hl7_names import Hl7Names
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.lexicon_table import LexiconFile
from adapter.mapping.listeners import ListenerProfile, load_listeners
from adapter.mapping.message_table import MessageMapping
from adapter.mapping.model_calls import ModelCall, load_model_calls
from adapter.mapping.plain_words import PatientSummary, PlainWords, load_patient_summary
from adapter.mapping.plug_in import PlugIn
from adapter.mapping.privacy import PrivacyTable
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.roles import Roles
from adapter.mapping.template_table import MacroFile, TemplateTable
from adapter.mapping.vocabulary import SITE
from adapter.mapping.vocabulary_table import VocabularyOverlay, VocabularyTable
from adapter.mapping.workspace import Workspace
from adapter.workflow.mapping_lint import faults, file_faults

FOLDERS: dict[str, type[MappingTable]] = {
    "ai_webhooks": AiWebhook,
    "dicom_sources": DicomSource,
    "ai_sources": AiSource,
    "destinations": DestinationProfile,
    "fhir_orders": FhirOrderMapping,
    "fhir_sources": FhirSource,
    "fhircast_hubs": FhircastHub,
    "findings": LexiconFile,
    "listeners": ListenerProfile,
    "macros": MacroFile,
    "model_calls": ModelCall,
    "orders": OrderMapping,
    "plain_words": PlainWords,
    "templates": TemplateTable,
    "vocabulary": VocabularyTable,
}
SINGLE: dict[str, type[MappingTable]] = {
    "access.yaml": AccessRules,
    "ai_codes.yaml": AiCodes,
    "orders.yaml": OrderMapping,
    "messages.yaml": MessageMapping,
    "hl7_names.yaml": Hl7Names,
    "fhir_orders.yaml": FhirOrderMapping,
    "checks.yaml": ChecksTable,
    "patient_summary.yaml": PatientSummary,
    "plug_in.yaml": PlugIn,
    "privacy.yaml": PrivacyTable,
    "ehr_launch.yaml": EhrLaunch,
    "roles.yaml": Roles,
    "workspace.yaml": Workspace,
    "ai_monitoring.yaml": AiMonitoring,
}
_MOST_FILES = 10_000
Report = tuple[str, list[str]]
"""A file or group of files, and what is wrong with it."""


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The site's mapping files; left out: only those of the package."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Check every mapping file; exit 1 when one is wrong.

    Example: readout check-mappings /etc/readout/mappings
    """
    if folder is not None and not folder.is_dir():
        typer.echo(f"readout: {folder} is not a directory", err=True)
        raise typer.Exit(1)
    looked, wrong = 0, []
    for name, problems in _checked(MappingFiles(site=folder), folder):
        looked += 1
        wrong += [name] if problems else []
        _print(name, problems, as_json)
    if wrong:  # among many that are right one is overlooked
        typer.echo(f"readout: {len(wrong)} of {looked} are wrong: {', '.join(wrong)}", err=True)
        raise typer.Exit(1)


def _print(name: str, problems: list[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"file": name, "ok": not problems, "problems": problems}))
    elif problems:
        for problem in problems:
            typer.echo(f"wrong  {name}: {problem}", err=True)
    else:
        typer.echo(f"ok     {name}")


def _checked(files: MappingFiles, site: Path | None) -> Iterator[Report]:
    """Each file by itself, then what holds between files."""
    lexicon = _whole(lambda: Lexicon.load(files)[0])
    for folder, kind in FOLDERS.items():
        for file in files.folder(folder):
            yield file.name, file_faults(file, _kind(file, kind), lexicon)
    for name, kind in SINGLE.items():
        yield name, faults(partial(_single, files, name, kind))
    for name in _unknown(site):
        yield name, ["no such mapping file is read; check its name and folder"]
    yield (
        "all together",
        [
            *faults(lambda: ReportingTables.load(files)),
            *faults(lambda: [files.get(each.orders) for each in load_listeners(files)]),
            *faults(lambda: [files.get(each.orders) for each in load_fhir_sources(files)]),
            *faults(lambda: load_fhircast_hubs(files)),
            *faults(lambda: load_ai_webhooks(files)),
            *faults(lambda: load_dicom_sources(files)),
            *faults(lambda: load_ai_codes(files, Lexicon.load(files)[0])),
            *faults(lambda: load_model_calls(files)),
            *faults(lambda: load_patient_summary(files)),
        ],
    )


def _kind(file: MappingFile, usual: type[MappingTable]) -> type[MappingTable]:
    """A file of another kind than its neighbours is known by its name."""
    if file.name == DEFAULT:
        return AiDefault
    added = usual is VocabularyTable and file.name.endswith(SITE)
    return VocabularyOverlay if added else usual


def _single(files: MappingFiles, name: str, kind: type[MappingTable]) -> MappingTable:
    return files.get(name).read(kind)


def _whole(read: Callable[[], Lexicon]) -> Lexicon | None:
    try:
        return read()
    except ReadoutError:
        return None  # told again, with its reason, by the check of all files together


def _unknown(site: Path | None) -> list[str]:
    """Files of the site's directory that nothing reads."""
    if site is None:
        return []
    try:
        inside = list(islice((path for path in site.rglob("*") if not path.is_dir()), _MOST_FILES))
    except OSError as error:
        return [f"(not all of it can be read: {error.strerror})"]
    names = (path.relative_to(site).as_posix() for path in inside if path.is_file())
    strange = (path.relative_to(site).as_posix() for path in inside if not path.is_file())
    return sorted({*(name for name in names if not _is_read(name)), *strange})


def _is_read(name: str) -> bool:
    folder, _, rest = name.rpartition("/")
    return name in SINGLE or (folder in FOLDERS and rest.endswith(".yaml"))
