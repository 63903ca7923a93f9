"""Files of model calls act while the service runs: who may be called, with what, or no longer."""

from __future__ import annotations

from functools import partial

import structlog

from adapter.dicom.study_images import StudyImages
from adapter.errors import ConfigurationError
from adapter.mapping import privacy
from adapter.mapping.files import MappingFiles
from adapter.mapping.model_calls import FOLDER, load_model_calls
from adapter.mapping.privacy import load_privacy
from adapter.mapping.reporting import ReportingTables
from adapter.privacy.presidio import further_finders
from adapter.privacy.words import privacy_words
from adapter.workflow import ai_sources
from adapter.workflow.model_calls import InForce, ModelCalls
from adapter.workflow.study_flow import House

log = structlog.get_logger()


class ModelFollower:
    """Reads the files of the node's directory again; `trouble`: why they are not in force."""

    def __init__(self, calls: ModelCalls, files: MappingFiles) -> None:
        self.calls, self._files = calls, files
        self._seen = self._marks()
        self.trouble = ""

    def follow(self) -> bool:
        """Put what was changed into force; where it has faults, what was in force stays."""
        try:
            marks = self._marks()
            if marks == self._seen:
                return False
            self._seen = marks
            self.calls.now = _read(self._files, self.calls.house.tables)
        except ConfigurationError as error:
            if str(error) != self.trouble:
                log.error("model_calls_not_in_force", why=str(error))
            self.trouble = str(error)
            return False
        self.trouble = ""
        log.info("model_calls_in_force", calls=sorted(self.calls.now.calls))
        return True

    def _marks(self) -> tuple[object, ...]:
        """Of the files that decide, and of the words that a change in the workspace has made."""
        files = [*self._files.folder(FOLDER), self._files.get(privacy.FILE)]
        tables = self.calls.house.tables
        return (tuple((each.name, each.sha256) for each in files), tuple(tables.versions.items()))


def open_model_calls(house: House, files: MappingFiles, dicomweb_url: str) -> ModelFollower:
    """The calls of the site's files; raises ConfigurationError."""
    images = StudyImages(dicomweb_url) if dicomweb_url else None
    is_off = partial(ai_sources.is_off, house)
    calls = ModelCalls(house, _read(files, house.tables), images, is_off)
    return ModelFollower(calls, files)


def _read(files: MappingFiles, tables: ReportingTables) -> InForce:
    table, calls = load_privacy(files), load_model_calls(files)
    finders = further_finders(table.presidio) if calls else ()
    return InForce.of(calls, privacy_words(table, tables), finders)
