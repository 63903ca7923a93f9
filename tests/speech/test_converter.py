import sys
from pathlib import Path

import pytest

from adapter.errors import ConfigurationError, Malformed
from adapter.speech.converter import converted

COPY = (
    f"{sys.executable} -c 'import sys, pathlib;"
    ' pathlib.Path(sys.argv[2]).write_bytes(b"W" + pathlib.Path(sys.argv[1]).read_bytes())\''
    " {input} {output}"
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a b; $(touch x).dss"
    path.write_bytes(b"\x02dss" + bytes(40))
    return path


def test_a_dss_file_goes_through_the_program_and_the_copy_is_removed(recording):
    with converted(recording, COPY) as path:
        assert path.read_bytes() == b"W" + recording.read_bytes()
    assert not path.exists()
    assert not Path("x").exists()


def test_other_files_and_sites_without_a_program_run_nothing(tmp_path, recording):
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"RIFF")
    with converted(sound, "/no/such/program {input} {output}") as path:
        assert path == sound
    with converted(recording, "") as path:
        assert path == recording


@pytest.mark.parametrize(
    ("command", "error", "reason"),
    [
        ("/no/such/program {input} {output}", ConfigurationError, "cannot be run"),
        ("dss2wav", ConfigurationError, "must name {input} and {output}"),
        (f"{sys.executable} -c 'raise SystemExit(3)' {{input}} {{output}}", Malformed, "exit 3"),
        (f"{sys.executable} -c '' {{input}} {{output}}", Malformed, "wrote no file"),
    ],
)
def test_a_program_that_fails_is_told_apart(command, error, reason, recording):
    with pytest.raises(error, match=reason), converted(recording, command):
        pass
