"""How the sites that send FHIR orders name their identifiers."""

from __future__ import annotations

from typing import Literal

from adapter.mapping.files import MappingTable


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
    message_events: tuple[str, ...] = ()
    """MessageHeader.event (code or URI) of messages that are taken as orders; none: every one."""
