from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapter.errors import ConfigurationError
from adapter.mapping.feeds import QuietHours
from adapter.mapping.files import MappingFiles
from adapter.mapping.listeners import ListenerProfile, load_listeners
from adapter.mapping.tls_files import ClientTls

DEFAULT = ListenerProfile(name="default", port=2575)


def site(folder: Path, **texts: str) -> MappingFiles:
    (folder / "listeners").mkdir()
    for name, text in texts.items():
        (folder / "listeners" / f"{name}.yaml").write_text(text)
    return MappingFiles(site=folder)


def test_the_shipped_example_is_valid_and_off() -> None:
    files = MappingFiles()
    (example,) = (file.read(ListenerProfile) for file in files.folder("listeners"))
    assert not example.enabled
    assert example.feeds[0].quiet[1].days == ("sat", "sun")
    assert load_listeners(files, DEFAULT) == [DEFAULT]


def test_a_file_named_default_takes_the_place_of_the_settings(tmp_path: Path) -> None:
    files = site(
        tmp_path, a="name: north\nport: 2600\n", b="name: default\nport: 2601\nhost: 0.0.0.0\n"
    )
    ports = [(each.name, each.port) for each in load_listeners(files, DEFAULT)]
    assert ports == [("default", 2601), ("north", 2600)]


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        ("name: a\nport: 2600\n", "name: a\nport: 2601\n", "named 'a'"),
        ("name: a\nport: 2600\n", "name: b\nport: 2600\n", "127.0.0.1:2600"),
        ("name: a\nport: 2575\n", "name: b\nport: 2600\n", "127.0.0.1:2575"),
    ],
)
def test_names_and_places_are_used_once(tmp_path: Path, one: str, two: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        load_listeners(site(tmp_path, one=one, two=two), DEFAULT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"allow": {"addresses": ["10.0.0.0/33"]}},
        {"allow": {"addresses": ["north"]}},
        {"allow": {"certificates": ["CN=ehr"]}},  # without client_ca nobody shows one
        {"tls": {"certificate": "a", "client_ca": "b"}, "allow": {"certificates": ["ehr"]}},
        {"tls": {"certificate": "a", "client_ca": "b"}, "allow": {"certificates": ["sha256:12"]}},
        {"orders": "../orders.yaml"},
        {"feeds": [{"quiet": [{"begins": "25:00"}]}]},
        {"feeds": [{"timezone": "Mars/Olympus"}]},
        {"feeds": [{"sender": "EHR|NORTH"}, {"sender": "EHR|NORTH", "silent_minutes": 5}]},
        {"messages_per_second": -1},
    ],
)
def test_a_wrong_listener_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ListenerProfile.model_validate({"name": "a", "port": 1} | wrong)


def test_an_unquoted_time_of_day_is_read_as_it_was_meant() -> None:
    assert QuietHours.model_validate({"begins": 22 * 60, "ends": 6 * 60 + 30}) == QuietHours(
        begins="22:00", ends="06:30"
    )


def test_a_key_without_its_certificate_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs the certificate"):
        ClientTls.model_validate({"key": "own.key"})
