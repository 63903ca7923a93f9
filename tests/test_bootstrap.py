from __future__ import annotations

import pytest

from adapter.bootstrap import queues
from adapter.settings import Settings
from adapter.speech.decoder import GPU_BATCH
from adapter.workflow.study_flow import TRANSCRIBE


@pytest.mark.parametrize(
    ("engine", "device", "workers"),
    [("whisper", "cpu", 1), ("whisper", "cuda", GPU_BATCH), ("openai", "cuda", 1)],
)
def test_so_many_recordings_run_at_once_as_share_a_batch(
    engine: str, device: str, workers: int
) -> None:
    settings = Settings(speech_engine=engine, speech_device=device, speech_url="http://127.0.0.1:1")
    assert queues(settings)[TRANSCRIBE].workers == workers
