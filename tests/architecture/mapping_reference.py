"""`make mapping-reference`: writes mappings/README.md and the JSON schemas from the tables."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from adapter.mapping.access import AccessRules
from adapter.mapping.ai_codes import AiCodes
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.ai_sources import AiDefault, AiSource
from adapter.mapping.ai_webhooks import AiWebhook
from adapter.mapping.checks import ChecksTable
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.dicom_sources import DicomSource
from adapter.mapping.ehr_launch import EhrLaunch
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.fhir_sources import FhirSource
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.mapping.files import MappingTable
from adapter.mapping.hl7_names import Hl7Names
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.lexicon_table import LexiconFile
from adapter.mapping.listeners import ListenerProfile
from adapter.mapping.message_table import MessageMapping
from adapter.mapping.model_calls import ModelCall
from adapter.mapping.plain_words import PatientSummary, PlainWords
from adapter.mapping.plug_in import PlugIn
from adapter.mapping.privacy import PrivacyTable
from adapter.mapping.roles import Roles
from adapter.mapping.template_table import MacroFile, TemplateTable
from adapter.mapping.vocabulary_table import VocabularyOverlay, VocabularyTable
from adapter.mapping.workspace import Workspace

PAGE = Path(__file__).resolve().parents[2] / "mappings" / "README.md"
SCHEMAS = PAGE.parent / "schema"

ROOTS: list[tuple[str, str, type[MappingTable]]] = [
    (
        "orders.yaml",
        "HL7 v2 orders: where each field is, and what order control means",
        OrderMapping,
    ),
    ("messages.yaml", "HL7 v2 messages other than orders", MessageMapping),
    (
        "listeners/*.yaml",
        "where HL7 v2 messages come in, one file a listener; `orders/*.yaml` are as orders.yaml",
        ListenerProfile,
    ),
    ("hl7_names.yaml", "names of segments and fields, for the message log", Hl7Names),
    ("fhir_orders.yaml", "FHIR orders", FhirOrderMapping),
    (
        "fhir_sources/*.yaml",
        "FHIR servers whose orders are fetched; `fhir_orders/*.yaml` are as fhir_orders.yaml",
        FhirSource,
    ),
    ("destinations/*.yaml", "where reports go, one file a destination", DestinationProfile),
    (
        "fhircast_hubs/*.yaml",
        "FHIRcast hubs whose context is followed, one file a hub",
        FhircastHub,
    ),
    ("model_calls/*.yaml", "models that are called, one file a call", ModelCall),
    ("templates/*.yaml", "report templates, one file a template", TemplateTable),
    ("macros/*.yaml", "sentences that a spoken name enters", MacroFile),
    (
        "ai_sources/*.yaml",
        "sources of AI findings, one file a source: mode, intended use, model card",
        AiSource,
    ),
    ("ai_sources/_default.yaml", "AI models that no file names", AiDefault),
    ("checks.yaml", "quality checks: which are on, severity, limits and words", ChecksTable),
    ("ehr_launch.yaml", "EHRs that may open studies in the workspace", EhrLaunch),
    ("ai_monitoring.yaml", "how the ledger of AI findings is watched", AiMonitoring),
    ("roles.yaml", "who may do what, by claims of their login", Roles),
    ("access.yaml", "which studies are kept apart, and who may see them", AccessRules),
    ("workspace.yaml", "the worklist and the figures of the house", Workspace),
    ("patient_summary.yaml", "summaries for patients: off until it says otherwise", PatientSummary),
    (
        "plain_words/*.yaml",
        "words of summaries for patients, one file a language",
        PlainWords,
    ),
    ("plug_in.yaml", "the plug-in of a reporting platform", PlugIn),
    ("privacy.yaml", "how the patient is taken out of what leaves the host", PrivacyTable),
    ("ai_codes.yaml", "codes that AI results use, in our words", AiCodes),
    ("ai_webhooks/*.yaml", "AI engines that post JSON of their own form", AiWebhook),
    (
        "dicom_sources/*.yaml",
        "archives that are asked for structured reports, one file each",
        DicomSource,
    ),
    ("findings/*.yaml", "the finding lexicon, by region", LexiconFile),
    ("vocabulary/*.yaml", "how a language is spoken and written", VocabularyTable),
    ("vocabulary/*.site.yaml", "what a site adds to a packaged language", VocabularyOverlay),
]

HEAD = """# Mapping files

What differs from site to site is here, and no code. The files in this folder are packaged; set
`READOUT_MAPPINGS_DIR` to a folder of your own: a file there replaces the packaged one of its name,
or adds to them. `readout check-mappings [DIR]` checks all of them and says what is wrong where.
A key that is not listed here is an error. Each report keeps the hash and the body of every mapping
file that decided it, so that it can be rebuilt after the files have changed.

This page, and a JSON Schema (2020-12) of each kind of file in `schema/`, are written by
`make mapping-reference` from the code that reads the files. An editor with the YAML language server
completes and checks a file that begins with
`# yaml-language-server: $schema=…/schema/templates.json`.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for pattern, title, root in ROOTS:
        parts.append(f"\n## `{pattern}`: {title}\n")
        parts += [_table(table, table is root) for table in _tables(root, [])]
    return "\n".join(parts).rstrip() + "\n"


def schemas() -> dict[str, str]:
    """Name of the file in mappings/schema -> JSON Schema of one kind of mapping file."""
    found: dict[str, str] = {}
    for pattern, title, root in ROOTS:
        folder, _, name = pattern.removesuffix(".yaml").partition("/")
        head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
        body = head | {k: v for k, v in root.model_json_schema().items() if k != "title"}
        text = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
        found[f"{folder}{name.removeprefix('*')}.json"] = text
    return found


def _tables(root: type[MappingTable], seen: list[type[MappingTable]]) -> list[type[MappingTable]]:
    """The table and those inside it, each once, in the order of use."""
    if root not in seen:
        seen.append(root)
        for field in root.model_fields.values():
            for inner in _inner(field.annotation):
                _tables(inner, seen)
    return seen


def _inner(annotation: Any) -> list[type[MappingTable]]:
    if isinstance(annotation, type) and issubclass(annotation, MappingTable):
        return [annotation]
    return [each for part in typing.get_args(annotation) for each in _inner(part)]


def _table(table: type[MappingTable], is_root: bool) -> str:
    about = " ".join((table.__doc__ or "").split())
    head = about if is_root else f"### {_name(table)}\n\n{about}"
    rows = [
        f"| `{field.alias or name}` | {_default(field)} | {_meaning(field)} |"
        for name, field in table.model_fields.items()
    ]
    return "\n".join([head, "", "| key | default | meaning |", "|---|---|---|", *rows, ""])


def _name(table: type[MappingTable]) -> str:
    return table.__name__


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}, []):
        return ""
    if isinstance(value, MappingTable):
        return "its own defaults"
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return f"`{text}`".replace("|", "\\|") if len(text) < 80 else "see the packaged file"


def _meaning(field: FieldInfo) -> str:
    text = " ".join((field.description or "").split()).replace("|", "\\|")
    inner = ", ".join(_name(each) for each in _inner(field.annotation))
    return f"{text} ({inner})" if inner else text


if __name__ == "__main__":
    PAGE.write_text(page())
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (SCHEMAS / name).write_text(text)
