"""How one receiver wants its reports over HL7 v2: address, ORU^R01 dialect, meaning of its ACKs."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from adapter.domain.delivery import DeliveryKind, Outcome
from adapter.mapping.files import MappingTable
from adapter.mapping.time_zone import TimeZone
from adapter.mapping.tls_files import ClientTls

_STATUS = r"^[A-Z]$"


class Layout(StrEnum):
    """How the report's text is laid into OBX segments."""

    LINES = "lines"  # OBX-2 TX, one segment a sentence or line
    FORMATTED_TEXT = "formatted_text"  # OBX-2 FT, one segment, lines parted by \.br\
    SECTIONS = "sections"  # OBX-2 FT, one segment a section


class ObservationCode(MappingTable):
    """OBX-3 of one section."""

    code: str = Field(pattern=r"^[A-Za-z0-9._-]{1,20}$")
    """OBX-3.1, a LOINC code unless `system` says otherwise."""
    text: str = Field(default="", pattern=r"^[^|^~\\&\r\n]*$")
    """OBX-3.2."""
    system: str = Field(default="LN", pattern=r"^[A-Za-z0-9._-]{0,20}$")
    """OBX-3.3, table 0396."""
    suffix: str = Field(default="", pattern=r"^[A-Z0-9]{0,5}$")
    """Second subcomponent of OBX-3.1, such as GDT, IMP, ADT or REC; empty: none."""


_FINDINGS = ObservationCode(code="59776-5", text="Findings")
_SECTIONS = {
    "impression": ObservationCode(code="19005-8", text="Impression"),
    "recommendation": ObservationCode(code="18783-1", text="Recommendation"),
    "addendum": ObservationCode(code="59776-5", text="Addendum"),
}


class StatusByKind(MappingTable):
    """One status letter for each kind of report."""

    preliminary: str = Field(default="P", pattern=_STATUS)
    """A merged report that nobody has signed yet."""
    final: str = Field(default="F", pattern=_STATUS)
    """A signed report."""
    addendum: str = Field(default="C", pattern=_STATUS)
    """A signed report with an addendum."""

    def of(self, kind: DeliveryKind) -> str:
        """The letter for this kind."""
        letters = {
            DeliveryKind.PRELIMINARY: self.preliminary,
            DeliveryKind.FINAL: self.final,
            DeliveryKind.ADDENDUM: self.addendum,
        }
        return letters[kind]


class MllpProfile(MappingTable):
    """One HL7 v2 receiver: where it is, the ORU^R01 it takes, what its answers mean."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Name or address of the receiver."""
    port: int = Field(ge=1, le=65535)
    """Its MLLP port."""
    tls: ClientTls | None = None
    """Encrypts the connection; empty: it is in the clear."""
    version: Literal["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"] = "2.5.1"
    """MSH-12."""
    message_type: Literal["ORU^R01^ORU_R01", "ORU^R01"] = "ORU^R01^ORU_R01"
    """MSH-9; old receivers know only the two-part form."""
    sending_application: str = "READOUT"
    """MSH-3."""
    sending_facility: str = "RADIOLOGY"
    """MSH-4."""
    receiving_application: str = ""
    """MSH-5."""
    receiving_facility: str = ""
    """MSH-6."""
    processing_id: Literal["P", "T", "D"] = "P"
    """MSH-11: production, training or debugging."""
    charset: Literal[
        "ASCII", "8859/1", "8859/2", "8859/5", "8859/7", "8859/9", "8859/15", "UNICODE UTF-8"
    ] = "UNICODE UTF-8"
    """MSH-18 and the encoding of the bytes; what it cannot hold is spelled in ASCII."""
    ascii_folding: bool = False
    """Write the text in plain ASCII: letters without accents, straight quotes, `<=` for `≤`."""
    replacements: dict[str, str] = Field(default_factory=dict)
    """Texts replaced before escaping, where a receiver does not read an escape: `|` by `/`."""
    timezone: TimeZone = "UTC"
    """Zone of the times that are sent, such as `Europe/Berlin`; they always carry their offset."""
    layout: Layout = Layout.LINES
    """How the text is laid into OBX: `lines`, `formatted_text` or `sections`."""
    titles: bool = True
    """Whether a section's title is written as a line before its text."""
    line_length: int = Field(default=0, ge=0, le=1000)
    """Longest line of text, broken at blanks; 0: lines are not broken."""
    report_code: ObservationCode = ObservationCode(code="18748-4", text="Diagnostic imaging report")
    """OBX-3 of the one OBX of layout `formatted_text`."""
    default_code: ObservationCode = _FINDINGS
    """OBX-3 of sections that `section_codes` does not name."""
    section_codes: dict[str, ObservationCode] = Field(default_factory=lambda: dict(_SECTIONS))
    """OBX-3 by section id."""
    report_status: StatusByKind = StatusByKind()
    """OBR-25 by kind of report (table 0123)."""
    observation_status: StatusByKind = StatusByKind()
    """OBX-11 by kind of report (table 0085)."""
    addendum: Literal["complete", "only"] = "complete"
    """What an addendum message holds: the whole report with it, or only the new text."""
    accession_in_filler: bool = False
    """Whether OBR-3 and ORC-3 hold the accession even where the order had a filler number."""
    interpreter: Literal["ndl", "xcn", "none"] = "ndl"
    """OBR-32: `ID&Family&Given` as the standard has it, `ID^Family^Given`, or left empty."""
    on_error: Literal[Outcome.HOLD, Outcome.RETRY] = Outcome.HOLD
    """What AE and CE mean: `hold` for a person, or `retry` the same message later."""
    on_reject: Literal[Outcome.HOLD, Outcome.RETRY] = Outcome.RETRY
    """What AR and CR mean: `hold` or `retry`."""
    connect_seconds: float = Field(default=5.0, gt=0, le=300)
    """Longest wait for one connection attempt, in seconds."""
    connect_attempts: int = Field(default=3, ge=1, le=10)
    """Connection attempts before the delivery goes back to its queue."""
    answer_seconds: float = Field(default=30.0, gt=0, le=3600)
    """Longest wait for an ACK, in seconds; then the connection is dropped."""
