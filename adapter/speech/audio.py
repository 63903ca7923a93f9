"""Any audio file to 16 kHz mono samples, block by block, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from adapter.errors import Malformed, NotFound, ReadoutError, TooLarge, Unsupported
from adapter.speech.formats import HEAD_BYTES, check_head

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000
BLOCK_SECONDS = 10
DEMUXERS = "wav,w64,aiff,caf,au,flac,mp3,aac,ogg,matroska,webm,mov,mp4,m4a,asf,amr"
"""The only readers that may run: none of them opens another file or an address."""

_KEPT_POWER = 0.02
"""A mean of up to six channels of which one is spoken into keeps 1/36 of its power."""


class AudioFile:
    """One open recording. `expected_ms`: length by its header, 0 when it does not tell."""

    def __init__(self, container: Any, stream: Any, longest_minutes: float) -> None:
        self._container = container
        self._stream = stream
        self._longest_minutes = longest_minutes
        self.expected_ms = _expected_ms(container)

    def blocks(self) -> Iterator[Samples]:
        """Mono float32 samples at 16 kHz, ten seconds a block, the last one shorter.

        Raises Malformed when nothing can be decoded, TooLarge beyond the longest recording.
        """
        import numpy as np

        held: list[Samples] = []
        count = total = 0
        limit = int(self._longest_minutes * 60 * SAMPLE_RATE)
        for piece in self._pieces():
            held.append(piece)
            count += len(piece)
            total += len(piece)
            if total > limit:
                raise TooLarge(
                    f"the recording is longer than {self._longest_minutes:g} minutes; split it, or"
                    " raise READOUT_SPEECH_LONGEST_MINUTES"
                )
            if count >= BLOCK_SECONDS * SAMPLE_RATE:
                yield np.concatenate(held)
                held, count = [], 0
        if total == 0:
            raise Malformed("the file holds no audio that can be decoded; record or export again")
        if held:
            yield np.concatenate(held)

    def _pieces(self) -> Iterator[Samples]:
        for frame in _resampled(_frames(self._container, self._stream)):
            yield mixed(frame.to_ndarray().reshape(-1, len(frame.layout.channels)))


@contextmanager
def open_audio(path: Path, longest_minutes: float = 120.0) -> Iterator[AudioFile]:
    """Open a recording; raises NotFound, Malformed (empty), Unsupported (not audio)."""
    with ExitStack() as stack:
        file = stack.enter_context(_open_file(path))
        check_head(file.read(HEAD_BYTES))
        file.seek(0)
        container = stack.enter_context(_open_container(file))
        if not container.streams.audio:
            raise Unsupported("the file holds no audio track; send a sound recording")
        yield AudioFile(container, container.streams.audio[0], longest_minutes)


def _open_file(path: Path) -> IO[bytes]:
    if not path.exists():
        raise NotFound(f"audio file {path} does not exist")
    if not path.is_file():  # a pipe would be waited for without end
        raise Malformed(f"audio file {path} is not a regular file")
    try:
        return path.open("rb")
    except OSError as error:
        raise Malformed(f"audio file {path} cannot be read: {error.strerror}") from None


def _open_container(file: IO[bytes]) -> Any:
    import av

    try:
        return av.open(
            file, mode="r", metadata_errors="ignore", options={"format_whitelist": DEMUXERS}
        )
    except (av.FFmpegError, EOFError, OSError, ValueError):
        raise _unknown_format() from None


def _unknown_format() -> ReadoutError:
    """What is said of a file that no reader of the list knows."""
    return Unsupported(
        "this is no audio format Readout knows; send WAV, FLAC, MP3, M4A, Ogg, WebM, AIFF, CAF, AU,"
        " WMA or AMR (raw samples need a WAV header)"
    )


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames; a packet that does not decode is left out, a cut file just ends.

    Each packet is decoded by itself, so that one bad packet does not end the recording.
    """
    import av

    packets = iter(container.demux(stream))
    while True:
        try:
            packet = next(packets, None)
            frames = packet.decode() if packet is not None else []
        except (av.FFmpegError, EOFError) as error:
            if not isinstance(error, av.error.InvalidDataError):
                break
            continue
        if packet is None:
            break
        for frame in frames:
            frame.pts = None  # times inside a damaged file would stop the resampler
            yield frame


def mixed(channels: NDArray[np.int16]) -> Samples:
    """One channel, -1.0 to 1.0, of samples [time, channel]: their mean, where it keeps the sound.

    Channels that cancel out (one wired backwards) would be silence: the loudest counts alone.
    """
    import numpy as np

    each = channels.astype(np.float32) / 32768.0
    if each.shape[1] == 1:
        return each[:, 0]
    mean: Samples = each.mean(axis=1)
    power = np.square(each).sum(axis=0)
    if np.square(mean).sum() >= _KEPT_POWER * power.max():
        return mean
    return np.ascontiguousarray(each[:, power.argmax()])


def _resampled(frames: Iterator[Any]) -> Iterator[Any]:
    """16 kHz frames; a stream that changes its rate or channels gets a new resampler."""
    import av

    for _, alike in groupby(frames, lambda each: (each.format.name, each.layout.name, each.rate)):
        resampler = av.AudioResampler(format="s16", rate=SAMPLE_RATE)
        for frame in _seconds(alike):
            yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _seconds(frames: Iterator[Any]) -> Iterator[Any]:
    """Frames of a second: many small ones cost more to convert than to decode."""
    import av

    fifo = av.AudioFifo()
    for frame in frames:
        fifo.write(frame)
        if fifo.samples >= frame.rate:
            yield fifo.read()
    if fifo.samples:
        yield fifo.read()


def _expected_ms(container: Any) -> int:
    return max(0, (container.duration or 0) // 1000)
