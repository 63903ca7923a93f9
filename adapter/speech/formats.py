"""What the first bytes of a file say: clear words for what is not a recording we can take."""

from __future__ import annotations

from adapter.errors import Malformed, Unsupported

HEAD_BYTES = 4096
"""How much of a file is looked at."""

_DICTATION_FORMATS = {
    b"dss": "an Olympus/Philips/Grundig DSS recording",
    b"ds2": "an Olympus/Philips DS2 (DSS Pro) recording",
    b"enc": "an encrypted DSS recording",
}
_OTHER_KINDS = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"MZ": "a Windows program",
    b"SQLite format": "a database",
}
_WEBM_CLUSTER = b"\x1f\x43\xb6\x75"
_WEBM_BLOCK = b"\xa3"
_TEXT = frozenset(range(0x20, 0x7F)) | {9, 10, 13}
_AUDIO_TEXT_MAGIC = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"FORM",
    b"OggS",
    b"fLaC",
    b".snd",
    b"caff",
    b"#!AMR",
)


def is_dictation_format(head: bytes) -> bool:
    """Whether this is DSS, DS2 or an encrypted one of them: a version byte, then the name."""
    return len(head) > 3 and head[0] < 0x10 and head[1:4] in _DICTATION_FORMATS


def check_head(head: bytes) -> None:
    """Raise Malformed (empty) or Unsupported with what the file is; silent when it may be audio."""
    if not head:
        raise Malformed("the audio file is empty (0 bytes); record or export it again")
    if is_dictation_format(head):
        kind = _DICTATION_FORMATS[head[1:4]]
        raise Unsupported(
            f"this is {kind}, which Readout does not decode: export it as WAV or MP3 in the"
            " dictation software, or name a converter program in READOUT_SPEECH_CONVERTER"
        )
    if head[128:132] == b"DICM":
        raise Unsupported("this is a DICOM object, not an audio file; send the sound recording")
    for magic, kind in _OTHER_KINDS.items():
        if head.startswith(magic):
            raise Unsupported(f"this is {kind}, not an audio file; send the sound recording")
    if head.startswith(_WEBM_CLUSTER):
        raise Unsupported(
            "this is a later part of a WebM recording without its beginning; send the parts joined"
            " in their order, the first one first"
        )
    if _is_text(head):
        raise Unsupported("this is text, not an audio file; send the sound recording")


def _is_text(head: bytes) -> bool:
    if head.startswith(_AUDIO_TEXT_MAGIC):
        return False
    return all(byte in _TEXT or byte >= 0x80 for byte in head) and _decodes(head)


def _decodes(head: bytes) -> bool:
    try:
        head[:-4].decode("utf-8")  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True
