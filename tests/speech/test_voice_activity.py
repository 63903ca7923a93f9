import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from adapter.speech.voice_activity import WINDOW, VoiceActivity


@pytest.mark.parametrize("windows", [1, 7, 100])
def test_fed_in_blocks_it_says_what_the_detector_says_of_the_whole(windows, dictation):
    whole = dictation[: len(dictation) // WINDOW * WINDOW]
    activity = VoiceActivity()
    size = windows * WINDOW
    found = [activity.feed(whole[i : i + size]) for i in range(0, len(whole), size)]
    # the reference forgets its context at the last window only
    expected = get_vad_model()(whole).reshape(-1)
    assert np.allclose(np.concatenate(found)[:-1], expected[:-1], atol=1e-4)


def test_speech_is_told_from_silence(dictation):
    speech = VoiceActivity().feed(dictation[: 200 * WINDOW])
    silence = VoiceActivity().feed(np.zeros(200 * WINDOW, np.float32))
    assert speech.max() > 0.9
    assert silence.max() < 0.2


def test_nothing_gives_nothing():
    assert len(VoiceActivity().feed(np.zeros(0, np.float32))) == 0
