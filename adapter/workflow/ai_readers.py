"""Who reads the stored results of AI engines, by protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from adapter.dicom import json_model
from adapter.dicom.structured_report import key_reader, read_sr_file, read_sr_json
from adapter.domain.event import Event
from adapter.domain.message import SearchKeys
from adapter.fhir.search_keys import read_keys as fhir_keys
from adapter.mapping.ai_codes import AiCodes
from adapter.mapping.ai_webhooks import load_ai_webhooks, protocol_of
from adapter.mapping.fhir_sources import load_fhir_orders
from adapter.mapping.files import MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.workflow.ai_fhir import FHIR_RESULT, read_result
from adapter.workflow.ai_intake import with_facts
from adapter.workflow.ai_webhooks import read_keys as webhook_keys
from adapter.workflow.ai_webhooks import read_webhook

DICOM_FILE, DICOM_JSON = "dicom", "dicom+json"
"""Protocols: a report as a file (C-STORE, STOW-RS), and as JSON with the images it refers to."""

REPORT_TYPE = "DICOM SR"
"""Type of their messages."""


def ai_readers(
    files: MappingFiles, codes: AiCodes, lexicon: Callable[[], Lexicon]
) -> Mapping[str, Callable[[bytes], Sequence[Event]]]:
    """The readers; raises ConfigurationError."""
    engines = {
        protocol_of(each.name): with_facts(partial(read_webhook, engine=each, codes=codes), lexicon)
        for each in load_ai_webhooks(files)
    }
    orders = load_fhir_orders(files)["fhir"]
    return engines | {
        FHIR_RESULT: with_facts(partial(read_result, codes=codes, mapping=orders), lexicon),
        DICOM_FILE: with_facts(partial(read_sr_file, codes=codes), lexicon),
        DICOM_JSON: with_facts(partial(read_sr_json, codes=codes), lexicon),
    }


def ai_keys(files: MappingFiles) -> dict[str, Callable[[bytes], SearchKeys]]:
    """By what their messages are found; raises ConfigurationError."""
    engines = {
        protocol_of(each.name): partial(webhook_keys, engine=each)
        for each in load_ai_webhooks(files)
    }
    return engines | {
        FHIR_RESULT: partial(fhir_keys, mapping=load_fhir_orders(files)["fhir"]),
        DICOM_FILE: key_reader(json_model.read_file),
        DICOM_JSON: key_reader(lambda body: json_model.read_json(body)[0]),
    }
