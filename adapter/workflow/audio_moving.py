"""Moves recordings from this node into the bucket, as soon as that takes them."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from adapter.audit.following import Follower
from adapter.errors import TryAgain
from adapter.store.audio_files import AudioFiles
from adapter.store.bucket_audio import BucketAudio

log = structlog.get_logger()

_LOOK_S = 30.0
_AGAIN_S = 5.0  # between two tries while it is away


class AudioMover:
    """Of one node, in a thread of its own; of a folder it moves nothing.

    `told` hears how each look went: "", the trouble, or None where there is no bucket.
    """

    def __init__(
        self, audio: AudioFiles, told: Callable[[str | None], None] = lambda _: None
    ) -> None:
        self._audio = audio if isinstance(audio, BucketAudio) else None
        self._follower = Follower("audio-mover", self._act, _LOOK_S)
        self._is_away, self._told = False, told

    def start(self) -> None:
        """Begin with what an earlier process left."""
        if self._audio is None:
            self._told(None)
            return
        self._audio.moved_in = self._follower.moved
        self._follower.moved()
        self._follower.start()

    def stop(self) -> None:
        """After the recording in hand; what is left stays until the next start."""
        self._follower.stop()

    def waiting(self) -> int:
        """How many recordings are on this node alone."""
        return self._audio.waiting() if self._audio else 0

    def _act(self) -> float:
        if self._audio is None:
            return 0.0
        try:
            if not self._audio.move():
                self._audio.bucket.check()
        except (TryAgain, OSError) as error:
            if not self._is_away:
                log.warning("audio_waits", why=type(error).__name__)
            self._is_away = True
            self._told(str(error))
            self._follower.moved()
            return _AGAIN_S
        if self._is_away:
            log.info("audio_moves_again")
        self._is_away = False
        self._told("")
        return 0.0
