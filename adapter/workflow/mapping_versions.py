"""Mapping files that were written in the workspace, of every node: the history is their record.

A node reads its own directory at start. What was written at another node lies over it, wherever the
node's own file is one that the writer knew; a file that was changed by hand meanwhile stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Practitioner
from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFile, MappingFiles, OverlaidMappingFiles
from adapter.store import changes, reports, studies

log = structlog.get_logger()

CHANGED = "mapping changed"

_HOUSE = ""  # the accession of events that belong to no study
_LINE = re.compile(
    r"(?P<name>\S+) by (?P<person>.*) sha256 (?P<sha256>[0-9a-f]{64})"
    r"(?: from (?P<base>[0-9a-f]{64}))?"
)


class Version(NamedTuple):
    """One version that was written: when (ISO 8601, UTC), by whom, its hash, and that before."""

    at: str
    person: str
    sha256: str
    name: str
    base: str = ""


def keep(tx: sa.Connection, file: MappingFile, person: Practitioner, at: str, base: str) -> None:
    """Record a version for good; `base`: hash of the one before, empty where there was none."""
    reports.keep_mappings(tx, [file])
    before = f" from {base}" if base else ""
    detail = f"{file.name} by {person.id} sha256 {sha256_hex(file.body)}{before}"
    studies.note(tx, _HOUSE, at, CHANGED, detail)


def written(tx: sa.Connection) -> list[Version]:
    """Every version, oldest first."""
    lines = ((at, _LINE.fullmatch(detail)) for at, detail in changes.of_house(tx, CHANGED))
    return [
        Version(at, told["person"], told["sha256"], told["name"], told["base"] or "")
        for at, told in lines
        if told
    ]


def in_force(tx: sa.Connection, own: MappingFiles) -> MappingFiles:
    """The node's own files, below the newest versions that were written at any node."""
    return OverlaidMappingFiles.of(own, *_newer(tx, own))


def _newer(tx: sa.Connection, own: MappingFiles) -> Iterator[MappingFile]:
    chains: dict[str, list[Version]] = {}
    for each in written(tx):
        chains.setdefault(each.name, []).append(each)
    for name, chain in chains.items():
        here, newest = _hash(own, name), chain[-1].sha256
        if here == newest:
            continue
        if here and here not in {known for each in chain for known in (each.sha256, each.base)}:
            log.warning("mapping_changed_by_hand", name=name, advice="save it in the workspace")
            continue
        body = reports.mapping_body(tx, name, newest)
        if body is not None:
            yield MappingFile(name, Path(name), body)


def _hash(own: MappingFiles, name: str) -> str:
    """Of the node's own file; empty: it has none."""
    try:
        return own.get(name).sha256
    except ConfigurationError:
        return ""
