from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.observability.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_our_lines_and_those_of_libraries_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    structlog.get_logger().info("started", node="n1")
    logging.getLogger("library").warning("careful: %s", "low space")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["node"], ours["level"]) == ("started", "n1", "info")
    assert (theirs["event"], theirs["level"]) == ("careful: low space", "warning")


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("WARNING")
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger().error("loud")
    assert [each["event"] for each in lines(capsys)] == ["loud"]


def test_patient_data_cannot_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    patient = Patient(Phi("MRN-4711"), family=Phi("Mustermann"))
    structlog.get_logger().info("seen", patient=patient, mrn=patient.mrn)
    logging.getLogger("library").info("seen %s %r", patient, patient.mrn)
    try:
        raise ValueError(patient, patient.mrn)
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert written.count("<phi>") >= 4
    assert "4711" not in written
    assert "Mustermann" not in written
