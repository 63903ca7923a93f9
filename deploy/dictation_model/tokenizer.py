"""The model's tokenizer: 768 byte-level BPE pieces and the special tokens of Whisper.

A vocabulary this small reads as English-only to faster-whisper: the prompt is
`<|startoftranscript|>` alone and no language is detected.
"""

import argparse
import string
from itertools import islice
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

import grammar

PIECES = 768
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
TIMESTAMPS = tuple(f"<|{i * 0.02:.2f}|>" for i in range(1501))
END, START = PIECES, PIECES + 1
NO_SPEECH, NO_TIMESTAMPS = PIECES + 7, PIECES + 8
VOCABULARY = PIECES + len(SPECIAL) + len(TIMESTAMPS)


def build() -> Tokenizer:
    """Train the pieces on the grammar; the special tokens follow in Whisper's order.

    Every space-plus-character must be one piece: faster-whisper suppresses the first piece of
    " -" and of brackets, which would otherwise be the bare space that begins every word.
    """
    characters = string.ascii_lowercase + string.digits + "-'\u266a"
    lines = [f" {text}" for text in islice(grammar.sentences(seed=1), 30_000)]
    lines += [f" {word}" for word in grammar.lexicon()] * 20
    lines += [f" {character}" for character in characters] * 20_000
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    tokenizer.add_tokens([AddedToken(s, special=False, normalized=False) for s in TIMESTAMPS])
    if tokenizer.get_vocab_size() != VOCABULARY:
        raise ValueError(f"the tokenizer has {tokenizer.get_vocab_size()} entries")
    return tokenizer


def word_pieces(tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
    """Pairs (piece, number of its word) of a spoken text."""
    return [
        (piece, number)
        for number, word in enumerate(text.split())
        for piece in tokenizer.encode(f" {word}").ids
    ]


def main() -> None:
    """Write a new tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    build().save(str(parser.parse_args().output))


if __name__ == "__main__":
    main()
