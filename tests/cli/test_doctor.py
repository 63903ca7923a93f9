"""`readout doctor` on installations that are well and ill."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapter.cli import app
from adapter.domain.audit import Verb
from adapter.errors import TryAgain
from adapter.settings import Settings
from adapter.store import (
    audit,
    audit_sent,
    contexts,
    links,
    model_calls,
    pauses,
)
from adapter.store.links import LinkKind
from adapter.store.schema import wanted_version
from tests.fakes.certificates import Authority
from tests.fakes.databases import copied
from tests.fakes.destination import HOLD
from tests.fakes.house import Workflow

AT = "2026-03-01T10:00:00.000+00:00"


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments])


def findings(done: Result) -> dict[str, Any]:
    return {each["name"]: each for each in json.loads(done.stdout)["findings"]}


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("READOUT_MLLP_PORT", "0")
    monkeypatch.setenv("READOUT_HTTP_PORT", "0")
    return tmp_path


@pytest.fixture
def workflow(installation: Path, empty: Path) -> Iterator[Workflow]:
    database = copied(empty, installation / "data" / "readout.sqlite")
    yield Workflow(database, installation)
    database.close()


def test_a_fresh_installation_is_well(installation: Path) -> None:
    done = doctor("--json")
    assert done.exit_code == 0, done.stdout
    told = json.loads(done.stdout)
    assert set(told["settings"]) == set(Settings.model_fields)
    assert told["versions"]["dbos"] == "3.4.0"
    assert "readout serve" in findings(done)["database"]["detail"]
    assert not (installation / "data").exists()


def test_it_counts_and_names_no_patient(workflow: Workflow) -> None:
    workflow.order("ACC-77")
    workflow.dictate("ACC-77", "no pneumothorax period")
    for done in (doctor("--json"), doctor()):
        assert done.exit_code == 0, done.stdout
        for private in ("ACC-77", "Demo", "Jane", "SYN1", "pneumothorax"):
            assert private not in done.stdout
    found = findings(doctor("--json"))
    assert found["studies"]["detail"] == "1 preliminary"
    assert found["deliveries to ris"]["detail"] == "1 acknowledged"
    assert f"tables at {wanted_version()}" in found["database"]["detail"]


def test_what_waits_and_what_is_held_is_told(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.order("A2")
    workflow.ris.script = [HOLD]
    workflow.dictate("A1", "no pneumothorax period")
    done = doctor("--json")
    assert done.exit_code == 1
    assert findings(done)["deliveries to ris"]["ok"] is False
    assert "1 held" in findings(done)["deliveries to ris"]["detail"]


def test_what_is_away_is_told_with_since_when(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.ris.script = [TryAgain("connection refused", after=3600.0)]
    workflow.dictate("A1", "no pneumothorax period")
    with workflow.database.write() as tx:
        links.tried(tx, LinkKind.FHIR_SERVER, "ehr", "does not answer", AT)
        links.tried(tx, LinkKind.LOGIN, "", "login.test: timeout", AT)
        links.tried(tx, LinkKind.ARCHIVE, "pacs", "", AT)
    found = findings(doctor("--json"))
    assert "; away since 20" in found["deliveries to ris"]["detail"]
    told = f"away since {AT} or earlier: does not answer"
    assert found["FHIR server ehr"] == {"name": "FHIR server ehr", "ok": False, "detail": told}
    assert found["login issuer"]["detail"].endswith("login.test: timeout")
    assert found["archive pacs"] == {"name": "archive pacs", "ok": True, "detail": "answers"}
    with workflow.database.write() as tx:
        pauses.add(tx, pauses.Pause("ris", "2026-01-05T08:00:00", "1001", "upgrade"))
    detail = findings(doctor("--json"))["deliveries to ris"]["detail"]
    assert detail.endswith("; paused since 2026-01-05T08:00:00")


def test_hubs_models_and_the_receiver_of_the_trail_are_told_with_since_when(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = AT
    with workflow.database.write() as tx:
        contexts.join(tx, "reading-room", "topic", "node-1", "1001", at)
        contexts.change(tx, "reading-room", "topic", at, connection="away")
        call = model_calls.begin(tx, "drafts", "A1", "d" * 64, at)
        model_calls.begin(tx, "fresh", "A1", "d" * 64, at)
        model_calls.change(tx, call.id, tries=1)
        audit.tell(tx, Verb.READ, "A1", "GET /studies")
    monkeypatch.setenv("READOUT_AUDIT_SYSLOG", "logs.example:6514")
    found = findings(doctor("--json"))
    assert found["FHIRcast hub reading-room"]["detail"] == f"away since {at} or earlier"
    assert found["model drafts"]["detail"] == f"away since {at} or later"
    assert "model fresh" not in found
    with workflow.database.read() as tx:
        (row,) = audit.every(tx)
    assert audit_waits(workflow) == row.at
    with workflow.database.write() as tx:
        audit_sent.arrived(tx, row.chain, row.number)
    assert audit_waits(workflow) == ""


def audit_waits(workflow: Workflow) -> str:
    with workflow.database.read() as tx:
        return audit_sent.oldest_waiting(tx)


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://readout:geheim@127.0.0.1:1/readout?sslpassword=geheim"
    monkeypatch.setenv("READOUT_DATABASE_URL", url)
    for done in (doctor("--json"), doctor()):
        assert done.exit_code == 1
        assert "geheim" not in done.stdout
        assert "127.0.0.1:1/readout" in done.stdout


def test_what_is_wrong_is_named(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mappings = installation / "mappings" / "destinations"
    mappings.mkdir(parents=True)
    (mappings / "ris.yaml").write_text("name: ris\n")
    monkeypatch.setenv("READOUT_MAPPINGS_DIR", str(mappings.parent))
    monkeypatch.setenv("READOUT_SPEECH_MODEL", str(installation / "no-model"))
    done = doctor("--json")
    assert done.exit_code == 1
    found = findings(done)
    assert "ris.yaml" in found["mapping files"]["detail"]
    assert "no-model" in found["speech model"]["detail"]
    assert [name for name, each in found.items() if not each["ok"]] == [
        "mapping files",
        "speech model",
    ]


def test_a_port_in_use_is_told_but_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("READOUT_HTTP_PORT", str(taken.getsockname()[1]))
        done = doctor("--json")
    assert done.exit_code == 0
    assert "in use" in findings(done)["HTTP port"]["detail"]


def test_a_speech_server_is_named_and_its_key_is_not(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installation / "key").write_text("of-the-server")
    monkeypatch.setenv("READOUT_SPEECH_ENGINE", "openai")
    monkeypatch.setenv("READOUT_SPEECH_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("READOUT_SPEECH_API_KEY_FILE", str(installation / "key"))
    done = doctor("--json")
    assert findings(done)["speech model"]["detail"].startswith("whisper-1@127.0.0.1:8000")
    assert "of-the-server" not in done.stdout
    monkeypatch.setenv("READOUT_SPEECH_URL", "http://speech.test")
    found = findings(doctor("--json"))["speech model"]
    assert not found["ok"]
    assert "READOUT_SPEECH_URL_ALLOWED_HOSTS" in found["detail"]


def test_listeners_and_their_tls_files_are_looked_at(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(installation, "hospital")
    own = authority.issue("own.pem", "readout")
    site = installation / "site"
    (site / "listeners").mkdir(parents=True)
    (site / "destinations").mkdir()
    tls = f"tls: {{certificate: {own}, client_ca: {authority.ca}}}"
    (site / "listeners" / "north.yaml").write_text(f"name: north\nport: 0\n{tls}\n")
    (site / "destinations" / "ris.yaml").write_text(
        f"name: ris\nprotocol: mllp\nmllp: {{port: 1, tls: {{ca: {authority.ca}}}}}\n"
    )
    monkeypatch.setenv("READOUT_MAPPINGS_DIR", str(site))
    found = findings(doctor("--json"))
    assert found["listener default"]["detail"].endswith("is free; in the clear")
    assert "TLS files are usable, valid until" in found["listener north"]["detail"]
    assert found["listener north"]["detail"].endswith(" soon")
    assert found["TLS to ris"]["ok"]
    authority.ca.write_text("not a certificate")
    found = findings(doctor("--json"))
    assert not found["listener north"]["ok"]
    assert "cannot be used" in found["TLS to ris"]["detail"]
