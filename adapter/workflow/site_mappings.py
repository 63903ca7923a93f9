"""The site's templates, macros and words: read, checked, and written with every version kept."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from adapter.domain.audit import Verb
from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, NotFound, Rejected, TryAgain
from adapter.mapping.files import MappingFile, MappingFiles, MappingTable
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.template_table import MacroFile, TemplateTable
from adapter.mapping.vocabulary import SITE
from adapter.mapping.vocabulary_table import VocabularyOverlay, VocabularyTable
from adapter.store import audit, changes, reports, studies
from adapter.workflow.mapping_lint import WithCandidate, faults, file_faults
from adapter.workflow.study_flow import House

FOLDERS: dict[str, type[MappingTable]] = {
    "templates": TemplateTable,
    "macros": MacroFile,
    "vocabulary": VocabularyTable,
}
LARGEST = 262_144
"""Largest file that is taken, in bytes."""

CHANGED = "mapping changed"
_HOUSE = ""  # the accession of events that belong to no study
_NAME = re.compile(r"(templates|macros|vocabulary)/[a-z0-9_]{1,60}(\.site)?\.yaml")


class Held(NamedTuple):
    """A mapping file; `site`: it is the site's own, not the packaged one."""

    file: MappingFile
    site: bool


class Version(NamedTuple):
    """One version that was written here: when (ISO 8601, UTC), by whom, and its hash."""

    at: str
    person: str
    sha256: str


class Refused(Rejected):
    """The file has faults and was not written (HTTP 422)."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found)[:2000], code="mapping")
        self.found = found


@dataclass(frozen=True)
class SiteMappings:
    """The desk at which templates, macros and words are kept."""

    house: House
    files: MappingFiles

    @property
    def writable(self) -> bool:
        """Whether there is a directory of the site to write into."""
        return self.files.site is not None

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
        site = self._site
        if site is None:
            raise Conflict("set READOUT_MAPPINGS_DIR to a directory to write into", code="no-site")
        self._check_base(name, base)
        found = self.faults(name, body) or self._faults_together(name, body)
        if found:
            raise Refused(found)
        with self.house.database.write() as tx:  # one writer at a time, of this and other nodes
            self._check_base(name, base)
            reports.keep_mappings(tx, [_candidate(name, body)])
            detail = f"{name} by {person.id} sha256 {sha256_hex(body)}"
            studies.note(tx, _HOUSE, self.house.now(), CHANGED, detail)
            proof = f"sha256 {sha256_hex(body)}"
            audit.tell(tx, Verb.CONFIGURE, "", f"mapping {name}", proof, person=person.id)
            _write(site / name, body)

    def versions(self, name: str) -> list[Version]:
        """Every version that was written here, newest first."""
        _check_name(name)
        with self.house.database.read() as tx:
            found = changes.of_house(tx, CHANGED)
        lines = [(at, detail.split()) for at, detail in reversed(found)]
        return [Version(at, words[2], words[4]) for at, words in lines if words[0] == name]

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
        files = WithCandidate(self.files.site, self.files.packaged, _candidate(name, body))
        return faults(lambda: ReportingTables.load(files))

    @property
    def _site(self) -> Path | None:
        return self.files.site

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        _check_name(name)
        return any((root / name).is_file() for root in (self._site, self.files.packaged) if root)

    def _held(self, file: MappingFile) -> Held:
        return Held(file, self._site is not None and file.path.is_relative_to(self._site))


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
