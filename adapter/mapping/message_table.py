"""What messages other than orders mean at a site: mappings/messages.yaml."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import Field

from adapter.domain.order import OrderStatus, Side
from adapter.domain.outside_report import OutsideStatus, ReportMeaning
from adapter.domain.patient_event import PatientAction
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.places import Place, Places

_REPORTS = ("ORU^R01", "MDM^T02", "MDM^T06", "MDM^T08", "MDM^T10")
_ACCESSION = (Place("OBR", 18), Place("OBR", 3), Place("ORC", 3), Place("TXA", 15))
_STATUS = (Place("OBR", 25), Place("TXA", 17))
_PERSON = (Place("OBR", 32), Place("TXA", 22), Place("TXA", 10), Place("TXA", 9))
_SIGNED_AT = (Place("TXA", 22, 15), Place("OBR", 22), Place("TXA", 8), Place("MSH", 7))
_EXAMINED_AT = (Place("OBR", 7), Place("TXA", 4), Place("OBR", 36))
_STATUSES = {
    "F": OutsideStatus.SIGNED,
    "C": OutsideStatus.SIGNED,
    "AU": OutsideStatus.SIGNED,
    "LA": OutsideStatus.SIGNED,
    "X": OutsideStatus.RETRACTED,
    "CA": OutsideStatus.RETRACTED,
}


class ReportSource(MappingTable):
    """A system whose reports are taken. Of several places the first that holds a value counts."""

    name: str = Field(min_length=1)
    """Name of the source; it stays the same for ever, prior reports are stored under it."""
    senders: tuple[str, ...] = Field(min_length=1)
    """`MSH-3|MSH-4` of its messages, `*` for anything: `OLDRIS|*`."""
    messages: tuple[str, ...] = _REPORTS
    """Message types (MSH-9)."""
    meaning: ReportMeaning
    """`prior`: reports of earlier studies; `signed`: reports of our studies as they were signed
    there. One of a study that is not here is kept as a prior report."""
    accession: Places = _ACCESSION
    """Accession number, or the number under which a prior report is known; left out: OBR-18,
    OBR-3, ORC-3, TXA-15."""
    status: Places = _STATUS
    """Status of the text; left out: OBR-25, TXA-17."""
    statuses: dict[str, OutsideStatus] = Field(default_factory=lambda: dict(_STATUSES))
    """`signed`, `addendum` (only the text that was added), `unsigned` or `retracted` by the
    status; others are unsigned, and with unsigned text nothing is done. Left out: F, C, AU and LA
    are signed, X and CA retracted."""
    person: Places = _PERSON
    """Who signed: a person field, `ID&Family&Given` (NDL) or `ID^Family^Given` (XCN, PPN);
    left out: OBR-32, TXA-22, TXA-10, TXA-9."""
    signed_at: Places = _SIGNED_AT
    """When it was signed; left out: TXA-22.15, OBR-22, TXA-8, MSH-7."""
    examined_at: Places = _EXAMINED_AT
    """When the study was made; left out: OBR-7, TXA-4, OBR-36."""


class AiReportSource(MappingTable):
    """An AI engine whose results come as HL7 v2. Of several places the first that is filled."""

    name: str = Field(min_length=1)
    """Name of the engine in the history of studies."""
    senders: tuple[str, ...] = Field(min_length=1)
    """`MSH-3|MSH-4` of its messages, `*` for anything: `LUNGAI*|*`."""
    messages: tuple[str, ...] = ("ORU^R01",)
    """Message types (MSH-9)."""
    model: str = Field(min_length=1, max_length=200)
    """Name of the model."""
    version: str = Field("unknown", min_length=1, max_length=100)
    """Its version where `version_at` is empty."""
    version_at: Places = ()
    """Where a message tells the version, such as MSH-3.2."""
    manufacturer: str = Field("", max_length=200)
    """Who made the model."""
    scanner_at: Places = ()
    """Where a message names the device that made the images, such as OBX-18 where that is the
    modality and not the engine; left out: it is not told."""
    accession: Places = _ACCESSION
    """Accession number; left out: OBR-18, OBR-3, ORC-3."""
    study_uid: Places = (Place("ZDS", 1),)
    """DICOM study UID, for messages without an accession number; left out: ZDS-1."""
    at: Places = (Place("OBR", 22), Place("MSH", 7))
    """When the result was made; left out: OBR-22, MSH-7."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Code or label of the engine in OBX-3 or OBX-5 -> id in the finding lexicon."""
    answers: dict[str, bool] = Field(default_factory=dict)
    """Words in OBX-5 for present (true) and absent (false), in lower case, beside the codes of
    ai_codes.yaml."""
    sides: dict[str, Side] = Field(default_factory=dict)
    """Words in OBX-5 for sides, in lower case."""
    probabilities: tuple[str, ...] = ()
    """Codes in OBX-3 of numbers that say how sure the model is, beside those of ai_codes.yaml."""


class AppointmentRule(MappingTable):
    """What a change of an appointment does to the order."""

    reschedule: bool = False
    """Whether the order starts when the message says."""
    status: OrderStatus | None = None
    """New state of the order; left out: it stays."""


class MessageMapping(MappingTable):
    """mappings/messages.yaml. Patients and procedures are read as orders.yaml says."""

    patients: dict[str, PatientAction] = Field(default_factory=dict)
    """What is done with the patient, by message type (MSH-9): `update` changes the patient of
    studies that are not signed yet; `merge` and `change_id` let the patient of PID take over all
    studies and prior reports of the number in MRG-1."""
    reports: tuple[ReportSource, ...] = ()
    """Whose reports (ORU, MDM) are taken, and as what; the first that fits counts."""
    ai_results: tuple[AiReportSource, ...] = ()
    """AI engines whose results are taken; looked at before `reports`."""
    appointments: dict[str, AppointmentRule] = Field(default_factory=dict)
    """What is done with an order, by message type (MSH-9) of the scheduling system."""
    appointment_accession: Places = (Place("SCH", 27), Place("SCH", 26))
    """Accession number in such a message; left out: SCH-27, SCH-26."""
    appointment_start: Places = (Place("AIS", 4), Place("TQ1", 7), Place("SCH", 11, 4))
    """Start in such a message; left out: AIS-4, TQ1-7, SCH-11.4."""
    report_titles: dict[str, str] = Field(default_factory=dict)
    """Title of a part of a report by the suffix or code in OBX-3.1, where its text has none."""

    def source(self, kind: str, sender: str) -> ReportSource | None:
        """Whose report a message of this type (MSH-9) and sender (MSH-3|MSH-4) is."""
        return _of_sender(self.reports, kind, sender)

    def ai_source(self, kind: str, sender: str) -> AiReportSource | None:
        """Which AI engine's result it is; None: of none."""
        return _of_sender(self.ai_results, kind, sender)


Source = TypeVar("Source", ReportSource, AiReportSource)


def _of_sender(sources: tuple[Source, ...], kind: str, sender: str) -> Source | None:
    for each in sources:
        if kind in each.messages and any(fnmatchcase(sender, one) for one in each.senders):
            return each
    return None


def load_message_mapping(files: MappingFiles) -> MessageMapping:
    """The site's or the packaged messages.yaml; raises ConfigurationError."""
    return files.get("messages.yaml").read(MessageMapping)
