"""Anchors: the last row of each chain, sealed, in a file outside of the database.

Rows that are gone from the end of a chain leave no gap; the anchor tells that they were there.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog

from adapter.audit.following import Follower
from adapter.audit.keys import AuditKeys
from adapter.domain.audit import Head
from adapter.errors import ConfigurationError
from adapter.store import audit
from adapter.store.database import Database
from adapter.store.disk import clear_abandoned

log = structlog.get_logger()

_PAUSE_S = 1.0  # between two writings, while the trail grows
_UNFINISHED_S = 60.0  # no writing takes so long


@dataclass(frozen=True, slots=True)
class Heads:
    """Heads as they were at a moment (ISO 8601); `good` as `AuditKeys.good` tells of the seal."""

    at: str
    heads: tuple[Head, ...]
    good: bool | None


def sealed(heads: Iterable[Head], at: str, keys: AuditKeys) -> str:
    """The anchor as it is written: one JSON object."""
    told = {"at": at, "heads": [each._asdict() for each in sorted(heads)]}
    return json.dumps({**told, "seal": keys.seal(_text(told))}) + "\n"


def read_heads(path: Path, keys: AuditKeys) -> Heads:
    """An anchor; raises ConfigurationError when it cannot be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        heads = tuple(
            Head(str(each["chain"]), int(each["number"]), str(each["hash"]))
            for each in told["heads"]
        )
        at, seal = str(told["at"]), str(told.pop("seal"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file of audit heads {path}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = type(error).__name__
        raise ConfigurationError(f"{path} is no file of audit heads ({why})") from None
    return Heads(at, heads, keys.good(_text(told), seal))


def lost(tx: sa.Connection, heads: Iterable[Head]) -> list[Head]:
    """Heads whose rows are gone or not the same any more."""
    return [each for each in heads if audit.hash_at(tx, each.chain, each.number) != each.hash]


class HeadKeeper:
    """Writes the anchor whenever the trail has grown, in a thread of its own.

    A head that is lost stays in the file, and `trouble` says so, until a person has looked.
    """

    def __init__(self, database: Database, keys: AuditKeys, path: Path) -> None:
        self._database, self._keys, self._path = database, keys, path
        self._follower = Follower("audit-heads", self._act)
        self.trouble = ""

    def moved(self) -> None:
        """The trail has grown."""
        self._follower.moved()

    def start(self) -> None:
        """Compare the trail with the last anchor, then keep it up to date."""
        clear_abandoned(self._path.parent, f".{self._path.name}.*", _UNFINISHED_S)
        self.keep()
        self._follower.start()

    def stop(self) -> None:
        """Write the last anchor."""
        self._follower.stop()
        self.keep()

    def keep(self) -> None:
        """Write the anchor of this moment; what goes wrong is told in `trouble` and the log."""
        try:
            trouble = self._keep()
        except (OSError, sa.exc.SQLAlchemyError, ConfigurationError) as error:
            why = str(error) if isinstance(error, ConfigurationError) else type(error).__name__
            trouble = f"the heads of the audit trail cannot be written to {self._path}: {why}"
        if trouble and trouble != self.trouble:
            log.error("audit_heads", trouble=trouble)
        self.trouble = trouble

    def _keep(self) -> str:
        known = read_heads(self._path, self._keys) if self._path.exists() else None
        if known is not None and not known.good:
            return f"{self._path} is not sealed by the key of READOUT_AUDIT_KEY_FILE"
        with self._database.read() as tx:
            now = {each.chain: each for each in audit.heads(tx)}
            gone = {each.chain: each for each in lost(tx, known.heads)} if known else {}
        at = self._database.trail.clock.now().isoformat(timespec="milliseconds")
        _write(self._path, sealed((now | gone).values(), at, self._keys))
        if not gone:
            return ""
        told = ", ".join(f"{each.chain} {each.number}" for each in gone.values())
        return f"rows of the audit trail are gone or changed ({told}): run `readout audit verify`"

    def _act(self) -> float:
        self.keep()
        return _PAUSE_S


def _text(told: Mapping[str, object]) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _write(path: Path, text: str) -> None:
    """All of it or nothing, and on disk."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(text)
            target.flush()
            os.fsync(target.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
