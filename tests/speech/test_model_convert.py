"""Conversion of a checkpoint that transformers saved: the bytes are those of its own converter."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import ConfigurationError
from adapter.speech.decoder import WhisperDecoder
from adapter.speech.model_convert import convert_checkpoint, is_checkpoint
from adapter.speech.model_store import EMBEDDED, find_model
from adapter.speech.safetensors import read_tensors

CHECKPOINT = Path(__file__).resolve().parents[1] / "samples" / "speech" / "checkpoint"
THEIRS = {
    "int8": "06b9b7d3d2654fff752c3f553560e0114b0ba2c4a4545f9a3be191a499892b9f",
    "float16": "b35cfdd45645f3cfa3294a5a23597b6aa7c4f8c81dadc011b7372c3b5efa04ea",
    "float32": "bb36428348552da41e531880b04a99e2ee024f5e58196943907a42e00efcc301",
}
"""SHA-256 of model.bin as ct2-transformers-converter writes it of the same checkpoint."""


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """Two layers of random weights, half precision, with the embedded model's tokenizer."""
    folder = Path(shutil.copytree(CHECKPOINT, tmp_path / "checkpoint"))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(EMBEDDED / name, folder / name)
    return folder


@pytest.mark.parametrize("quantization", THEIRS)
def test_the_bytes_are_those_of_the_common_converter(quantization, checkpoint, tmp_path):
    assert is_checkpoint(checkpoint)
    target = tmp_path / "converted"
    target.mkdir()
    convert_checkpoint(checkpoint, quantization)(target)
    body = (target / "model.bin").read_bytes()
    assert hashlib.sha256(body).hexdigest() == THEIRS[quantization]
    told = json.loads((target / "config.json").read_text())
    assert told["suppress_ids"] == [1, 2]
    assert told["alignment_heads"] == [[1, 0], [1, 1]]
    decoder = WhisperDecoder(find_model(target), "cpu", "default", 1)
    assert len(decoder.decode([np.zeros(16_000, np.float32)], "en", "", 1)) == 1
    assert not is_checkpoint(target)


def test_weights_in_several_files_are_one_model(checkpoint, tmp_path):
    whole = checkpoint / "model.safetensors"
    tensors = read_tensors(whole)
    names = sorted(tensors)
    for number, part in enumerate((names[::2], names[1::2])):
        write_tensors(checkpoint / f"model-{number}.safetensors", {n: tensors[n] for n in part})
    whole.unlink()
    target = tmp_path / "converted"
    target.mkdir()
    convert_checkpoint(checkpoint, "int8")(target)
    assert hashlib.sha256((target / "model.bin").read_bytes()).hexdigest() == THEIRS["int8"]


def test_what_cannot_be_converted_says_why(checkpoint, tmp_path):
    with pytest.raises(ConfigurationError, match="--quantization is one of int8"):
        convert_checkpoint(checkpoint, "int7")
    target = tmp_path / "converted"
    target.mkdir()
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "decoder_layers": 3}))
    with pytest.raises(ConfigurationError, match=r"lacks 'decoder\.layers\.2"):
        convert_checkpoint(checkpoint, "int8")(target)
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")
    with pytest.raises(ConfigurationError, match="pickled weights, which can run any program"):
        convert_checkpoint(checkpoint, "int8")


def test_brain_floats_are_read(tmp_path):
    values = np.array([[1.5, -2.0], [0.0, 3.140625]], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    write_tensors(tmp_path / "a.safetensors", {"w": halves}, {"w": "BF16"})
    read = read_tensors(tmp_path / "a.safetensors")["w"]
    assert read.dtype == np.float32
    assert np.array_equal(read, values)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_damaged_file_is_refused_or_read_and_nothing_else(tmp_path_factory, noise, at):
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    write_tensors(path, {"w": np.ones((4, 4), np.float32)})
    body = bytearray(path.read_bytes())
    body[at : at + len(noise)] = noise
    path.write_bytes(bytes(body))
    read = {}
    with suppress(ConfigurationError):
        read = read_tensors(path)
    assert all(tensor.size <= len(body) for tensor in read.values())


def write_tensors(path: Path, tensors: dict, kinds: dict[str, str] | None = None) -> None:
    """As the format's description has it: length, JSON header, the bytes one after the other."""
    header, body = {}, b""
    for name, tensor in tensors.items():
        kind = (kinds or {}).get(name) or {"float16": "F16", "float32": "F32"}[str(tensor.dtype)]
        begin = len(body)
        body += tensor.tobytes()
        offsets = [begin, len(body)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": offsets}
    text = json.dumps({**header, "__metadata__": {"format": "pt"}}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
