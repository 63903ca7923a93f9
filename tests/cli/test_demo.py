"""`readout demo --json` as a newcomer runs it, judged by what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from adapter.demo.mllp import fields

Json = dict[str, Any]

ACCESSIONS = ["DEMO-CXR-1", "DEMO-CXR-2", "DEMO-CTH-3", "DEMO-CTA-4"]


def start(*arguments: str, **pipes: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "adapter", "demo", *arguments]
    env = {**os.environ, "READOUT_DATABASE_URL": "postgresql://nowhere.invalid/not-for-demos"}
    return subprocess.Popen(command, text=True, env=env, stdout=subprocess.PIPE, **pipes)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Json:
    folder = tmp_path_factory.mktemp("demo")
    process = start("--json", stderr=subprocess.PIPE, cwd=folder)
    out, err = process.communicate(timeout=110)
    assert process.returncode == 0, err
    assert list(folder.iterdir()) == []  # a demonstration leaves nothing behind
    return dict(json.loads(out))


def study(told: Json, accession: str) -> Json:
    return next(each for each in told["studies"] if each["accession"] == accession)


def statements(each: Json) -> list[Json]:
    return [one for section in each["report"]["sections"] for one in section["statements"]]


def flags(each: Json) -> set[tuple[str, str]]:
    return {(flag["code"], flag["severity"]) for flag in each["report"]["flags"]}


def test_all_four_studies_are_told(told: Json) -> None:
    assert [each["accession"] for each in told["studies"]] == ACCESSIONS
    assert [each["ordered_by"] for each in told["studies"]] == ["hl7v2", "hl7v2", "hl7v2", "fhir"]


@pytest.mark.parametrize("accession", ACCESSIONS)
def test_every_statement_has_its_origin(told: Json, accession: str) -> None:
    each = study(told, accession)
    assert each["report"]["certificate"]["ok"] is True
    words = {tuple(word["ms"]) for word in each["transcript"]["words"]}
    starts = {start for start, _ in words}
    assert statements(each)
    for one in statements(each):
        assert one["origin"] in ("dictated", "template")
        if one["origin"] == "dictated":
            assert one["source"]["dictation"] == "d-1"
            assert one["source"]["ms"][0] in starts
            assert 0 <= one["source"]["confidence"] <= 1
        else:
            assert one["source"]["template"]


@pytest.mark.parametrize("accession", ACCESSIONS)
def test_both_destinations_have_acknowledged_every_report(told: Json, accession: str) -> None:
    each = study(told, accession)
    kinds = ["preliminary", "final"] + (["addendum"] if accession == "DEMO-CTH-3" else [])
    for destination, protocol, answers in (
        ("ris", "mllp", {"AA"}),
        ("ehr", "fhir", {"200", "201"}),
    ):
        mine = [one for one in each["deliveries"] if one["destination"] == destination]
        assert [one["kind"] for one in mine] == kinds
        assert {one["protocol"] for one in mine} == {protocol}
        assert {one["answer"] for one in mine} <= answers
        assert len({one["control_id"] for one in mine}) == len(kinds)


def test_the_messages_hold_what_was_dictated(told: Json) -> None:
    each = study(told, "DEMO-CXR-1")
    oru, bundle = (one["body"] for one in each["deliveries"][:2])
    assert fields(oru.encode(), "OBR")[18] == "DEMO-CXR-1"
    assert fields(oru.encode(), "PID")[5].startswith("Demo^")
    assert json.loads(bundle)["type"] == "transaction"
    for one in statements(each):
        assert one["text"] in oru


def test_the_side_of_the_dictation_stands_and_the_conflict_is_flagged(told: Json) -> None:
    each = study(told, "DEMO-CXR-2")
    assert ("laterality_conflict", "alert") in flags(each)
    text = " ".join(one["text"] for one in statements(each)).lower()
    assert "right pneumothorax" in text
    assert "left" not in text
    assert [one["text"] for one in each["report"]["suggestions"]] == ["Left pneumothorax."]


def test_a_critical_finding_of_the_model_alone_is_an_alert(told: Json) -> None:
    each = study(told, "DEMO-CTH-3")
    assert ("ai_finding_not_dictated", "alert") in flags(each)
    assert "subdural" not in each["transcript"]["text"]
    addendum = next(one for one in each["deliveries"] if one["kind"] == "addendum")
    assert "Right subdural hematoma, 8 mm" in addendum["body"]


def test_the_times_are_told(told: Json) -> None:
    for each in told["studies"]:
        seconds = each["seconds"]
        assert seconds["order_to_listed"] > 0
        assert seconds["dictation_to_acknowledged"] > 0


def test_a_failure_is_one_clear_message_and_nothing_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapter", "demo"]
    env = {**os.environ, "READOUT_SPEECH_MODEL": "/nowhere/model"}
    done = subprocess.run(
        command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 1
    assert "readout: service: the service to start" in done.stderr
    assert "/nowhere/model does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_kept_running_it_ends_on_a_signal_with_all_its_children(tmp_path: Path) -> None:
    log = tmp_path / "told.txt"
    with log.open("w") as out:
        command = [sys.executable, "-m", "adapter", "demo", "--keep-running"]
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 100
        while "running until" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 3
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        gone, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []
        assert len(gone) == len(children)
    finally:
        process.kill()
