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
    assert (theirs["event"], theirs["level"]) == ("careful: %s", "warning")


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


SECRET = "".join(("Zwei", "stein"))  # no constant of this file


def told(capsys: pytest.CaptureFixture[str]) -> str:
    written = capsys.readouterr().err
    assert SECRET not in written
    return written


def test_an_exception_is_its_class_and_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("DEBUG")
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(f"wrong {SECRET}") from error
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("adapter.room").exception("failed, too")
        logging.getLogger("library").exception("failed there")
    written = told(capsys)
    assert written.count('"error": "ValueError"') == 3
    assert written.count('"cause": "KeyError"') == 3
    assert "test_logs.py" in written


def test_what_a_library_puts_together_itself_is_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("DEBUG")
    library = logging.getLogger("library")
    library.info(f"row of {SECRET}")
    library.info("row of %s", SECRET)
    library.info("a row\n")
    library.info({"name": SECRET}["name"])
    lines_ = [json.loads(line) for line in told(capsys).splitlines()]
    untold = "a library's message with values in it"
    assert [each["event"] for each in lines_] == [untold, "row of %s", "a row\n", untold]
    assert all(each["place"].startswith("library test_logs.py:") for each in lines_)


def test_warnings_and_errors_that_nobody_caught_say_no_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sys
    import threading
    import warnings

    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        configure_logs("INFO")

        def fail() -> None:
            raise ValueError(SECRET)

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn(f"odd {SECRET}", stacklevel=1)
        sys.excepthook(ValueError, ValueError(SECRET), None)
        assert told(capsys).count("nobody caught an error") == 2
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        logging.captureWarnings(False)
