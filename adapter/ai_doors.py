"""Every way in for results of AI engines: DICOM over the network, archives, signed JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.dicom.store_scp import StoreScp
from adapter.mapping.ai_webhooks import load_ai_webhooks
from adapter.mapping.files import MappingFiles
from adapter.settings import Settings
from adapter.webhooks.receiver import Receiver
from adapter.workflow.dicom_intake import DicomIntake
from adapter.workflow.dicom_sources import DicomSources, open_archives
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import House


@dataclass(frozen=True)
class AiDoors:
    """The doors of one node; `scp` None: no DICOM listener."""

    dicom: DicomIntake
    webhooks: Mapping[str, Receiver]
    archives: DicomSources
    scp: StoreScp | None

    def open(self) -> None:
        """Listen, and promise the turn of each archive; raises ConfigurationError."""
        if self.scp is not None:
            self.scp.start()
        self.archives.reconcile()

    def close(self) -> None:
        """End what listens."""
        if self.scp is not None:
            self.scp.stop()


def open_ai_doors(settings: Settings, files: MappingFiles, house: House, intake: Intake) -> AiDoors:
    """By the settings and the site's mapping files; raises ConfigurationError."""
    dicom, scp = DicomIntake(house, intake), None
    if settings.dicom_port is not None:
        callers = [each.strip() for each in settings.dicom_callers.split(",") if each.strip()]
        place = (settings.dicom_host, settings.dicom_port, settings.dicom_ae_title)
        scp = StoreScp(*place, callers, settings.dicom_max_pdu, dicom.store)
    webhooks = {each.name: Receiver(each) for each in load_ai_webhooks(files)}
    return AiDoors(dicom, webhooks, DicomSources(house, intake, open_archives(files)), scp)
