"""ReportMessage -> the Bundle that a destination's profile asks for, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import replace

from adapter.domain.delivery import ReportMessage
from adapter.fhir.elements import Json
from adapter.fhir.eu_document import HELD_BY_EU, document
from adapter.fhir.imr import held_by_imr, store_bundle
from adapter.fhir.r5 import as_r5
from adapter.fhir.subject import Subject
from adapter.fhir.transaction import transaction
from adapter.mapping.fhir_profile import FhirProfile


def build_bundle(message: ReportMessage, profile: FhirProfile) -> bytes:
    """The whole report as UTF-8 JSON without blanks."""
    bundle = _bundle(Subject(message, profile))
    if profile.fhir_version == "5.0":
        bundle = as_r5(bundle)
    text = json.dumps(bundle, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _bundle(subject: Subject) -> Json:
    if subject.profile.profile == "imr":
        return store_bundle(replace(subject, held=held_by_imr(subject)))
    if subject.profile.profile == "eu_document":
        return document(replace(subject, held=HELD_BY_EU))
    return transaction(subject)
