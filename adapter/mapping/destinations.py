"""Where reports go: one file per destination under mappings/destinations/."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from adapter.domain.delivery import REPORT_KINDS, DeliveryKind
from adapter.errors import ConfigurationError
from adapter.mapping.custom_fields_profile import CustomFieldsProfile
from adapter.mapping.ehr_launch import LaunchIssuer
from adapter.mapping.fhir_profile import FhirProfile
from adapter.mapping.files import MappingFile, MappingFiles, MappingTable
from adapter.mapping.mllp_profile import MllpProfile
from adapter.mapping.smart_client import SmartClient
from adapter.mapping.webhook_profile import WebhookProfile


class DestinationProfile(MappingTable):
    """One reporting system or EHR, and how it wants its reports."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the destination; it stays the same for ever, deliveries are stored under it."""
    enabled: bool = True
    """Whether new reports are sent there."""
    protocol: Literal["mllp", "fhir", "webhook", "custom_fields"]
    """How it is reached; the section of that name below must be there."""
    kinds: tuple[DeliveryKind, ...] = REPORT_KINDS
    """Which reports it takes: preliminary, final, addendum, correction, cancellation, retraction.

    A cancellation goes where a preliminary report went whose order is cancelled; a retraction takes
    back a signed report that was entered in error.
    """
    mllp: MllpProfile | None = None
    """HL7 v2 over MLLP."""
    fhir: FhirProfile | None = None
    """FHIR R4 over HTTP."""
    webhook: WebhookProfile | None = None
    """Signed JSON over HTTP."""
    custom_fields: CustomFieldsProfile | None = None
    """Custom fields of a dictation system; unofficial."""

    @property
    def section(self) -> MappingTable | None:
        """The section of its protocol; there is one once the file has been read."""
        section: MappingTable | None = getattr(self, self.protocol)
        return section

    def takes(self, kind: DeliveryKind) -> bool:
        """Whether such a message goes there; communications where the form has a place for them."""
        if kind is not DeliveryKind.COMMUNICATION:
            return kind in self.kinds
        return self.protocol == "fhir" and self.fhir is not None and self.fhir.tells_communications

    @model_validator(mode="after")
    def _has_its_section(self) -> DestinationProfile:
        if self.section is None:
            raise ValueError(
                f"protocol is {self.protocol}, but section {self.protocol!r} is missing"
            )
        return self


def load_destinations(files: MappingFiles) -> list[tuple[DestinationProfile, MappingFile]]:
    """The enabled destinations with their files; raises ConfigurationError on a name used twice."""
    read = [(file.read(DestinationProfile), file) for file in files.folder("destinations")]
    enabled = [(profile, file) for profile, file in read if profile.enabled]
    names = [profile.name for profile, _ in enabled]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"two files under destinations/ are named {name!r}")
    return enabled


def client_keys(
    profiles: Iterable[DestinationProfile], others: Iterable[SmartClient | LaunchIssuer] = ()
) -> tuple[Path, ...]:
    """Files of the private keys by which authorization servers know us."""
    smart: list[SmartClient | LaunchIssuer | None]
    smart = [*(profile.fhir.smart for profile in profiles if profile.fhir), *others]
    return tuple(dict.fromkeys(path for each in smart if each for path in each.keys))
