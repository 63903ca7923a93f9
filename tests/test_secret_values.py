from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app
from adapter.cli.doctor import shown_settings
from adapter.errors import ConfigurationError
from adapter.secret_values import needed_secret, secret_in, secret_of
from adapter.settings import SECRETS, Settings, load_settings

SECRET = "correct-horse-battery-staple"


def test_a_secret_comes_from_the_environment_or_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secret_of("") == secret_of("EHR_TOKEN") == ""
    monkeypatch.setenv("EHR_TOKEN", f" {SECRET}\n")
    assert secret_of("EHR_TOKEN") == SECRET
    file = tmp_path / "token"
    file.write_text("from the file\n")
    monkeypatch.setenv("EHR_TOKEN_FILE", str(file))
    assert secret_of("EHR_TOKEN") == needed_secret("EHR_TOKEN") == "from the file"
    assert needed_secret("") == ""
    with pytest.raises(ConfigurationError, match="NONE_SUCH or NONE_SUCH_FILE"):
        needed_secret("NONE_SUCH")


@pytest.mark.parametrize("body", [b"", b" \n", b"\xff\xfe", b"x" * 70_000])
def test_a_file_without_a_secret_is_told_without_its_content(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(body)
    for each in (file, tmp_path / "missing"):
        with pytest.raises(ConfigurationError, match=each.name) as told:
            secret_in(each)
        assert "xxx" not in str(told.value)


def test_every_secret_setting_may_be_a_file_and_none_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hinting = ("secret", "password", "_token", "api_key")
    files = {name for name in Settings.model_fields if name.endswith("_file")}
    held = {n for n in Settings.model_fields if any(h in n for h in hinting)} - files
    assert {f"{name}_file" for name in (*SECRETS, *held) if name != "http_own_tokens"} - {
        "http_without_tokens_file"
    } <= files
    url = f"postgresql+psycopg://readout:{SECRET}@127.0.0.1:1/readout"
    for name, value in zip(SECRETS, (url, SECRET), strict=True):
        (tmp_path / name).write_text(value + "\n")
        monkeypatch.setenv(f"READOUT_{name.upper()}_FILE", str(tmp_path / name))
    settings = load_settings()
    assert (settings.database_url, settings.login_client_secret) == (url, SECRET)
    assert SECRET not in json.dumps(shown_settings(settings))
    assert SECRET not in repr(settings)
    for command in (["doctor"], ["doctor", "--json"], ["sign-in"], ["token", "list"]):
        told = CliRunner().invoke(app, command)
        assert told.exit_code != 0  # that database does not answer
        assert SECRET not in told.output + repr(told.exception)
