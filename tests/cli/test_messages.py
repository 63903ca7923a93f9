"""`readout messages` and `readout purge` on a database that the service has filled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapter.cli import app
from adapter.domain.message import MessageState
from adapter.errors import Conflict
from adapter.mapping.files import MappingFiles
from adapter.store import message_keys, messages, studies
from adapter.workflow.message_log import open_log
from tests.fakes.databases import copied
from tests.fakes.house import Workflow
from tests.workflow.test_message_log import MERGE, inbound, sample


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def lines(done: Result) -> list[dict[str, str]]:
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def workflow(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workflow]:
    """An order that is applied, a merge that is refused, a report that has left."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    database = copied(empty, tmp_path / "data" / "readout.sqlite")
    workflow = Workflow(database, tmp_path)
    messages.store_group(database, [sample("orm_o01_chest"), inbound(MERGE, "not taken")])
    with database.write() as tx:
        messages.settle(tx, 1, MessageState.APPLIED)
    workflow.order("RA-20261122-0042")
    workflow.dictate("RA-20261122-0042", "no pneumothorax period")
    open_log(database, workflow.clock, MappingFiles()).index()
    yield workflow
    database.close()


def test_messages_are_found_and_listed_without_content(workflow: Workflow) -> None:
    assert [each["control_id"] for each in lines(run("messages", "--json"))] == [
        "M1", "EHR0000000001",
    ]  # fmt: skip
    (order,) = lines(run("messages", "--patient", "MRN10042", "--type", "ORM", "--json"))
    assert (order["state"], order["sender"]) == ("applied", "EHR|NORTH")
    assert lines(run("messages", "--since", "2026-11-23", "--json")) == []
    assert len(lines(run("messages", "--until", "2026-11-22T12:00:00+01:00", "--json"))) == 2
    told = run("messages", "--state", "refused").stdout
    assert "not taken" in told
    assert "NEW7" not in told
    (sent,) = lines(run("messages", "--out", "--accession", "RA-20261122-0042", "--json"))
    assert sent["destination"] == "ris"


def test_more_than_a_page_is_listed(workflow: Workflow) -> None:
    assert len(lines(run("messages", "--limit", "1", "--json"))) == 1


def test_a_message_is_shown_by_name_or_as_its_bytes(workflow: Workflow) -> None:
    shown = run("messages", "show", "1").stdout
    assert "PID  Patient identification" in shown
    assert "PID-5.1       Family Name: Brändström" in shown
    assert "Cough & suspected pneumonia" in shown
    raw = run("messages", "show", "1", "--raw")
    assert raw.stdout_bytes == sample("orm_o01_chest").body
    (whole,) = lines(run("messages", "show", "1", "--json"))
    assert whole["text"] == sample("orm_o01_chest").body.decode()
    (sent,) = lines(run("messages", "--out", "--json"))
    assert "No pneumothorax" in run("messages", "show", "--out", sent["control_id"]).stdout


def test_no_control_character_of_a_message_reaches_the_terminal(workflow: Workflow) -> None:
    body = MERGE.replace(b"NEW7", b"N\\X1B\\[31m\x07")
    messages.store_group(workflow.database, [inbound(body)])
    shown = run("messages", "show", "3").stdout
    assert "N�[31m�" in shown


@pytest.mark.parametrize("name", ["99", "EHR1"])
def test_a_message_that_is_not_there(workflow: Workflow, name: str) -> None:
    assert run("messages", "show", name).exit_code != 0


def test_replay_from_the_command_line(workflow: Workflow) -> None:
    (row,) = lines(run("messages", "replay", "2", "--person", "123", "--json"))
    assert row["state"] == "received"
    assert isinstance(run("messages", "replay", "1", "--person", "123").exception, Conflict)
    assert run("messages", "replay", "1", "--person", "123", "--force").exit_code == 0
    with workflow.database.read() as tx:
        events = studies.events(tx, "RA-20261122-0042")
    assert events[-1][1:] == ("message replay", "EHR0000000001 by 123, was applied (forced)")
    assert run("messages", "replay", "1").exit_code == 2


def test_purge_says_what_goes_and_then_removes_it(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no days are set" in run("purge").stdout
    size = len(sample("orm_o01_chest").body)
    with workflow.database.write() as tx:
        tx.exec_driver_sql("UPDATE readout_message SET received_at = '2020-01-01T00:00:00+00:00'")
    monkeypatch.setenv("READOUT_KEEP_MESSAGES_DAYS", "5")
    dry = json.loads(run("purge", "--dry-run", "--json").stdout)
    assert dry == {
        "dry_run": True,
        "removed": {"messages": {"count": 1, "size_bytes": size}},
    }
    assert run("messages", "show", "1", "--raw").stdout_bytes != b""
    assert f"1 of {size} bytes removed" in run("purge").stdout
    assert run("messages", "show", "1", "--raw").stdout_bytes == b""
    assert "SHA-256" in run("messages", "show", "1").stdout
    assert "0 of 0 bytes" in run("purge", "--messages-older-than", "1").stdout


def test_new_rules_of_access_label_messages_too(
    workflow: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "mappings" / "access.yaml"
    rules.parent.mkdir()
    rules.write_text("labels: {north: {title: North, when: [{facility: [NORTH]}]}}\n")
    monkeypatch.setenv("READOUT_MAPPINGS_DIR", str(rules.parent))
    done = run("relabel")
    assert done.exit_code == 0, done.output
    assert done.stdout == "0 of 1 studies have other labels now; 2 messages read\n"
    with workflow.database.read() as tx:
        assert message_keys.access_of(tx, 1) == message_keys.access_of(tx, 2) == {"north"}
