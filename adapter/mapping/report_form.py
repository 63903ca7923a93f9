"""The form of a report in HL7 v2: codes, status letters, the PDF, the document of an MDM."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.domain.delivery import DeliveryKind
from adapter.mapping.files import MappingTable

_STATUS = r"^[A-Z]$"
_COMPLETION = r"^(DI|DO|IP|IN|PA|AU|LA)$"


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


class StatusByKind(MappingTable):
    """One status letter for each kind of report."""

    preliminary: str = Field(default="P", pattern=_STATUS)
    """A merged report that nobody has signed yet."""
    final: str = Field(default="F", pattern=_STATUS)
    """A signed report."""
    addendum: str = Field(default="C", pattern=_STATUS)
    """A signed report with an addendum."""
    correction: str = Field(default="C", pattern=_STATUS)
    """A signed report in which words were corrected."""
    cancellation: str = Field(default="X", pattern=_STATUS)
    """A report whose order was cancelled before anybody signed it."""
    retraction: str = Field(default="X", pattern=_STATUS)
    """A signed report that was entered in error."""

    def of(self, kind: DeliveryKind) -> str:
        """The letter for this kind."""
        return str(getattr(self, kind.value))


class CompletionByKind(MappingTable):
    """TXA-17 for each kind of report (table 0271)."""

    preliminary: str = Field(default="DO", pattern=_COMPLETION)
    """A merged report that nobody has signed yet."""
    final: str = Field(default="AU", pattern=_COMPLETION)
    """A signed report."""
    addendum: str = Field(default="AU", pattern=_COMPLETION)
    """A signed report with an addendum."""
    correction: str = Field(default="AU", pattern=_COMPLETION)
    """A signed report in which words were corrected."""
    cancellation: str = Field(default="IN", pattern=_COMPLETION)
    """A report whose order was cancelled before anybody signed it."""
    retraction: str = Field(default="AU", pattern=_COMPLETION)
    """A signed report that was entered in error."""

    def of(self, kind: DeliveryKind) -> str:
        """The code for this kind."""
        return str(getattr(self, kind.value))


class DocumentForm(MappingTable):
    """TXA of an MDM message: T02 for a new document, T10 for one that replaces an earlier one."""

    type: str = Field(default="DI", pattern=r"^[A-Z]{1,10}$")
    """TXA-2 (table 0270), such as DI for diagnostic imaging."""
    completion: CompletionByKind = CompletionByKind()
    """TXA-17 by kind of report."""
    availability: Literal["AV", "CA", "OB", "UN"] = "AV"
    """TXA-19 (table 0273)."""


class PageWords(MappingTable):
    """The words printed beside the report's own, on a PDF or an HTML page."""

    title: str = "Radiology report"
    """Headline."""
    patient: str = "Patient"
    """Name of the patient."""
    birth_date: str = "Date of birth"
    """Date of birth."""
    number: str = "Patient number"
    """Medical record number."""
    accession: str = "Accession"
    """Accession number."""
    procedure: str = "Examination"
    """Procedure."""
    study_date: str = "Date of examination"
    """Start of the examination."""
    requester: str = "Requested by"
    """Who ordered."""
    author: str = "Reported by"
    """Who signed."""
    issued: str = "Issued"
    """When this version was issued."""
    preliminary: str = "PRELIMINARY - not signed"
    """Mark of a report that nobody has signed yet."""
    final: str = "Final"
    """Mark of a signed report."""
    addendum: str = "Final, with addendum"
    """Mark of a signed report with an addendum."""
    correction: str = "Final, corrected"
    """Mark of a signed report in which words were corrected."""
    cancellation: str = "CANCELLED - the order was cancelled"
    """Mark of a report whose order was cancelled."""
    retraction: str = "ENTERED IN ERROR - do not use"
    """Mark of a signed report that was taken back."""
    page: str = "Page"
    """Before the number of the page."""
    ai_accepted: str = Field(default="AI, accepted by {person}", pattern=r"\{person\}")
    """Mark of a sentence of an AI model that a person has accepted."""
    ai_unreviewed: str = "AI, not reviewed"
    """Mark of a sentence of an AI model that nobody has accepted yet."""
    study: str = "Study instance UID"
    """DICOM UID of the study."""
    reason: str = "Reason for the examination"
    """Why it was ordered."""
    empty: str = "No text yet."
    """What stands for a report or a section without text."""


class PdfForm(MappingTable):
    """A PDF of the report as a last OBX of type ED, Base64."""

    code: ObservationCode = ObservationCode(code="18748-4", text="Diagnostic imaging report")
    """Its OBX-3."""
    type_of_data: str = Field(default="application", pattern=r"^[A-Za-z]{1,20}$")
    """OBX-5.2: `application`, or `AP` for receivers of versions before 2.5."""
    subtype: str = Field(default="pdf", pattern=r"^[A-Za-z.-]{1,20}$")
    """OBX-5.3."""
    page: Literal["a4", "letter"] = "a4"
    """Size of the page."""
    words: PageWords = PageWords()
    """The words printed beside the report's own."""
