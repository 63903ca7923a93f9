"""What the workspace takes from the site: mappings/workspace.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.domain.order import Priority
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.report_form import PageWords
from adapter.mapping.time_zone import TimeZone

_TARGETS = {
    Priority.STAT: 60,
    Priority.HIGH: 240,
    Priority.MEDIUM: 720,
    Priority.ROUTINE: 1440,
}


class PaperForm(MappingTable):
    """A report as it is printed here, whatever each destination gets."""

    page: Literal["a4", "letter"] = "a4"
    """Size of the pages."""
    timezone: TimeZone = "UTC"
    """In which the moment of issue is printed."""
    words: PageWords = PageWords()
    """The words printed beside the report's own."""


class Workspace(MappingTable):
    """The worklist and the figures of the house."""

    turnaround_minutes: dict[Priority, int] = Field(default_factory=lambda: dict(_TARGETS))
    """How long a study of each priority may wait for its signature, from order to signed report;
    later it is marked. Left out: stat 60, high 240, medium 720, routine 1440."""
    paper: PaperForm = PaperForm()
    """How `readout print` and the reporting page print a report."""


def load_workspace(files: MappingFiles) -> Workspace:
    """The site's file, or the packaged one; raises ConfigurationError."""
    return files.get("workspace.yaml").read(Workspace)
