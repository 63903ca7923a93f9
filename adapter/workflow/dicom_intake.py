"""Structured reports that are sent to us as files: stored before they are acknowledged."""

from __future__ import annotations

from adapter.dicom import json_model as model
from adapter.dicom.structured_report import check_report
from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.errors import Rejected
from adapter.workflow.ai_readers import DICOM_FILE, REPORT_TYPE
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import House


class DicomIntake:
    """The door of C-STORE and STOW-RS."""

    def __init__(self, house: House, intake: Intake) -> None:
        self._house, self._intake = house, intake

    def store(self, body: bytes, sender: str, peer: str) -> None:
        """Store a report; it is applied right after. Raises Malformed or Rejected (but stored)."""
        self._intake.store([self._message(body, sender, peer)])

    def take(self, body: bytes, sender: str, peer: str) -> None:
        """Store and apply a report; raises what `store` does, and Conflict: another patient's."""
        self._intake.take(self._message(body, sender, peer))

    def refuse(self, body: bytes, sender: str, peer: str, error: Rejected) -> None:
        """Keep what is not taken, with the reason."""
        self._intake.refuse(self._named(body, sender, peer, ""), error)

    def _message(self, body: bytes, sender: str, peer: str) -> InboundMessage:
        try:
            report = model.read_file(body)
            check_report(report)
        except Rejected as error:
            self.refuse(body, sender, peer, error)
            raise
        return self._named(body, sender, peer, model.text(report, "00080018"))

    def _named(self, body: bytes, sender: str, peer: str, uid: str) -> InboundMessage:
        sha256 = sha256_hex(body)
        return InboundMessage(
            protocol=DICOM_FILE,
            peer=peer,
            sender=sender,
            control_id=uid or sha256[:20],
            type=REPORT_TYPE,
            body=body,
            body_sha256=sha256,
            received_at=self._house.now(),
        )
