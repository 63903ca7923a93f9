"""`readout transcribe` as a person runs it: a process, its two streams and its exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderStatus
from adapter.domain.people import Patient
from adapter.store import studies
from adapter.store.database import Database

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
SOUND = DEMO / "DEMO-CXR-1.wav"


def transcribe(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("READOUT_")}
    return subprocess.run(
        [sys.executable, "-m", "adapter", "transcribe", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment | {"READOUT_SPEECH_THREADS": "1"},
        timeout=60,
    )


def test_json_holds_text_words_times_and_confidences(tmp_path: Path) -> None:
    done = transcribe(tmp_path, SOUND, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["text"].startswith("The lungs are clear.")
    assert "No pleural effusion or pneumothorax." in told["text"]
    assert told["spoken"] == " ".join(word["text"] for word in told["words"])
    assert told["language"] == "en"
    assert told["duration_ms"] == 14_924
    assert told["quarantined"] == []
    assert told["accession"] is None
    for word in told["words"]:
        assert 0 <= word["ms"][0] <= word["ms"][1] <= 14_924
        assert 0 <= word["confidence"] <= 1
    assert not list(tmp_path.iterdir())


def test_text_comes_first_then_each_word(tmp_path: Path) -> None:
    done = transcribe(tmp_path, SOUND)
    assert done.returncode == 0
    text, _, header, *words = done.stdout.splitlines()
    assert text.startswith("The lungs are clear.")
    assert header.split() == ["from", "s", "to", "s", "sure", "heard"]
    assert words[0].split()[-1] == "the"


def test_silence_gives_no_text_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000 * 3))
    done = transcribe(tmp_path, path, "--json")
    assert done.returncode == 0
    assert done.stderr == "readout: no speech was heard\n"
    assert json.loads(done.stdout)["text"] == ""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the audio file is empty (0 bytes)"),
        (b"%PDF-1.4\n", "this is a PDF document, not an audio file"),
        (b"\x03ds2\x00" + bytes(90), "DS2 (DSS Pro) recording, which Readout does not decode"),
        (b"RIFF\x00\x00\x00\x00WAVE" + bytes(30), "no audio format Readout knows"),
        (None, "does not exist"),
    ],
)
def test_bad_input_is_one_line_and_exit_one(
    body: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "input.wav"
    if body is not None:
        path.write_bytes(body)
    done = transcribe(tmp_path, path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("readout: ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_bad_usage_is_exit_two(tmp_path: Path) -> None:
    assert transcribe(tmp_path).returncode == 2
    assert transcribe(tmp_path, SOUND, "--loud").returncode == 2


def test_another_model_must_exist(tmp_path: Path) -> None:
    done = transcribe(tmp_path, SOUND, "--model", "./models/gone")
    assert done.returncode == 1
    assert "speech model directory ./models/gone does not exist" in done.stderr


def test_the_order_of_the_accession_is_looked_up(tmp_path: Path) -> None:
    unknown = transcribe(tmp_path, SOUND, "--accession", "A1")
    assert unknown.returncode == 1
    assert "no study has accession A1" in unknown.stderr
    assert not list(tmp_path.iterdir())

    (tmp_path / "readout-data").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'readout-data' / 'readout.sqlite'}")
    database.migrate()
    order = Order(Accession("A1"), Patient(Phi("1")), Code("71046", "XR chest 2 views"))
    with database.write() as tx:
        studies.add(tx, order, OrderStatus.SCHEDULED, "2026-01-01T00:00:00Z")
    database.close()

    known = transcribe(tmp_path, SOUND, "--accession", "A1", "--json")
    assert (known.returncode, known.stderr) == (0, "")
    assert json.loads(known.stdout)["accession"] == "A1"


def test_a_terminal_sees_progress_and_a_pipe_does_not(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "transcribe", str(SOUND), "--json"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=tmp_path,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(theirs)
    assert process.stdout is not None
    told = process.stdout.read()
    assert process.wait(60) == 0
    assert b"hearing" in os.read(ours, 65_536)
    os.close(ours)
    assert json.loads(told)["text"]
