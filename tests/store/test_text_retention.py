"""Texts of signed reports go, their proof is in the audit trail, and the report stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapter.domain.audit import Verb
from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import sha256_hex
from adapter.errors import Conflict
from adapter.key_file import make_key_file
from adapter.store import audit, dictations, findings, model_calls, reports
from adapter.store.database import Database
from adapter.store.model_calls import CallState
from adapter.store.text_retention import TEXTS, removable_texts, remove_texts
from adapter.store.unlocking import unlock
from adapter.workflow.retention import purge
from tests.fakes.house import DR_GRAY, Workflow

LATER = "2999-01-01T00:00:00.000+00:00"
SAID = "the heart is normal period"
DAYS = dict.fromkeys(TEXTS, 1)


def filled(database: Database, folder: Path) -> Workflow:
    """Two studies of the same kind, of which A1 is signed."""
    flow = Workflow(database, folder)
    for accession in ("A1", "A2"):
        flow.order(accession)
        with database.write() as tx:
            one = AiFinding(id="a1", text="Small left nodule.", model="m", version="1")
            findings.add_batch(tx, accession, (one,), flow.house.now())
            call = model_calls.begin(tx, "drafts", accession, "d" * 64, flow.house.now())
            outcome = {"sentences": ["Small left nodule."]}
            model_calls.change(tx, call.id, state=CallState.DONE, outcome=outcome)
        flow.dictate(accession, SAID)
        flow.clear(accession)
    flow.sign_off.sign("A1", DR_GRAY)
    flow.jobs.run()
    return flow


@pytest.mark.parametrize("sealed", [False, True])
def test_texts_of_signed_reports_go_once_and_leave_a_proof(
    database: Database, tmp_path: Path, sealed: bool
) -> None:
    flow = Workflow(database, tmp_path)
    if sealed:
        make_key_file(tmp_path / "master.key", "# a key\n")
        unlock(database, tmp_path / "master.key", flow.clock)
    flow = filled(database, tmp_path)
    with database.read() as tx:
        (transcript,), told = dictations.transcripts(tx, "A1"), findings.of_study(tx, "A1")
        before = reports.get_latest(tx, "A1")
    assert len(told) == 1
    for name, kind in TEXTS.items():
        assert removable_texts(database, kind, LATER).count == 1, name
        assert removable_texts(database, kind, "2000").count == 0
        assert remove_texts(database, kind, LATER).count == 1, name
        assert remove_texts(database, kind, LATER).count == 0
    with database.read() as tx:
        assert (dictations.transcripts(tx, "A1"), findings.of_study(tx, "A1")) == ([], ())
        assert [each.outcome for each in model_calls.of_study(tx, "A1")] == [{}]
        assert (len(dictations.transcripts(tx, "A2")), len(findings.of_study(tx, "A2"))) == (1, 1)
        assert reports.get_latest(tx, "A1") == before
        proofs = [each for each in audit.every(tx) if each.verb == Verb.PURGE]
    assert len(proofs) == len(TEXTS)
    gone = json.loads(proofs[0].detail)["sha256"]
    assert list(gone) == ["A1/d-1"]
    assert transcript.words
    assert all(len(each) == len(sha256_hex(b"")) for each in gone.values())


def test_a_signed_report_goes_on_without_them(database: Database, tmp_path: Path) -> None:
    flow = filled(database, tmp_path)
    flow.clock.forward(3 * 86_400)
    done = purge(database, flow.clock, DAYS, flow.house.audio, dry_run=False)
    assert {name: each.count for name, each in done.items()} == dict.fromkeys(TEXTS, 1)
    later = flow.dictate("A1", "compared with last year period")
    flow.clock.forward(3 * 86_400)
    done = purge(database, flow.clock, DAYS, flow.house.audio, dry_run=False)
    assert done["transcripts"].count == 0
    flow.sign_off.addendum("A1", DR_GRAY, dictation=later)
    flow.jobs.run()
    with database.read() as tx:
        assert "last year" in reports.get_latest(tx, "A1").text
    with pytest.raises(Conflict, match="signed"):
        flow.dictations.type_in("A1", "more words", "k", "1001")  # type: ignore[arg-type]
