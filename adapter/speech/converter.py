"""The site's own program for recordings that no free decoder reads (DSS, DS2)."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapter.errors import ConfigurationError, Malformed
from adapter.speech.formats import HEAD_BYTES, is_dictation_format

_LONGEST_RUN_SECONDS = 600


@contextmanager
def converted(audio: Path, command: str) -> Iterator[Path]:
    """The file itself, or while inside its conversion to WAV; without a command nothing is run.

    Raises ConfigurationError (no such program), Malformed (the program refused the file).
    """
    if not command or not _needs_converter(audio):
        yield audio
        return
    with tempfile.TemporaryDirectory(prefix="readout-audio-") as folder:
        output = Path(folder) / "converted.wav"
        _run(_arguments(command, audio, output))
        if not output.is_file():
            raise Malformed("the converter wrote no file; check READOUT_SPEECH_CONVERTER by hand")
        yield output


def _needs_converter(audio: Path) -> bool:
    if not audio.is_file():
        return False  # told apart where the file is opened
    with audio.open("rb") as file:
        return is_dictation_format(file.read(HEAD_BYTES))


def _arguments(command: str, audio: Path, output: Path) -> list[str]:
    if "{input}" not in command or "{output}" not in command:
        raise ConfigurationError("READOUT_SPEECH_CONVERTER must name {input} and {output}")
    places = {"{input}": str(audio), "{output}": str(output)}
    return [places.get(part, part) for part in shlex.split(command)]


def _run(arguments: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the site's own command, no shell
            arguments, capture_output=True, timeout=_LONGEST_RUN_SECONDS, check=False
        )
    except OSError as error:
        raise ConfigurationError(
            f"READOUT_SPEECH_CONVERTER: {arguments[0]} cannot be run ({error.strerror})"
        ) from None
    except subprocess.TimeoutExpired:
        raise Malformed(
            f"the converter did not end within {_LONGEST_RUN_SECONDS} seconds"
        ) from None
    if done.returncode != 0:
        raise Malformed(f"the converter refused the recording (exit {done.returncode})")
