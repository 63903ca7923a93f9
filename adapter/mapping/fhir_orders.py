"""How the sites that send FHIR orders name their identifiers."""

from __future__ import annotations

from adapter.mapping.files import MappingTable


class FhirOrderMapping(MappingTable):
    """Identifier systems by meaning, for senders that do not give the identifier's type."""

    accession_systems: tuple[str, ...] = ()
    """Systems of accession numbers (type ACSN is always one)."""
    mrn_systems: tuple[str, ...] = ()
    """Systems of medical record numbers (type MR is always one), best first."""
    placer_systems: tuple[str, ...] = ()
    """Systems of placer order numbers (type PLAC is always one)."""
    filler_systems: tuple[str, ...] = ()
    """Systems of filler order numbers (type FILL is always one)."""
