"""How one FHIR R4 server wants its reports."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from adapter.mapping.files import MappingTable
from adapter.mapping.smart_client import SmartClient


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


class FhirProfile(MappingTable):
    """One FHIR R4 server that takes transaction Bundles at its base URL."""

    base_url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Base URL of the server; the transaction is posted there."""
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
    accession_system: str = ""
    """Identifier system of accession numbers; empty: only the type ACSN is given."""
    mrn_system: str = ""
    """Identifier system of medical record numbers; empty: the issuer that the order named."""
    practitioner_system: str = ""
    """Identifier system of clinicians; empty: the bare identifier is given."""
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
    html: bool = True
    """Whether the report also goes as `text/html`."""
    observations: bool = True
    """Whether the findings of the report go as Observations."""
    provenance: bool = True
    """Whether the source of every sentence goes as Provenance."""

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
