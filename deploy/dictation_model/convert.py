"""Checkpoint to CTranslate2 int8, as faster-whisper loads it, with its `model.json`."""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import ctranslate2
import torch
from ctranslate2.converters.transformers import WhisperLoader
from tokenizers import Tokenizer
from transformers import WhisperConfig, WhisperForConditionalGeneration

from network import Dimensions, Whisper
from state import load_network
from tokenizer import END, NO_TIMESTAMPS, SPECIAL, START

NAME = "readout-demonstration"
PREPROCESSOR = {
    "feature_size": 80,
    "sampling_rate": 16000,
    "hop_length": 160,
    "chunk_length": 30,
    "n_fft": 400,
}
PROPERTIES = {
    "name": NAME,
    "hotwords": False,
    "longest_seconds": 8,
    "full_window": False,
    "bridged_pause_seconds": 0.2,
    "most_threads": 1,
}
"""What the package's speech room may ask of this model; it was trained without prompts."""


def transformers_model(net: Whisper) -> WhisperForConditionalGeneration:
    """The same network in transformers; the names of the weights are the same."""
    size: Dimensions = net.size
    config = WhisperConfig(
        vocab_size=size.vocabulary,
        d_model=size.width,
        encoder_layers=size.encoder_layers,
        decoder_layers=size.decoder_layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=size.hidden,
        decoder_ffn_dim=size.hidden,
        num_mel_bins=80,
        pad_token_id=END,
        bos_token_id=END,
        eos_token_id=END,
        decoder_start_token_id=START,
    )
    model = WhisperForConditionalGeneration(config)
    weights = {f"model.{k}": w for k, w in net.state_dict().items() if not k.startswith("ctc")}
    weights["proj_out.weight"] = weights["model.decoder.embed_tokens.weight"]
    model.load_state_dict(weights)
    model.train(False)
    return model


def check_same(net: Whisper, model: WhisperForConditionalGeneration) -> None:
    """Raise `ValueError` unless both networks give the same logits."""
    features = torch.randn(1, 3000, 80)
    tokens = torch.tensor([[START, NO_TIMESTAMPS, 5]])
    with torch.no_grad():
        ours = net.decoder(tokens, net.encoder(features))
        theirs = model(input_features=features.transpose(1, 2), decoder_input_ids=tokens).logits
    difference = (ours - theirs).abs().max().item()
    if difference > 1e-3:
        raise ValueError(f"the converted network differs by {difference}")


def convert(checkpoint: Path, tokenizer_path: Path, output: Path) -> None:
    """Write the int8 model, its vocabulary and tokenizer to `output`.

    The alignment heads are the heads trained on the forced alignment: word times come from them.
    """
    net = load_network(checkpoint).eval()
    model = transformers_model(net)
    check_same(net, model)
    tokenizer = Tokenizer.from_file(str(tokenizer_path))
    never = [tokenizer.token_to_id(s) for s in SPECIAL[1:8]]
    model.generation_config.suppress_tokens = never
    model.generation_config.begin_suppress_tokens = [END]
    spec = WhisperLoader().get_model_spec(model)
    entries = range(tokenizer.get_vocab_size())
    spec.register_vocabulary([tokenizer.id_to_token(i) for i in entries])
    spec.config.suppress_ids = never
    spec.config.suppress_ids_begin = [END]
    spec.config.lang_ids = [tokenizer.token_to_id("<|en|>")]
    spec.config.alignment_heads = [(layer, 0) for layer in range(net.size.decoder_layers)]
    spec.validate()
    spec.optimize(quantization="int8")
    output.mkdir(parents=True, exist_ok=True)
    spec.save(str(output))
    shutil.copy(tokenizer_path, output / "tokenizer.json")
    for name, content in (
        ("preprocessor_config.json", PREPROCESSOR),
        ("readout-model.json", PROPERTIES),
    ):
        (output / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def describe(output: Path, version: str, trained_on: str) -> None:
    """Write `model.json`, by which the package checks and names the model."""
    digest = hashlib.sha256((output / "model.bin").read_bytes()).hexdigest()
    description = {
        "name": NAME,
        "version": version,
        "language": "en",
        "sha256": digest,
        "trained_on": trained_on,
        "converted_with": f"ctranslate2 {ctranslate2.__version__}, int8",
    }
    (output / "model.json").write_text(json.dumps(description, indent=2) + "\n")


def main() -> None:
    """Convert one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--version", default="1")
    parser.add_argument(
        "--trained-on",
        default="synthetic radiology dictation: espeak-ng, flite (awb, rms, kal16)"
        " and festival (kal_diphone) voices",
    )
    arguments = parser.parse_args()
    convert(arguments.checkpoint, arguments.tokenizer, arguments.output)
    describe(arguments.output, arguments.version, arguments.trained_on)


if __name__ == "__main__":
    main()
