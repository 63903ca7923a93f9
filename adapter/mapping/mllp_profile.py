"""How one receiver wants its reports over HL7 v2: address, ORU^R01 dialect, meaning of its ACKs."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from adapter.domain.delivery import Outcome
from adapter.mapping.files import MappingTable
from adapter.mapping.report_form import DocumentForm, ObservationCode, PdfForm, StatusByKind
from adapter.mapping.time_zone import TimeZone
from adapter.mapping.tls_files import ClientTls


class Layout(StrEnum):
    """How the report's text is laid into OBX segments."""

    LINES = "lines"  # OBX-2 TX, one segment a sentence or line
    FORMATTED_TEXT = "formatted_text"  # OBX-2 FT, one segment, lines parted by \.br\
    SECTIONS = "sections"  # OBX-2 FT, one segment a section
    NONE = "none"  # no text: the PDF alone


_FINDINGS = ObservationCode(code="59776-5", text="Findings")
_SECTIONS = {
    "impression": ObservationCode(code="19005-8", text="Impression"),
    "recommendation": ObservationCode(code="18783-1", text="Recommendation"),
    "addendum": ObservationCode(code="59776-5", text="Addendum"),
}


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
    message_type: Literal["ORU^R01^ORU_R01", "ORU^R01", "MDM^T02^MDM_T02", "MDM^T02"] = (
        "ORU^R01^ORU_R01"
    )
    """MSH-9: results or documents; old receivers know only the two-part form.

    A document that replaces one sent before goes as T10.
    """
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
    """How the text is laid into OBX: `lines`, `formatted_text`, `sections`; `none`: PDF alone."""
    pdf: PdfForm | None = None
    """A PDF of the report after the text; empty: none is sent."""
    document: DocumentForm = DocumentForm()
    """TXA of MDM messages."""
    patient_class: str = Field(default="", pattern=r"^[A-Z]?$")
    """PV1-2 (table 0004); empty: no PV1, in MDM messages `U` for unknown."""
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
    procedure_in_observation: bool = False
    """Whether OBX-3 names the procedure of OBR-4, with the section's suffix, not the section."""
    study_code: ObservationCode | None = None
    """OBX-3 of a first OBX that holds the study instance UID; empty: none is sent."""
    report_status: StatusByKind = StatusByKind()
    """OBR-25 by kind of report (table 0123)."""
    observation_status: StatusByKind = StatusByKind(retraction="W")
    """OBX-11 by kind of report (table 0085)."""
    addendum: Literal["complete", "first", "only"] = "complete"
    """What an addendum message holds: the whole report with it at the end, or before all else, or
    only the new text."""
    accession_in_filler: bool = False
    """Whether OBR-3 and ORC-3 hold the accession even where the order had a filler number."""
    interpreter: Literal["ndl", "xcn", "none"] = "ndl"
    """OBR-32: `ID&Family&Given` as the standard has it, `ID^Family^Given`, or left empty."""
    assistant: bool = True
    """Whether OBR-33 names who prepared a report that another person signed, as OBR-32 does.

    In an MDM message it is TXA-9, which else holds who signed.
    """
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

    @property
    def is_document(self) -> bool:
        """Whether reports go as MDM messages."""
        return self.message_type.startswith("MDM")

    @model_validator(mode="after")
    def _holds_the_report(self) -> MllpProfile:
        if self.layout is Layout.NONE and self.pdf is None:
            raise ValueError("layout none leaves nothing of the report unless there is a pdf")
        return self
