import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Malformed, ReadoutError, Unsupported
from adapter.speech.formats import check_head, is_dictation_format

REFUSED = {
    b"\x02dss\x00" + bytes(600): "DSS recording, which Readout does not decode: export it as WAV",
    b"\x03dss\x00" + bytes(600): "DSS recording",
    b"\x03ds2\x00" + bytes(600): r"DS2 \(DSS Pro\) recording",
    b"\x07ds2\x00" + bytes(600): "DS2",
    b"\x03enc\x00" + bytes(600): "an encrypted DSS recording",
    b"%PDF-1.7\n%\xe2\xe3": "this is a PDF document",
    b"PK\x03\x04\x14\x00": "ZIP archive",
    b"\x89PNG\r\n\x1a\n": "PNG image",
    b"\xff\xd8\xff\xe0": "JPEG image",
    bytes(128) + b"DICM\x02\x00": "DICOM object",
    b"\x1f\x43\xb6\x75\x01": "without its beginning",
    b"MSH|^~\\&|RIS|HOSP\rPID|1\r": "this is text",
    "Größe 3 cm".encode(): "this is text",
    b'<?xml version="1.0"?>': "this is text",
}


@pytest.mark.parametrize("head", REFUSED, ids=lambda head: repr(head[:8]))
def test_what_is_no_recording_is_named(head: bytes) -> None:
    with pytest.raises(Unsupported, match=REFUSED[head]) as caught:
        check_head(head)
    assert caught.value.http_status == 415


def test_an_empty_file_is_malformed() -> None:
    with pytest.raises(Malformed, match="empty"):
        check_head(b"")


RECORDINGS = [
    b"RIFF\x24\x00\x00\x00WAVEfmt ",
    b"OggS\x00\x02",
    b"fLaC\x00",
    b"ID3\x04\x00",
    b"\x1aE\xdf\xa3",
    b"\x00\x00\x00\x20ftypM4A ",
    b"FORM\x00\x00\x00\x00AIFF",
    b".snd\x00",
    b"caff\x00",
    b"#!AMR\n",
]


@pytest.mark.parametrize("head", RECORDINGS)
def test_recordings_pass(head: bytes) -> None:
    check_head(head)
    assert not is_dictation_format(head)


@given(st.binary(max_size=300))
def test_any_bytes_pass_or_are_refused_on_purpose(head: bytes) -> None:
    with contextlib.suppress(ReadoutError):
        check_head(head)
        assert head
        assert not is_dictation_format(head)
