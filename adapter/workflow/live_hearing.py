"""Live dictations of one node, with what its engine can hear while it is spoken."""

from __future__ import annotations

from adapter.ports import Recognizer, SpeechContext
from adapter.settings import Settings
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.recognizer import WhisperRecognizer
from adapter.speech.streaming import LiveHearing, Memory
from adapter.store.live_audio import LiveAudio
from adapter.workflow.dictations import Dictations
from adapter.workflow.live_dictation import Listen, LiveDictations
from adapter.workflow.study_flow import House


def open_live(
    settings: Settings, house: House, dictated: Dictations, engine: Recognizer
) -> LiveDictations:
    """Only an engine of this process shows words while they are spoken."""
    listen: Listen | None = None
    if isinstance(engine, WhisperRecognizer):

        def listen(context: SpeechContext, memory: Memory) -> LiveHearing:
            return LiveHearing(engine.hearing(context, live=True), memory)

    folder = settings.data_dir / "live" / settings.node_id
    audio = LiveAudio(folder, SAMPLE_RATE)
    longest, node = settings.speech_longest_minutes, settings.node_id
    return LiveDictations(house, dictated, audio, listen, longest, node)
