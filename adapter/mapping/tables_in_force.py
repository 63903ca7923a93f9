"""The tables that decide reports at this moment, and those that earlier reports were made with."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TypeAlias

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, StoredMappingFiles
from adapter.mapping.reporting import ReportingTables

_MOST_KEPT = 8  # 15 MB each

_Key: TypeAlias = frozenset[tuple[str, str]]


class TablesInForce:
    """Swapped whole: who has asked for `now` goes on with the tables that it was given."""

    def __init__(self, files: MappingFiles, tables: ReportingTables | None = None) -> None:
        self.files = files
        self.now = tables or ReportingTables.load(files)
        self._kept: OrderedDict[_Key, ReportingTables | ConfigurationError] = OrderedDict()
        self._lock = threading.Lock()

    def swap(self, files: MappingFiles) -> None:
        """Put other files in force; raises ConfigurationError, and then all stays as it was."""
        now = ReportingTables.load(files)
        self.files, self.now = files, now

    def of(
        self, versions: Mapping[str, str], bodies: Callable[[], Mapping[str, bytes]]
    ) -> ReportingTables:
        """The tables of these files (name -> hash); `bodies` is asked where they are not known.

        Raises ConfigurationError for files that this release does not understand.
        """
        now = self.now
        if versions == now.versions:
            return now
        key = frozenset(versions.items())
        with self._lock:
            if key not in self._kept:
                self._kept[key] = _read(StoredMappingFiles(bodies=bodies()))
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            found = self._kept[key]
        if isinstance(found, ConfigurationError):
            raise found
        return found


def _read(files: StoredMappingFiles) -> ReportingTables | ConfigurationError:
    try:
        return ReportingTables.load(files)
    except ConfigurationError as error:  # it will not be understood the next time either
        return error
