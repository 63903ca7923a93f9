"""An OpenAI-compatible transcription server that hears with the embedded model, as a process.

`python -m tests.fakes.transcription` prints its port and serves until it is ended.
"""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, File, Form, Header, HTTPException, UploadFile

from adapter.ports import SpeechContext
from adapter.speech.recognizer import WhisperRecognizer

KEY = "a-key-of-the-test"
ROOT = Path(__file__).resolve().parents[2]


def build() -> FastAPI:
    """The one endpoint, as OpenAI documents it: words have times and no confidence."""
    app = FastAPI()
    recognizer = WhisperRecognizer(threads=1)

    @app.post("/v1/audio/transcriptions")
    def transcriptions(
        file: Annotated[UploadFile, File()],
        model: Annotated[str, Form()],
        response_format: Annotated[str, Form()],
        granularities: Annotated[list[str], Form(alias="timestamp_granularities[]")],
        language: Annotated[str, Form()] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> dict[str, Any]:
        if authorization != f"Bearer {KEY}":
            raise HTTPException(401, f"Incorrect API key provided: {authorization[:12]}")
        if model != "embedded" or response_format != "verbose_json" or "word" not in granularities:
            raise HTTPException(400, f"no model {model}")
        with tempfile.NamedTemporaryFile(suffix=".wav") as copy:
            copy.write(file.file.read())
            copy.flush()
            heard = recognizer.recognize(Path(copy.name), SpeechContext(language or "en"))
        sure = sum(math.log(max(word.confidence, 1e-4)) for word in heard.words)
        seconds = heard.duration_ms / 1000
        segment = {"start": 0.0, "end": seconds, "avg_logprob": sure / max(1, len(heard.words))}
        return {
            "task": "transcribe",
            "language": "english",
            "duration": seconds,
            "text": " ".join(word.text for word in heard.words),
            "words": [
                {"word": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000}
                for word in heard.words
            ],
            "segments": [segment],
        }

    return app


@contextmanager
def serving() -> Iterator[str]:
    """The server as its own process; its address."""
    command = [sys.executable, "-m", "tests.fakes.transcription"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    door = socket.create_server(("127.0.0.1", 0))
    print(door.getsockname()[1], flush=True)  # it listens: a request waits until it is served
    uvicorn.Server(uvicorn.Config(build(), log_level="error")).run([door])
