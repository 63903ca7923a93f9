"""How one FHIR server wants its reports."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from adapter.mapping.files import MappingTable
from adapter.mapping.report_form import PageWords
from adapter.mapping.smart_client import SmartClient
from adapter.mapping.time_zone import TimeZone


class FhirCode(MappingTable):
    """One coding: a code, its code system and the words to show."""

    system: str = Field(pattern=r"^\S+$")
    """URI of the code system, such as `http://loinc.org`."""
    code: str = Field(pattern=r"^\S+( \S+)*$")
    """The code."""
    display: str = ""
    """What the code system calls it."""

    @property
    def coding(self) -> dict[str, str]:
        """As a FHIR Coding."""
        return {name: part for name, part in self.model_dump().items() if part}


class FhirIdentifier(MappingTable):
    """An identifier and the system that gives it out."""

    system: str = Field(pattern=r"^\S+$")
    """URI of the system."""
    value: str = Field(pattern=r"^\S+( \S+)*$")
    """The identifier."""


_LOINC = "http://loinc.org"
_MEDIA = {
    "telephone": "PHONE",
    "phone": "PHONE",
    "in person": "FACE",
    "video": "VIDEOCONF",
    "fax": "FAXWRIT",
    "email": "EMAILWRIT",
    "message": "ONLINEWRIT",
}
_HISTORY = FhirCode(system=_LOINC, code="11329-0", display="History general Narrative - Reported")
_PROCEDURE = FhirCode(
    system=_LOINC, code="55111-9", display="Current imaging procedure descriptions Document"
)
_SECTIONS = {
    "indication": _HISTORY,
    "history": _HISTORY,
    "clinical_information": _HISTORY,
    "technique": _PROCEDURE,
    "procedure": _PROCEDURE,
    "comparison": FhirCode(
        system=_LOINC, code="18834-2", display="Radiology Comparison study (narrative)"
    ),
    "impression": FhirCode(
        system=_LOINC, code="19005-8", display="Radiology Imaging study [Impression] (narrative)"
    ),
    "recommendation": FhirCode(
        system=_LOINC, code="18783-1", display="Radiology Study recommendation (narrative)"
    ),
    "addendum": FhirCode(system=_LOINC, code="55107-7", display="Addendum Document"),
}


class FhirProfile(MappingTable):
    """One FHIR server that takes reports."""

    profile: Literal["transaction", "imr", "eu_document"] = "transaction"
    """What is sent.

    `transaction`: the report with findings, models, sources and communications as a transaction;
    `imr`: IHE Interactive Multimedia Report, RAD-141, a transaction that holds report, order and
    study alone; `eu_document`: HL7 Europe Imaging Report, a document Bundle that is created.
    """
    base_url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Base URL of the server; transactions are posted there, documents to its `Bundle`."""
    token_env: str = Field("", pattern=r"^([A-Z_][A-Z0-9_]*)?$")
    """Name of the environment variable that holds the bearer token; empty: none is sent."""
    smart: SmartClient | None = None
    """Our registration with the server's authorization server, instead of `token_env`."""
    connect_seconds: float = Field(5.0, gt=0, le=60)
    """Longest wait for a connection."""
    answer_seconds: float = Field(30.0, gt=0, le=600)
    """Longest wait for the whole answer once connected."""
    connect_attempts: int = Field(3, ge=1, le=10)
    """Connection attempts in a row before the delivery waits for its next turn."""
    answers: dict[int, Literal["hold", "retry"]] = Field({401: "retry", 403: "retry"})
    """What refusals mean, by HTTP status: `hold` waits for a person, `retry` is sent again later.

    Not listed: other 4xx hold; 408, 425, 429 and 5xx are tried again.
    """
    update: Literal["conditional", "if_match", "create"] = "conditional"
    """How a later version reaches the report that is there.

    `conditional`: PUT by identifier; `if_match`: PUT to the version that was read just before, so
    that nobody else's change is written over; `create`: every version is a resource of its own.
    """
    accession_system: str = ""
    """Identifier system of accession numbers; empty: only the type ACSN is given."""
    mrn_system: str = ""
    """Identifier system of medical record numbers; empty: the issuer that the order named."""
    practitioner_system: str = ""
    """Identifier system of clinicians; empty: the bare identifier is given."""
    fhir_version: Literal["4.0", "5.0"] = "4.0"
    """Release of FHIR that the server speaks."""
    report_system: str = Field("urn:readout:report", pattern=r"^[^\s|]+$")
    """Identifier system of our reports, findings and dictations; it must never change."""
    finding_system: str = Field("urn:readout:finding", pattern=r"^[^\s|]+$")
    """Code system of the finding names of the site's lexicon."""
    patient: Literal["create", "match", "logical"] = "create"
    """How the patient is told.

    `create`: created unless the MRN is known; `match`: the server must know the MRN, and must
    resolve conditional references (R4 3.1.0.11.2); `logical`: the MRN is only named.
    """
    performer: str = ""
    """Name of the reporting organisation; empty: none is named."""
    performer_identifier: FhirIdentifier | None = None
    """Identifier of the reporting organisation."""
    prepared_by: Literal["interpreter", "performer", "none"] = "interpreter"
    """Where DiagnosticReport names who prepared a report that another person signed.

    `interpreter`: in resultsInterpreter, behind the one who signed; `performer`: beside the
    organisation.
    """
    report_code: FhirCode = FhirCode(
        system="http://loinc.org", code="18748-4", display="Diagnostic imaging study"
    )
    """DiagnosticReport.code."""
    finding_codes: dict[str, FhirCode] = Field(default_factory=dict)
    """Further codes of findings, by name of the finding in the lexicon."""
    level_codes: dict[str, FhirCode] = Field(default_factory=dict)
    """Codes of places in the body by the level of a finding, such as `L4-L5`."""
    addendum_status: Literal["appended", "amended", "corrected"] = "appended"
    """DiagnosticReport.status of a report with an addendum."""
    correction_status: Literal["amended", "corrected"] = "corrected"
    """Status of a report, and of findings, that were signed and read otherwise since."""
    retraction_status: Literal["entered-in-error", "cancelled"] = "entered-in-error"
    """DiagnosticReport.status of a signed report that is taken back."""
    text: bool = True
    """Whether the report goes as `text/plain` in presentedForm."""
    html: bool = True
    """Whether it goes as `text/html`, one well-formed page without scripts."""
    pdf: bool = False
    """Whether it goes as `application/pdf`."""
    header: bool = False
    """Whether patient, examination and signer stand above the report in its HTML page."""
    page: Literal["a4", "letter"] = "a4"
    """Size of the pages of the PDF."""
    words: PageWords = PageWords()
    """The words printed beside the report's own."""
    timezone: TimeZone = "UTC"
    """Zone of the times that are printed."""
    language: str = Field("", pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")
    """Language of the reports, such as `de-DE`; empty: it is not said."""
    observations: bool = True
    """Whether the findings of the report go as Observations."""
    provenance: bool = True
    """Whether the source of every sentence goes as Provenance."""
    communications: bool = True
    """Whether the records of urgent findings that were told go as Communication.

    One that is recorded after signing goes at once, with the report as it stands.
    """
    medium_codes: dict[str, str] = Field(default_factory=lambda: dict(_MEDIA))
    """Code of v3-ParticipationMode by the word that says how somebody was told."""
    imaging_selections: bool = False
    """Whether the places on the images at which models point go as R5 ImagingSelection.

    They always do where `fhir_version` is 5.0; an R4 server must know the type.
    """
    imaging_endpoint: str = Field("", pattern=r"^(Endpoint/[A-Za-z0-9.-]{1,64}|https?://\S+)?$")
    """The server's Endpoint from which the images are had; `imr` needs it for ImagingStudy."""
    section_codes: dict[str, FhirCode] = Field(default_factory=lambda: dict(_SECTIONS))
    """Sections of an `eu_document` by section of the template; others stand under the findings."""

    section_titles: dict[str, str] = Field(default_factory=lambda: {"73568-8": "Communication"})
    """Titles of the sections of an `eu_document` by code; else what the code system calls them."""

    @property
    def tells_communications(self) -> bool:
        """Whether Communication goes along, also one that is recorded after signing."""
        return self.communications and self.profile != "imr"

    @property
    def sends_selections(self) -> bool:
        """Whether ImagingSelection goes along."""
        return self.imaging_selections or self.fhir_version == "5.0"

    @model_validator(mode="after")
    def _one_kind_of_token(self) -> FhirProfile:
        if self.smart and self.token_env:
            raise ValueError("token_env and smart are two ways to the same header; keep one")
        return self

    @model_validator(mode="after")
    def _matches_by_system(self) -> FhirProfile:
        if self.patient == "match" and not self.mrn_system:
            raise ValueError("patient: match needs mrn_system, or another patient might be matched")
        return self

    @model_validator(mode="after")
    def _has_what_its_profile_needs(self) -> FhirProfile:
        if self.profile == "transaction":
            return self
        missing = [name for name in ("performer", "accession_system") if not getattr(self, name)]
        if missing:
            raise ValueError(f"profile: {self.profile} needs {' and '.join(missing)}")
        if self.fhir_version != "4.0":
            raise ValueError(f"profile: {self.profile} is one of FHIR 4.0")
        if self.profile == "imr" and not self.html:
            raise ValueError("profile: imr needs html")
        if self.profile == "imr" and self.patient == "create":
            raise ValueError("profile: imr creates no patient: say patient: match or logical")
        return self
