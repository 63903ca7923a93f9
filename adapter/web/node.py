"""The machine that this process runs on: what its health page looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.settings import Settings
from adapter.store.disk import Disk, disks
from adapter.workflow.study_flow import House


@dataclass(frozen=True)
class Node:
    """One node; `started_at` is ISO 8601, UTC."""

    id: str = "node-1"
    disks: tuple[Disk, ...] = ()
    unmoved: Callable[[], int] = int
    """How many recordings are on this node alone, where they belong into a bucket."""
    started_at: str = ""
    takes_in: bool = True
    """Whether messages are applied here, or by other nodes."""

    @classmethod
    def of(
        cls, settings: Settings, unmoved: Callable[[], int], house: House, takes_in: bool
    ) -> Node:
        """By its settings, started now."""
        found = disks(settings.folders, int(settings.disk_low_gib * (1 << 30)))
        return cls(settings.node_id, found, unmoved, house.now(), takes_in)

    def check(self) -> None:
        """Raise TryAgain where a disk takes nothing."""
        for disk in self.disks:
            disk.check()
