"""The site's templates, macros and words: read, checked, and written with every version kept."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import structlog

from adapter.domain.audit import Verb
from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Practitioner
from adapter.errors import ConfigurationError, Conflict, NotFound, Rejected, TryAgain
from adapter.mapping.files import (
    MappingFile,
    MappingFiles,
    MappingTable,
    OverlaidMappingFiles,
)
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.template_table import MacroFile, TemplateTable
from adapter.mapping.vocabulary import SITE
from adapter.mapping.vocabulary_table import VocabularyOverlay, VocabularyTable
from adapter.store import audit, changes, reports
from adapter.workflow.mapping_lint import faults, file_faults
from adapter.workflow.mapping_versions import CHANGED, Version, in_force, keep, written
from adapter.workflow.study_flow import House

log = structlog.get_logger()

FOLDERS: dict[str, type[MappingTable]] = {
    "templates": TemplateTable,
    "macros": MacroFile,
    "vocabulary": VocabularyTable,
}
LARGEST = 262_144
"""Largest file that is taken, in bytes."""

_NAME = re.compile(r"(templates|macros|vocabulary)/[a-z0-9_]{1,60}(\.site)?\.yaml")


class Held(NamedTuple):
    """A mapping file; `site`: it is the site's own, not the packaged one."""

    file: MappingFile
    site: bool


class Refused(Rejected):
    """The file has faults and was not written (HTTP 422)."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found)[:2000], code="mapping")
        self.found = found


class SiteMappings:
    """The desk at which templates, macros and words are kept, and come into force.

    `own`: the files of this node. `trouble`: why what was written last is not in force; empty: it
    is.
    """

    def __init__(self, house: House, own: MappingFiles) -> None:
        self.house = house
        self.own = own
        self.trouble = ""
        self._seen = (0, 0)
        self._following = threading.Lock()

    @property
    def files(self) -> MappingFiles:
        """Those in force."""
        return self.house.mappings.files

    def follow(self) -> bool:
        """Put into force what was written since, at any node; whether there was anything."""
        with self._following, self.house.database.read() as tx:
            mark = changes.mark(tx, CHANGED)
            if mark == self._seen:
                return False
            self._seen, self.trouble = mark, ""
            try:
                self.house.mappings.swap(in_force(tx, self.own))
            except ConfigurationError as error:
                self.trouble = str(error)
                log.error("mappings_not_in_force", why=self.trouble)
                return False
        log.info("mappings_in_force", changes=mark[0])
        return True

    @property
    def writable(self) -> bool:
        """Whether there is a directory of the site to write into."""
        return self.own.site is not None

    def listed(self, folder: str) -> list[Held]:
        """The files of one of FOLDERS, by name."""
        return [self._held(file) for file in self.files.folder(folder)]

    def get(self, name: str) -> Held:
        """One file; raises NotFound."""
        _check_name(name)
        if not self.has(name):
            raise NotFound(f"there is no mapping file {name}", code="not-found")
        return self._held(self.files.get(name))

    def faults(self, name: str, body: bytes) -> list[str]:
        """What is wrong with a file by itself."""
        _check_name(name)
        if len(body) > LARGEST:
            return [f"the file is larger than {LARGEST} bytes; part it"]
        found = file_faults(_candidate(name, body), kind_of(name), self.house.tables.lexicon)
        if kind_of(name) is VocabularyTable:
            found.append("packaged words stay as they are; add yours in a .site.yaml file")
        return found

    def save(self, name: str, body: bytes, person: Practitioner, base: str) -> None:
        """Write a file in place of the version `base` (its hash; empty: there was none).

        Raises Refused when it, or all files together with it, have faults; Conflict when the file
        has changed meanwhile.
        """
        site = self.own.site
        if site is None:
            raise Conflict("set READOUT_MAPPINGS_DIR to a directory to write into", code="no-site")
        self.follow()
        self._check_base(name, base)
        found = self.faults(name, body) or self._faults_together(name, body)
        if found:
            raise Refused(found)
        with self.house.database.write() as tx:  # one writer at a time, of this and other nodes
            self._check_base(name, base)
            keep(tx, _candidate(name, body), person, self.house.now(), base)
            proof = f"sha256 {sha256_hex(body)}"
            audit.tell(tx, Verb.CONFIGURE, "", f"mapping {name}", proof, person=person.id)
            _write(site / name, body)
        self.follow()

    def versions(self, name: str) -> list[Version]:
        """Every version that was written here, newest first."""
        _check_name(name)
        with self.house.database.read() as tx:
            found = written(tx)
        return [each for each in reversed(found) if each.name == name]

    def version(self, name: str, sha256: str) -> bytes:
        """The body of one version; raises NotFound."""
        _check_name(name)
        with self.house.database.read() as tx:
            body = reports.mapping_body(tx, name, sha256)
        if body is None:
            raise NotFound(f"no such version of {name} is kept", code="not-found")
        return body

    def _check_base(self, name: str, base: str) -> None:
        if base != (self.get(name).file.sha256 if self.has(name) else ""):
            raise Conflict(f"{name} has changed meanwhile; load it again", code="changed")

    def _faults_together(self, name: str, body: bytes) -> list[str]:
        files = OverlaidMappingFiles.of(self.files, _candidate(name, body))
        return faults(lambda: ReportingTables.load(files))

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        _check_name(name)
        return not faults(lambda: self.files.get(name))

    def _held(self, file: MappingFile) -> Held:
        return Held(file, not file.path.is_relative_to(self.own.packaged))


def kind_of(name: str) -> type[MappingTable]:
    """What a file of this name is read as."""
    return VocabularyOverlay if name.endswith(SITE) else FOLDERS[name.partition("/")[0]]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or (name.endswith(SITE) and not name.startswith("vocabulary/")):
        raise NotFound(f"no mapping file can be named {name[:100]!r} here", code="not-found")


def _candidate(name: str, body: bytes) -> MappingFile:
    return MappingFile(name, Path(name), body)


def _write(path: Path, body: bytes) -> None:
    """All of it or nothing: on disk under another name first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as target:
                target.write(body)
                target.flush()
                os.fsync(target.fileno())
            Path(made).chmod(0o644)
            Path(made).replace(path)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise TryAgain(f"{path} cannot be written: {error.strerror}") from None
