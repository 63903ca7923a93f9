"""What the workspace takes from the site: mappings/workspace.yaml."""

from __future__ import annotations

from pydantic import Field

from adapter.domain.order import Priority
from adapter.mapping.files import MappingFiles, MappingTable

_TARGETS = {
    Priority.STAT: 60,
    Priority.HIGH: 240,
    Priority.MEDIUM: 720,
    Priority.ROUTINE: 1440,
}


class Workspace(MappingTable):
    """The worklist and the figures of the house."""

    turnaround_minutes: dict[Priority, int] = Field(default_factory=lambda: dict(_TARGETS))
    """How long a study of each priority may wait for its signature, from order to signed report;
    later it is marked. Left out: stat 60, high 240, medium 720, routine 1440."""


def load_workspace(files: MappingFiles) -> Workspace:
    """The site's file, or the packaged one; raises ConfigurationError."""
    return files.get("workspace.yaml").read(Workspace)
