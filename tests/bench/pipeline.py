"""What the pipeline adds to the bare recogniser, from dictation stored to ORU acknowledged.

Each round recognises a recording in a process that holds the recogniser alone, then posts the same
recording to the service and waits until the reporting system has answered AA. Both use the same
number of threads; taking turns keeps other load of the machine out of the difference.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from adapter.ports import SpeechContext
from adapter.settings import Settings
from adapter.speech.recognizer import WhisperRecognizer
from tests.flows.hospital import AUDIO, Hospital

ROUNDS = 40
_NAMES = ("DEMO-CXR-1", "DEMO-CXR-2", "DEMO-CTH-3", "DEMO-CTA-4")
_PHRASES = ("XR Chest 2 Views",)


class Round(NamedTuple):
    """Milliseconds of one recording."""

    name: str
    bare: float
    service: float
    after_transcript: float  # by the service's own history

    @property
    def overhead(self) -> float:
        return self.service - self.bare


def bare(pipe: Connection) -> None:
    """The recogniser alone: a path in, seconds out."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service does
    settings = Settings()
    recognizer = WhisperRecognizer(
        settings.speech_model,
        settings.speech_device,
        settings.speech_compute_type,
        settings.speech_threads,
    )
    recognizer.load()
    while path := pipe.recv():
        began = time.perf_counter()
        recognizer.recognize(path, SpeechContext(phrases=_PHRASES))
        pipe.send(time.perf_counter() - began)


def through_service(hospital: Hospital, accession: str, audio: str) -> float:
    """Seconds from the answer to the posted recording to the acknowledged ORU^R01."""
    hospital.order(accession)
    hospital.dictate(accession, audio)
    stored = time.perf_counter()
    hospital.ris.wait(accession, "P")
    return time.perf_counter() - stored


def main() -> None:
    """Print the table and the median."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=bare, args=(there,), daemon=True)
    process.start()
    with tempfile.TemporaryDirectory() as folder:
        hospital = Hospital(Path(folder))
        try:
            hospital.wait_ready()
            rounds = [_round(hospital, here, number) for number in range(-len(_NAMES), ROUNDS)]
        finally:
            hospital.close()
    here.send(None)
    process.join()
    _print(rounds[len(_NAMES) :])  # the first of each recording warms both up


def _round(hospital: Hospital, pipe: Connection, number: int) -> Round:
    name, accession = _NAMES[number % len(_NAMES)], f"BENCH{number}"
    pipe.send(AUDIO / f"{name}.wav")
    alone = pipe.recv()
    whole = through_service(hospital, accession, name)
    hospital.acknowledged(accession, 2)
    return Round(name, alone * 1000, whole * 1000, _after_transcript(hospital, accession))


def _after_transcript(hospital: Hospital, accession: str) -> float:
    """Merge and delivery to the reporting system: what does not depend on the recogniser."""
    history = hospital.study(accession)["history"]
    at = {
        f"{each['event']} {'to ris' in each['detail']}": datetime.fromisoformat(each["at"])
        for each in history
    }
    return (at["delivery acknowledged True"] - at["transcribed False"]).total_seconds() * 1000


def _print(rounds: list[Round]) -> None:
    print(f"{'recording':12} {'rounds':>6} {'bare ms':>9} {'service ms':>11} {'overhead ms':>12}")
    for name in _NAMES:
        mine = [each for each in rounds if each.name == name]
        alone, whole = median(each.bare for each in mine), median(each.service for each in mine)
        extra = median(each.overhead for each in mine)
        print(f"{name:12} {len(mine):6} {alone:9.0f} {whole:11.0f} {extra:12.0f}")
    overhead = sorted(each.overhead for each in rounds)
    after = median(each.after_transcript for each in rounds)
    print(f"of {len(rounds)} dictations: least {overhead[0]:.0f}, most {overhead[-1]:.0f} ms")
    print(f"from transcript to acknowledged, by the service's own clock: median {after:.0f} ms")
    print(f"overhead median ms: {median(overhead):.0f}")


if __name__ == "__main__":
    main()
