"""Recordings of signed reports go, their proof is in the audit trail, and nothing else goes."""

from __future__ import annotations

import json
from pathlib import Path

from adapter.domain.audit import Verb
from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import MessageState
from adapter.store import audit, dictations, message_keys, messages, retention
from adapter.store.audio_retention import removable_audio, remove_audio
from adapter.store.database import Database
from adapter.store.retention import Removed
from tests.fakes.house import DR_GRAY, Workflow
from tests.store.test_messages import message

LATER = "2999-01-01T00:00:00.000+00:00"
SAID = "the heart is normal period"


def test_only_recordings_of_signed_reports_go_and_leave_a_proof(
    database: Database, tmp_path: Path
) -> None:
    flow = Workflow(database, tmp_path)
    for accession in ("A1", "A2", "A3"):
        flow.order(accession)
        flow.dictate(accession, SAID if accession != "A3" else "the lungs are clear period")
    for accession in ("A1", "A3"):
        flow.sign_off.sign(accession, DR_GRAY)
        flow.jobs.run()
    audio, shared = flow.house.audio, sha256_hex(SAID.encode())
    size = len(SAID) + len("the lungs are clear period")
    assert removable_audio(database, LATER) == Removed(2, size)
    assert removable_audio(database, "2000") == Removed(0, 0)
    assert remove_audio(database, audio, LATER, "now") == Removed(2, size)
    assert remove_audio(database, audio, LATER, "now") == Removed(0, 0)
    gone = sha256_hex(b"the lungs are clear period")
    assert audio.path(shared).exists()  # A2, which is not signed, has the very same recording
    assert not audio.path(gone).exists()
    with database.read() as tx:
        kept = dictations.transcripts(tx, "A3")
        proof = [each for each in audit.every(tx) if each.verb == Verb.PURGE]
    assert len(kept) == len(proof) == 1
    assert json.loads(proof[0].detail)["sha256"] == {"A1/d-1": shared, "A3/d-1": gone}
    flow.sign_off.sign("A2", DR_GRAY)
    assert remove_audio(database, audio, LATER, "now").count == 1
    assert not audio.path(shared).exists()


def test_bodies_of_messages_leave_their_proof_too(database: Database) -> None:
    messages.store_group(database, [message("1", b"MSH|1")])
    with database.write() as tx:
        messages.settle_same(tx, message("1", b"MSH|1"), MessageState.APPLIED)
        message_keys.add_keys(tx, [1], [])
    retention.remove(database, retention.KINDS["messages"], LATER, LATER)
    with database.read() as tx:
        (row,) = audit.every(tx)
    assert (row.verb, row.object) == (Verb.PURGE, "1 bodies of readout_message")
    assert json.loads(row.detail)["sha256"] == {"1": sha256_hex(b"MSH|1")}
