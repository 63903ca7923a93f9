"""EHRs that may open studies in the workspace: SMART EHR launch."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from adapter.mapping.files import MappingFiles, MappingTable

FILE = "ehr_launch.yaml"


class LaunchIssuer(MappingTable):
    """One FHIR server whose users may open studies here (SMART App Launch 2.2, EHR launch)."""

    iss: str = Field(pattern=r"^https?://[^\s?#]+$")
    """FHIR base URL, as the EHR gives it in `iss`."""
    client_id: str = Field(min_length=1)
    """Client id of our registration there."""
    keys: tuple[Path, ...] = ()
    """PEM files of private keys, as under `smart`, of a confidential client; none: a public one."""
    roles: tuple[str, ...] = ("radiologist",)
    """Roles (`roles.yaml`) of its users, where no claim of their ID token gives one."""
    scopes: tuple[str, ...] = (
        "launch",
        "openid",
        "fhirUser",
        "patient/Patient.r",
        "patient/ImagingStudy.r",
        "patient/ServiceRequest.r",
        "user/Practitioner.r",
    )
    """Scopes to ask for."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts inside, besides that of `iss`, on which its documents may name endpoints."""
    accession_systems: tuple[str, ...] = ()
    """Identifier systems of accession numbers, besides identifiers of type ACSN."""
    mrn_systems: tuple[str, ...] = ()
    """Identifier systems of medical record numbers, besides identifiers of type MR."""
    practitioner_systems: tuple[str, ...] = ()
    """Identifier systems of clinicians, the first that is found; none: the id of `fhirUser`."""


class EhrLaunch(MappingTable):
    """Where we are, and who may send users here."""

    address: str = Field("http://127.0.0.1:8765", pattern=r"^https?://[^\s?#]+[^\s?#/]$")
    """Address of this workspace as browsers reach it; EHRs register it with `/launch/back`."""
    issuers: tuple[LaunchIssuer, ...] = ()
    """The EHRs; none: nobody is let in by a launch."""

    @field_validator("issuers")
    @classmethod
    def _each_once(cls, value: tuple[LaunchIssuer, ...]) -> tuple[LaunchIssuer, ...]:
        if len({each.iss.rstrip("/") for each in value}) < len(value):
            raise ValueError("two issuers have the same iss")
        return value

    def issuer(self, iss: str) -> LaunchIssuer | None:
        """The EHR of this base URL; a slash at its end makes no difference."""
        wanted = iss.rstrip("/")
        return next((each for each in self.issuers if each.iss.rstrip("/") == wanted), None)


def load_ehr_launch(files: MappingFiles) -> EhrLaunch:
    """The EHRs of this site; raises ConfigurationError."""
    return files.get(FILE).read(EhrLaunch)
