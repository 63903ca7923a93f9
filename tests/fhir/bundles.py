"""Bundles that are built for a test, and their resources."""

from __future__ import annotations

import json
from typing import Any

from adapter.domain.delivery import ReportMessage
from adapter.fhir.results import build_bundle
from adapter.mapping.fhir_profile import FhirProfile
from tests.fhir.samples import PROFILE


def build(message: ReportMessage, profile: FhirProfile = PROFILE) -> dict[str, Any]:
    """The Bundle as JSON."""
    bundle: dict[str, Any] = json.loads(build_bundle(message, profile))
    return bundle


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Those of one type, in their order."""
    found = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in found if resource["resourceType"] == kind]


def report(bundle: dict[str, Any]) -> dict[str, Any]:
    """The one DiagnosticReport."""
    [found] = resources(bundle, "DiagnosticReport")
    return found
