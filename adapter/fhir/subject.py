"""Who and what a report is about, as every resource of the transaction refers to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.finding import AiFinding
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.domain.report import Statement
from adapter.fhir.codes import AI_AGENT, DICOM_UID, IDENTIFIER_TYPE
from adapter.fhir.elements import (
    Json,
    clean,
    coding,
    concept,
    entry,
    identifier,
    named,
    present,
    reference,
    search,
    urn,
)
from adapter.mapping.fhir_profile import FhirProfile

_GENDER = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.OTHER: "other", Sex.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Subject:
    """One report for one server; each reference is written here once.

    `held`: the types of resources that go along in the Bundle, and are referred to by their URL.
    """

    message: ReportMessage
    profile: FhirProfile
    held: frozenset[str] = frozenset()

    @property
    def accession(self) -> str:
        """The accession number, the report's business identifier too."""
        return clean(self.message.order.accession)

    @property
    def is_preliminary(self) -> bool:
        """Whether nobody has signed yet."""
        return self.message.kind is DeliveryKind.PRELIMINARY

    @property
    def statements(self) -> list[Statement]:
        """The sentences of the report in their order."""
        return [each for section in self.message.report.sections for each in section.statements]

    @property
    def report_number(self) -> Json:
        """The report's business identifier, common to its versions."""
        return identifier(self.profile.report_system, self.accession)

    @property
    def version_number(self) -> Json:
        """What names this version alone: the control id of its message."""
        return identifier(self.profile.report_system, self.message.control_id)

    @property
    def report_url(self) -> str:
        """fullUrl of the DiagnosticReport."""
        return self.url("DiagnosticReport", self.accession)

    @property
    def effective(self) -> str:
        """The day of the examination where the order tells it, else the moment of issue."""
        day = iso_date(self.message.order.scheduled_at)
        return day if len(day) == len("YYYY-MM-DD") else self.message.issued_at

    @cached_property
    def patient(self) -> Json:
        """Reference to the patient, as the profile wants it."""
        name = _display(self.message.order.patient)
        if "Patient" not in self.held and self.profile.patient == "logical":
            return reference("Patient", self._record_number, name)
        if "Patient" not in self.held and self.profile.patient == "match":
            return present(reference=f"Patient?{self._patient_search}", display=name)
        return present(reference=self._patient_url, display=name)

    @cached_property
    def accession_number(self) -> Json:
        """The accession number as Identifier."""
        type_ = coding(IDENTIFIER_TYPE, "ACSN", "Accession ID")
        return identifier(self.profile.accession_system, self.accession, type_)

    @cached_property
    def order(self) -> Json:
        """Reference to the ServiceRequest by accession number."""
        return self._to("ServiceRequest", self.accession, self.accession_number)

    @cached_property
    def imaging_study(self) -> Json | None:
        """Reference to the images by study UID."""
        number = self.study_number
        return None if number is None else self._to("ImagingStudy", number["value"], number)

    @property
    def study_number(self) -> Json | None:
        """The study instance UID as Identifier."""
        uid = self.message.order.study_uid
        return identifier(DICOM_UID, f"urn:oid:{uid}") if uid else None

    @cached_property
    def organization(self) -> Json | None:
        """Reference to the reporting organisation."""
        name = self.profile.performer
        return self._to("Organization", name, self.organization_number, name) if name else None

    @property
    def organization_number(self) -> Json | None:
        """Its identifier."""
        number = self.profile.performer_identifier
        return identifier(number.system, number.value) if number else None

    @cached_property
    def author(self) -> Json | None:
        """Reference to the radiologist who signed."""
        return self.person(self.message.author)

    @property
    def author_role(self) -> Json | None:
        """Reference to the radiologist who signed, as PractitionerRole in the Bundle."""
        return self.role(self.message.author)

    @property
    def assistant(self) -> Practitioner | None:
        """Who prepared what another person signed, where the server is told."""
        return None if self.profile.prepared_by == "none" else self.message.assistant

    def role(self, person: Practitioner | None) -> Json | None:
        """Reference to a clinician as PractitionerRole in the Bundle."""
        return {"reference": self.url("PractitionerRole", _key(person))} if person else None

    def person(self, person: Practitioner | None) -> Json | None:
        """Reference to a clinician."""
        if person is None:
            return None
        name = _full_name(person.family, person.given)
        return self._to("Practitioner", _key(person), self.person_number(person), name)

    def person_number(self, person: Practitioner) -> Json | None:
        """The identifier of a clinician."""
        return identifier(self.profile.practitioner_system, person.id) if person.id else None

    def url(self, kind: str, name: str) -> str:
        """fullUrl of a resource in the Bundle."""
        return urn(self.profile.report_system, kind, name)

    def _to(self, kind: str, name: str, number: Json | None, display: str = "") -> Json:
        url = self.url(kind, name) if kind in self.held else ""
        return reference(kind, number, display, url)

    def patient_entry(self) -> Json:
        """The patient, created unless the medical record number is known."""
        return entry(
            self._patient_url, self.patient_resource(), "POST", "Patient", self._patient_search
        )

    def patient_resource(self) -> Json:
        """Patient."""
        patient = self.message.order.patient
        name = present(
            family=clean(patient.family.reveal()),
            given=[each for each in [clean(patient.given.reveal())] if each],
        )
        return {"resourceType": "Patient", "identifier": [self._record_number]} | present(
            name=[name] if name else None,
            gender=_GENDER[patient.sex],
            birthDate=iso_date(patient.birth_date.reveal()),
        )

    def ai_finding(self, statement: Statement) -> AiFinding | None:
        """The AI finding that a statement of the report rests on."""
        known = {each.finding.id: each.finding for each in self.message.report.suggestions}
        return known.get(statement.source.ai or "")

    def device_of(self, statement: Statement) -> Json | None:
        """Reference to the model whose finding a statement rests on."""
        finding = self.ai_finding(statement)
        if finding is None:
            return None
        return {"reference": self._device_url(finding), "display": _model(finding)}

    def device_entry(self, finding: AiFinding) -> Json:
        """The model, created unless it is known."""
        number = identifier(self.profile.report_system, f"model/{_model(finding)}")
        resource = {
            "resourceType": "Device",
            "identifier": [number],
            "deviceName": [{"name": clean(finding.model), "type": "model-name"}],
            "type": concept(AI_AGENT),
            "version": [{"value": clean(finding.version)}],
        }
        unless = named(number)
        return entry(self._device_url(finding), resource, "POST", "Device", unless)

    def _device_url(self, finding: AiFinding) -> str:
        return self.url("Device", _model(finding))

    @property
    def _record_system(self) -> str:
        issuer = self.message.order.patient.issuer
        return self.profile.mrn_system or (issuer if ":" in issuer else "")

    @property
    def _record_number(self) -> Json:
        patient = self.message.order.patient
        type_ = coding(IDENTIFIER_TYPE, "MR", "Medical record number")
        assigner = "" if self._record_system else patient.issuer
        return identifier(self._record_system, patient.mrn.reveal(), type_, assigner)

    @property
    def _patient_url(self) -> str:
        return urn("Patient", self._record_system, self.message.order.patient.mrn.reveal())

    @property
    def _patient_search(self) -> str:
        return search("identifier", self._record_system, self.message.order.patient.mrn.reveal())


def iso_date(hl7: str) -> str:
    """YYYYMMDD… as YYYY-MM-DD, YYYYMM as YYYY-MM, YYYY; "" when it is none of them."""
    digits = hl7.strip()[:8]
    if not digits.isdecimal() or len(digits) not in (4, 6, 8):
        return ""
    return "-".join(filter(None, (digits[:4], digits[4:6], digits[6:])))


def _key(person: Practitioner) -> str:
    return person.id or _full_name(person.family, person.given)


def _model(finding: AiFinding) -> str:
    return clean(f"{finding.model} {finding.version}")


def _display(patient: Patient) -> str:
    return _full_name(patient.family.reveal(), patient.given.reveal())


def _full_name(family: str, given: str) -> str:
    return ", ".join(filter(None, (family, given)))
