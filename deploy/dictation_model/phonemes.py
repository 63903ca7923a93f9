"""Words to phoneme numbers (espeak-ng mnemonics), for the auxiliary CTC loss of the training."""

import re
import subprocess
from collections.abc import Iterable

BLANK = 0
WORD_GAP = 1
INVENTORY = (
    *"0 3 ? @ @L A A@ D E I N O O@ OI S T U U@ V Z a aI aI3 aI@ aU aa b d dZ e@ eI f g".split(),
    *"h i i@ i@3 j k l m n o@ oU p r s t tS u v w z".split(),
)
CLASSES = len(INVENTORY) + 2
_NUMBERS = {phoneme: number + 2 for number, phoneme in enumerate(INVENTORY)}
# Rare mnemonics of the wider vocabulary, written with phonemes of the inventory.
_SPELLINGS = {"I2": ["I"], "e": ["E"], "t2": ["t"], "u:": ["u"], "@2": ["@"], "l^": ["l"]}


def dictionary(words: Iterable[str]) -> dict[str, list[int]]:
    """Phoneme numbers of every word; raises `ValueError` for a phoneme outside the inventory."""
    unique = sorted(set(words))
    command = ["espeak-ng", "-q", "-x", "--sep=_", "-v", "en-us"]
    spoken = subprocess.run(
        command, input="\n".join(unique) + "\n", capture_output=True, text=True, check=True
    ).stdout.strip()
    lines = spoken.split("\n")
    if len(lines) != len(unique):
        raise ValueError(f"espeak-ng gave {len(lines)} lines for {len(unique)} words")
    return {word: _numbers(word, line) for word, line in zip(unique, lines, strict=True)}


def transcription(text: str, words: dict[str, list[int]]) -> list[int]:
    """CTC labels of a spoken text: phonemes, words separated by `WORD_GAP`."""
    labels: list[int] = []
    for word in text.split():
        labels += [WORD_GAP, *words[word]] if labels else words[word]
    return labels


def _numbers(word: str, line: str) -> list[int]:
    numbers = []
    for raw in re.split(r"[_\s]+", line.strip()):
        plain = re.sub(r"[',%=;:|!2#-]", "", raw) if len(raw) > 1 else raw
        if not plain or plain in "',%=;:|-":
            continue
        for phoneme in _SPELLINGS.get(plain, [plain]):
            if phoneme not in _NUMBERS:
                raise ValueError(f"phoneme {phoneme!r} of {word!r} is outside the inventory")
            numbers.append(_NUMBERS[phoneme])
    return numbers
