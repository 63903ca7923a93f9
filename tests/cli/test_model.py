"""`readout model` as a person runs it: a process, its two streams and its exit code."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.speech.model_store import EMBEDDED
from tests.fakes.hub import REVISION, Hub, hub

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
CHECKPOINT = Path(__file__).resolve().parents[1] / "samples" / "speech" / "checkpoint"
NOBODY = "http://127.0.0.1:9"
REPOSITORY = "some-site/radiology-whisper"


def readout(folder: Path, *arguments: object, **values: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("READOUT_", "HF_"))}
    environment |= {"READOUT_SPEECH_THREADS": "1", "HF_HOME": str(folder / "hf"), **values}
    environment |= {"NO_PROXY": "127.0.0.1", "HF_ENDPOINT": values.get("HF_ENDPOINT", NOBODY)}
    return subprocess.run(
        [sys.executable, "-m", "adapter", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=100,
    )


def listed(folder: Path, **values: str) -> list[dict[str, object]]:
    done = readout(folder, "model", "list", "--json", **values)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A site's model: that of the tests, with a file that does not belong to it."""
    folder = Path(shutil.copytree(EMBEDDED, tmp_path / "site-model"))
    (folder / "optimizer.pt").write_bytes(b"not wanted")
    return folder


@pytest.fixture
def site(source: Path) -> Iterator[Hub]:
    with hub(source) as served:
        yield served


def test_a_directory_is_added_listed_checked_and_used_by_name(tmp_path: Path, source: Path) -> None:
    done = readout(tmp_path, "model", "add", source, "--name", "ours")
    assert done.returncode == 0, done.stderr
    assert "READOUT_SPEECH_MODEL=ours" in done.stdout
    place = tmp_path / "readout-data" / "models" / "ours"
    told = json.loads((place / "readout-model-files.json").read_text())
    assert told["files"]["model.bin"] == {
        "bytes": (EMBEDDED / "model.bin").stat().st_size,
        "sha256": hashlib.sha256((EMBEDDED / "model.bin").read_bytes()).hexdigest(),
    }
    unchecked = {"readout-model-files.json", "readout-model.json"}
    assert {path.name for path in place.iterdir()} == {*told["files"], *unchecked}
    assert "optimizer.pt" not in told["files"]
    shutil.rmtree(source)
    (row,) = listed(tmp_path, READOUT_SPEECH_MODEL="ours")
    assert (row["name"], row["used"], row["source"]) == ("ours", True, str(source))
    sound = DEMO / "DEMO-CXR-1.wav"
    heard = readout(tmp_path, "transcribe", sound, READOUT_SPEECH_MODEL="ours")
    assert heard.stdout.startswith("The lungs are clear."), heard.stderr


def test_doctor_reads_every_file_and_loading_looks_at_sizes(tmp_path: Path, source: Path) -> None:
    readout(tmp_path, "model", "add", source)
    named = {"READOUT_SPEECH_MODEL": "site-model", "READOUT_MLLP_PORT": "0"}
    whole = readout(tmp_path, "doctor", READOUT_HTTP_PORT="0", **named)
    assert "every file as it was added" in whole.stdout
    model = tmp_path / "readout-data" / "models" / "site-model" / "model.bin"
    body = model.read_bytes()
    model.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    turned = readout(tmp_path, "doctor", READOUT_HTTP_PORT="0", **named)
    assert "WRONG  speech model: speech model site-model is not as it was added" in turned.stdout
    model.write_bytes(body[:-1])
    short = readout(tmp_path, "transcribe", DEMO / "DEMO-CXR-1.wav", **named)
    assert short.returncode == 1
    assert "(model.bin); delete" in short.stderr


def spoken_folder(folder: Path, wrong_each: int) -> Path:
    """The demonstration recordings, with texts in which each so-many-th word is another."""
    place = folder / "checked"
    place.mkdir()
    for path in DEMO.glob("*.wav"):
        shutil.copy(path, place)
        words = path.with_suffix(".txt").read_text().split()
        words[::wrong_each] = ["zebra"] * len(words[::wrong_each])
        (place / f"{path.stem}.txt").write_text(" ".join(words))
    return place


def test_a_model_is_calibrated_by_what_was_said(tmp_path: Path, source: Path) -> None:
    folder = spoken_folder(tmp_path, 4)
    assert readout(tmp_path, "model", "add", source, "--name", "ours").returncode == 0
    done = readout(tmp_path, "model", "calibrate", folder, "--model", "ours", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["words"] > 100
    assert 0.2 < told["wrong"] / told["words"] < 0.4
    assert told["error_after"] < 0.1 < told["error_before"]
    place = tmp_path / "readout-data" / "models" / "ours"
    assert (
        json.loads((place / "readout-model.json").read_text())["confidence"] == told["confidence"]
    )
    doctor = readout(tmp_path, "doctor", READOUT_SPEECH_MODEL="ours")
    assert "not as it was added" not in doctor.stdout + doctor.stderr
    audio = next(DEMO.glob("*.wav"))
    heard = readout(tmp_path, "transcribe", audio, "--json", READOUT_SPEECH_MODEL="ours")
    sure = [word["confidence"] for word in json.loads(heard.stdout)["words"]]
    assert sum(sure) / len(sure) < 0.85


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["checked"], "only a model that was added"),
        (["checked", "--show"], "0 of them wrong: too few"),
        (["nowhere", "--show"], "holds no recording with a .txt"),
    ],
)
def test_a_calibration_that_cannot_be_made(
    tmp_path: Path, arguments: list[str], reason: str
) -> None:
    spoken_folder(tmp_path, 10_000)
    for text in (tmp_path / "checked").glob("*.txt"):
        text.write_text((DEMO / text.name).read_text())
    done = readout(tmp_path, "model", "calibrate", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("config.json", b"{"),
        ("vocabulary.json", b"[]"),
        ("model.bin", b"x"),
        ("tokenizer.json", b"{}"),
    ],
)
def test_what_does_not_load_is_not_put_in_place(
    name: str, body: bytes, tmp_path: Path, source: Path
) -> None:
    (source / name).write_bytes(body)
    done = readout(tmp_path, "model", "add", source)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("readout: speech model"), done.stderr
    assert "Traceback" not in done.stderr
    left = {path.name for path in (tmp_path / "readout-data" / "models").iterdir()}
    assert left <= {".site-model.lock"}
    assert listed(tmp_path) == []


def test_a_name_is_taken_once_and_must_be_a_name(tmp_path: Path, source: Path) -> None:
    assert readout(tmp_path, "model", "add", source).returncode == 0
    again = readout(tmp_path, "model", "add", source)
    assert again.returncode == 1
    assert "is there already; choose another --name" in again.stderr
    for name in ("../out", ".hidden", "a b"):
        wrong = readout(tmp_path, "model", "add", source, "--name", name)
        assert "is no name for a model" in wrong.stderr
    assert not (tmp_path / "readout-data" / "out").exists()


def test_a_copy_that_was_broken_off_is_made_whole(tmp_path: Path, source: Path) -> None:
    staged = tmp_path / "readout-data" / "models" / ".site-model.part"
    staged.mkdir(parents=True)
    (staged / "model.bin.part").write_bytes(b"half")
    (staged / "vocabulary.txt").write_bytes(b"of another model")
    shutil.copy(source / "config.json", staged)
    assert readout(tmp_path, "model", "add", source).returncode == 0
    place = tmp_path / "readout-data" / "models" / "site-model"
    assert not (place / "model.bin.part").exists()
    assert not (place / "vocabulary.txt").exists()
    assert not staged.exists()


def test_a_model_of_the_hub_is_used_offline_afterwards(tmp_path: Path, site: Hub) -> None:
    done = readout(tmp_path, "model", "add", REPOSITORY, "--download", HF_ENDPOINT=site.url)
    assert done.returncode == 0, done.stderr
    assert "model.bin" in done.stderr
    assert not any("optimizer.pt" in each for each in site.asked)
    named = {"READOUT_SPEECH_MODEL": "radiology-whisper"}
    (row,) = listed(tmp_path, **named)
    assert (row["source"], row["used"]) == (f"{REPOSITORY}@{REVISION}", True)
    sound = DEMO / "DEMO-CXR-1.wav"
    heard = readout(tmp_path, "transcribe", sound, HF_ENDPOINT=NOBODY, **named)
    assert heard.stdout.startswith("The lungs are clear."), heard.stderr


def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path, site: Hub) -> None:
    command = ("model", "add", REPOSITORY)
    allowed = {"READOUT_SPEECH_DOWNLOAD": "true", "HF_ENDPOINT": site.url}
    size = (EMBEDDED / "model.bin").stat().st_size
    site.cut_after = size // 3
    first = readout(tmp_path, *command, **allowed)
    assert first.returncode == 1
    assert "run the same command again" in first.stderr
    assert listed(tmp_path) == []
    site.cut_after = None
    site.ranges.clear()
    second = readout(tmp_path, *command, **allowed)
    assert second.returncode == 0, second.stderr
    assert site.ranges == [f"model.bin {size // 3}"]
    place = tmp_path / "readout-data" / "models" / "radiology-whisper"
    assert (place / "model.bin").read_bytes() == (EMBEDDED / "model.bin").read_bytes()
    assert not list(place.glob("*.part"))


def test_a_file_that_is_not_what_the_hub_says_is_refused(tmp_path: Path, site: Hub) -> None:
    site.tampered = True
    command = ("model", "add", REPOSITORY, "--download")
    done = readout(tmp_path, *command, HF_ENDPOINT=site.url)
    assert done.returncode == 1
    assert "model.bin came damaged" in done.stderr
    site.tampered = False
    assert readout(tmp_path, *command, HF_ENDPOINT=site.url).returncode == 0


def test_the_hub_is_reached_only_when_allowed(tmp_path: Path, site: Hub) -> None:
    done = readout(tmp_path, "model", "add", REPOSITORY, HF_ENDPOINT=site.url)
    assert done.returncode == 1
    assert "say --download or set READOUT_SPEECH_DOWNLOAD" in done.stderr
    assert site.asked == []


def test_what_the_hub_has_not_is_told_apart(tmp_path: Path, site: Hub) -> None:
    command = ("model", "add", "--download")
    gone = readout(tmp_path, *command, "nobody/nothing", HF_ENDPOINT=site.url)
    assert "the hub has no model nobody/nothing" in gone.stderr
    (site.folder / "model.bin").unlink()
    bare = readout(tmp_path, *command, REPOSITORY, HF_ENDPOINT=site.url)
    assert "is no CTranslate2 model" in bare.stderr
    away = readout(tmp_path, *command, REPOSITORY)
    assert "run the same command again" in away.stderr
    for text, reason in (("/no/such", "does not exist"), ("a b", "neither a directory nor")):
        assert reason in readout(tmp_path, *command, text).stderr


def test_a_checkpoint_names_what_its_conversion_needs(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "whisper"}')
    (folder / "model.safetensors").write_bytes(b"")
    done = readout(tmp_path, "model", "add", folder)
    assert "has no tokenizer.json, preprocessor_config.json" in done.stderr
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_text("{}")
    done = readout(tmp_path, "model", "add", folder)
    assert done.returncode == 1
    assert "no whole safetensors file" in done.stderr
    assert listed(tmp_path) == []


def test_a_checkpoint_is_converted_and_used_by_name(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CHECKPOINT, tmp_path / "site-whisper"))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(EMBEDDED / name, folder / name)
    done = readout(tmp_path, "model", "add", folder, "--quantization", "float32")
    assert done.returncode == 0, done.stderr
    (model,) = listed(tmp_path)
    assert model["name"] == "site-whisper"
    assert str(model["source"]).endswith("site-whisper (float32)")
    wav = DEMO / "DEMO-CXR-1.wav"
    heard = readout(tmp_path, "transcribe", wav, "--json", READOUT_SPEECH_MODEL="site-whisper")
    assert heard.returncode == 0, heard.stderr
    assert json.loads(heard.stdout)["model"].startswith("site-whisper@")
