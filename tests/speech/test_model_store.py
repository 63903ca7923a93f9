import hashlib
import shutil
import socket
from pathlib import Path

import pytest

from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.speech.engines import open_engine
from adapter.speech.model_files import MANIFEST, check_digests, describe
from adapter.speech.model_store import EMBEDDED, ModelProperties, find_model, located, models_folder
from adapter.speech.recognizer import WhisperRecognizer


@pytest.fixture
def model_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EMBEDDED, tmp_path / "site-model"))


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Any attempt to connect or to resolve a name is an error; the hub's cache is empty."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was reached")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


def test_empty_means_the_embedded_model_which_takes_no_prompt():
    model = find_model("")
    assert model.directory == EMBEDDED
    assert not model.properties.hotwords
    digest = hashlib.sha256((EMBEDDED / "model.bin").read_bytes()).hexdigest()
    assert model.label == f"{model.properties.name}@{digest[:12]}"


def test_a_directory_without_properties_is_a_real_whisper(model_copy):
    (model_copy / "readout-model.json").unlink()
    model = find_model(model_copy)
    assert model.properties == ModelProperties(hotwords=True, full_window=True)
    assert model.label.startswith("site-model@")


def test_the_label_names_the_weights(model_copy):
    before = find_model(model_copy).label
    with (model_copy / "model.bin").open("ab") as file:
        file.write(b"x")
    assert find_model(model_copy).label != before


@pytest.mark.parametrize("missing", ["model.bin", "config.json", "tokenizer.json"])
def test_a_directory_that_is_no_model_is_told_apart(missing, model_copy, no_network):
    (model_copy / missing).unlink()
    with pytest.raises(ConfigurationError, match=f"not a CTranslate2 Whisper model: {missing}"):
        find_model(model_copy)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"hotwords": 3}', "hotwords"),
        ('{"hotwrods": true}', "hotwrods"),
        ("[", "file: Invalid JSON"),
        ('{"longest_seconds": 60}', "longest_seconds"),
    ],
)
def test_wrong_properties_are_named(body, reason, model_copy):
    (model_copy / "readout-model.json").write_text(body)
    with pytest.raises(ConfigurationError, match=reason):
        find_model(model_copy)


@pytest.mark.parametrize(
    "setting", ["/no/such/model", "./gone", "models/v3/final", "a b", "largev3"]
)
def test_a_missing_directory_is_never_taken_for_a_download(setting, no_network):
    with pytest.raises(ConfigurationError, match=r"does not exist; set READOUT_SPEECH_MODEL"):
        find_model(setting, allow_download=True)


@pytest.mark.parametrize("setting", ["large-v3-turbo", "some-site/radiology-whisper"])
def test_a_hub_name_stays_offline_unless_downloads_are_allowed(setting, no_network):
    with pytest.raises(ConfigurationError, match="neither a directory nor a model already in"):
        find_model(setting)


def test_a_file_is_not_a_model(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(ConfigurationError, match="a file, not a directory"):
        find_model(tmp_path / "model.bin")


def test_an_added_model_is_found_by_its_name_before_anything_else(model_copy, tmp_path):
    data = tmp_path / "data"
    added = Path(shutil.copytree(model_copy, models_folder(data) / "small"))
    assert located("small", data) == added
    engine = open_engine(Settings(data_dir=data, speech_model="small", speech_threads=1))
    assert isinstance(engine, WhisperRecognizer)
    engine.load()
    for other in ("", "medium", "..", ".", "some-site/small", str(model_copy)):
        assert located(other, data) == other


def test_sizes_are_looked_at_whenever_an_added_model_is_opened(model_copy):
    names = ["model.bin", "config.json", "tokenizer.json"]
    manifest = describe(model_copy, "here", names)
    (model_copy / MANIFEST).write_text(manifest.model_dump_json())
    find_model(model_copy)
    assert check_digests(model_copy)
    assert not check_digests(EMBEDDED)
    with (model_copy / "config.json").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ConfigurationError, match=r"not as it was added \(config.json\)"):
        find_model(model_copy)
    (model_copy / MANIFEST).write_text("{")
    with pytest.raises(ConfigurationError, match="is damaged"):
        find_model(model_copy)
