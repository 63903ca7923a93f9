"""How the sites that send FHIR orders name their identifiers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.mapping.files import MappingTable

_CLASSES = {"IMP": "I", "ACUTE": "I", "NONAC": "I", "EMER": "E", "PRENC": "P"} | dict.fromkeys(
    ("AMB", "OBSENC", "SS", "VR", "HH", "FLD"), "O"
)


class FhirOrderMapping(MappingTable):
    """Identifier systems by meaning, for senders that do not give the identifier's type."""

    accession_types: tuple[Literal["ACSN", "FILL", "PLAC"], ...] = ("ACSN",)
    """Types of the identifier that is the accession number, the first that there is."""
    accession_systems: tuple[str, ...] = ()
    """Systems of accession numbers (type ACSN is always one)."""
    mrn_systems: tuple[str, ...] = ()
    """Systems of medical record numbers (type MR is always one), best first."""
    placer_systems: tuple[str, ...] = ()
    """Systems of placer order numbers (type PLAC is always one)."""
    filler_systems: tuple[str, ...] = ()
    """Systems of filler order numbers (type FILL is always one)."""
    patient_classes: dict[str, str] = Field(default_factory=lambda: dict(_CLASSES))
    """Class of the patient (HL7 table 0004) by the code of `Encounter.class`; others are kept as
    they are. Left out: those of v3 ActCode, an observation as O."""
    message_events: tuple[str, ...] = ()
    """MessageHeader.event (code or URI) of messages that are taken as orders; none: every one."""
