"""Results of AI engines as a FHIR Bundle: Observation, ImagingSelection, DiagnosticReport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from adapter.domain.ai_result import NOBODY, AiResult
from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Patient
from adapter.errors import Rejected, TooLarge
from adapter.fhir.elements import Json, clean, objects
from adapter.fhir.identifiers import of_type, study_uid
from adapter.fhir.imaging_equipment import scanner_of
from adapter.fhir.json_body import read_object
from adapter.fhir.people import read_patient
from adapter.fhir.references import Beside, Resources
from adapter.fhir.search_keys import identifiers_in
from adapter.fhir.validation import validate
from adapter.fhircast.content import name_of
from adapter.fhircast.findings import received_findings
from adapter.mapping.ai_codes import AiCodes
from adapter.mapping.ai_measures import probability_of
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.workflow.ai_results import LONGEST_TEXT, MOST_FINDINGS

FHIR_RESULT = "fhir-ai"
"""Protocol of the stored Bundles."""

_FINDINGS = ("Observation", "ImagingSelection")
_RESULTS = (*_FINDINGS, "DiagnosticReport")
_UNKNOWN = "unknown"


def is_result(resource: Json) -> bool:
    """Whether it is a Bundle of results: no order is in it."""
    kinds = [each.get("resourceType") for each in _resources(resource)]  # of any type
    is_bundle = resource.get("resourceType") == "Bundle"
    return is_bundle and "ServiceRequest" not in kinds and any(each in kinds for each in _RESULTS)


def read_result(body: bytes, codes: AiCodes, mapping: FhirOrderMapping) -> Sequence[AiResult]:
    """The result of a Bundle, which is about one study; raises Malformed or Rejected."""
    bundle = read_object(body)
    if sum(each.get("resourceType") in _RESULTS for each in _resources(bundle)) > MOST_FINDINGS:
        raise TooLarge(f"more than {MOST_FINDINGS} findings in one Bundle", code="too-costly")
    return [_Bundle(bundle, codes, mapping).result()]


class _Bundle:
    """One Bundle. References by fullUrl become those by type and id."""

    def __init__(self, bundle: Json, codes: AiCodes, mapping: FhirOrderMapping) -> None:
        self._codes, self._mapping = codes, mapping
        names = dict(_names(bundle))
        self._every: list[Json] = [_renamed(each, names) for each in _identified(bundle)]
        self._content = {name_of(each): each for each in self._every}
        self._scanner = scanner_of(self._of("ImagingStudy"), self._content)

    def result(self) -> AiResult:
        found = received_findings(self._of(*_FINDINGS), self._content, "")
        findings = tuple(map(self._completed, found)) + tuple(self._conclusions())
        accession, uid = self._study()
        return AiResult("FHIR", findings, accession, uid, self._patient())

    def _of(self, *kinds: str) -> list[Json]:
        return [each for each in self._every if each.get("resourceType") in kinds]

    def _study(self) -> tuple[str, str]:
        """(accession, study UID); raises Rejected unless the Bundle is about one study."""
        identifiers = list(identifiers_in(self._every))
        kinds = self._mapping.accession_types
        numbers = [
            each
            for kind in kinds
            for each in of_type(identifiers, kind, self._mapping.accession_systems)
        ]
        selected = [str(each.get("studyUid") or "") for each in self._of("ImagingSelection")]
        uid = study_uid(identifiers) or next(filter(None, selected), "").removeprefix("urn:oid:")
        if len(set(numbers)) > 1:
            _refuse("the Bundle names several accession numbers; send one for each study")
        if not numbers and not uid:
            _refuse("the Bundle names neither accession number (type ACSN) nor DICOM study UID")
        return (numbers[0] if numbers else "")[:64], uid[:64]

    def _patient(self) -> Patient:
        """The one patient: a resource of the Bundle, else as the findings name him by number."""
        patients = self._of("Patient")
        if len(patients) > 1:
            _refuse("the Bundle holds several patients")
        for each in patients:
            validate(each)
        told = [_dict(each.get("subject")) for each in self._of(*_RESULTS)]
        named = [{"identifier": each["identifier"]} for each in told if _is_number(each)]
        subject = {"reference": name_of(patients[0])} if patients else next(iter(named), None)
        if subject is None:
            return NOBODY
        beside = Beside([("", each) for each in patients])
        resources = Resources({"resourceType": "DiagnosticReport"}, beside)
        return read_patient(subject, resources, self._mapping.mrn_systems)

    def _completed(self, finding: AiFinding) -> AiFinding:
        """With the model that made it, our word for its code, and how sure it is."""
        resource = self._content.get(finding.id, {})
        model, version, manufacturer = self._device(resource)
        coded = next(filter(None, map(self._finding, _codings(resource))), None)
        return replace(
            finding,
            model=model or finding.model.rpartition(": ")[2] or _UNKNOWN,
            version=version,
            manufacturer=manufacturer,
            scanner=self._scanner,
            finding=finding.finding or (coded[0] if coded else None),
            code=coded[1] if coded else finding.code,
            probability=next(self._shares(resource), None),
            at=_moment(resource),
        )

    def _finding(self, coding: Json) -> tuple[str, str] | None:
        system, code = str(coding.get("system") or ""), str(coding.get("code") or "")
        known = self._codes.finding((system, code))
        return (known, f"{system}|{code}"[:200]) if known else None

    def _shares(self, resource: Json) -> Iterator[float]:
        for part in objects(resource.get("component")):
            coded = objects(_dict(part.get("code")).get("coding"))
            told = ((str(each.get("system")), str(each.get("code"))) for each in coded)
            if any(self._codes.within(self._codes.probabilities, each) for each in told):
                quantity = _dict(part.get("valueQuantity"))
                value = quantity.get("value")
                number = None if value is None else str(value)
                share = probability_of(number, str(quantity.get("code") or ""))
                if share is not None:
                    yield share

    def _device(self, resource: Json) -> tuple[str, str, str]:
        """(model, version, manufacturer) of the Device that made it."""
        told = _dict(resource.get("device"))
        device = self._content.get(str(told.get("reference") or ""), {})
        named = [str(each.get("name") or "") for each in objects(device.get("deviceName"))]
        versions = [str(each.get("value") or "") for each in objects(device.get("version"))]
        model = next(filter(None, (*named, str(told.get("display") or ""))), "")
        version = next(filter(None, versions), _UNKNOWN)
        return model[:200], version[:100], str(device.get("manufacturer") or "")[:200]

    def _conclusions(self) -> Iterator[AiFinding]:
        """The words of a report, for the facts stage."""
        for report in self._of("DiagnosticReport"):
            text = clean(str(report.get("conclusion") or "")).strip()[:LONGEST_TEXT]
            if text:
                model, version, manufacturer = self._device(self._maker(report))
                yield AiFinding(
                    id=name_of(report)[:100],
                    text=text,
                    model=model or _UNKNOWN,
                    version=version,
                    at=_moment(report),
                    manufacturer=manufacturer,
                    scanner=self._scanner,
                )

    def _maker(self, report: Json) -> Json:
        """A report has no device in R4: the one of its findings, or among its performers."""
        made = objects(report.get("performer"))
        device = next((e for e in made if str(e.get("reference")).startswith("Device/")), None)
        if device:
            return {"device": device}
        return next((each for each in self._of("Observation") if each.get("device")), {})


def _resources(bundle: Json) -> Iterator[Json]:
    for each in objects(bundle.get("entry")):
        resource = each.get("resource")
        if isinstance(resource, dict):
            yield resource


def _identified(bundle: Json) -> Iterator[Json]:
    """The resources, those without an id with one made of their fullUrl or content."""
    for each in objects(bundle.get("entry")):
        resource = each.get("resource")
        if isinstance(resource, dict):
            told = str(each.get("fullUrl") or "") or str(sorted(map(str, resource.items())))
            yield resource | {"id": resource.get("id") or sha256_hex(told.encode())[:32]}


def _names(bundle: Json) -> Iterator[tuple[str, str]]:
    """fullUrl -> Type/id."""
    every = objects(bundle.get("entry"))
    entries = [each for each in every if isinstance(each.get("resource"), dict)]
    for entry, resource in zip(entries, _identified(bundle), strict=True):
        if isinstance(entry.get("fullUrl"), str):
            yield entry["fullUrl"], name_of(resource)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: names.get(each, each)
            if key == "reference" and isinstance(each, str)
            else _renamed(each, names)
            for key, each in value.items()
        }
    return [_renamed(each, names) for each in value] if isinstance(value, list) else value


def _is_number(subject: Json) -> bool:
    told = subject.get("identifier")
    return isinstance(told, dict) and isinstance(told.get("value"), str)


def _codings(resource: Json) -> Iterator[Json]:
    for name in ("code", "valueCodeableConcept"):
        yield from objects(_dict(resource.get(name)).get("coding"))


def _dict(told: Any) -> Json:
    return told if isinstance(told, dict) else {}


def _moment(resource: Json) -> str:
    told = resource.get("issued") or resource.get("effectiveDateTime") or ""
    return str(told)[:40] if isinstance(told, str) else ""


def _refuse(told: str) -> None:
    raise Rejected(told, location="Bundle", code="business-rule")
