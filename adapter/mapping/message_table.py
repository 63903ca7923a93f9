"""What messages other than orders mean at a site: mappings/messages.yaml."""

from __future__ import annotations

from pydantic import Field

from adapter.domain.patient_event import PatientAction
from adapter.mapping.files import MappingFiles, MappingTable


class MessageMapping(MappingTable):
    """mappings/messages.yaml. Patients are identified as orders.yaml says."""

    patients: dict[str, PatientAction] = Field(default_factory=dict)
    """What is done with the patient, by message type (MSH-9): `update` changes the patient of
    studies that are not signed yet; `merge` and `change_id` let the patient of PID take over all
    studies and prior reports of the number in MRG-1."""


def load_message_mapping(files: MappingFiles) -> MessageMapping:
    """The site's or the packaged messages.yaml; raises ConfigurationError."""
    return files.get("messages.yaml").read(MessageMapping)
