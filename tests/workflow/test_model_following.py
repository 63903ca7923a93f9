"""Files of model calls that are changed act while the service runs."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.workflow.following import keep_following
from adapter.workflow.model_following import ModelFollower
from tests.fakes.model_endpoint import ModelEndpoint
from tests.fakes.model_site import Make, Site, chest


@pytest.fixture
def site(make: Make, tmp_path: Path) -> Site:
    """A house whose own directory holds no model call yet."""
    (tmp_path / "own" / "model_calls").mkdir(parents=True)
    made = make()
    made.calls.now = replace(made.calls.now, calls={}, clients={})
    return made


@pytest.fixture
def follower(site: Site, tmp_path: Path) -> ModelFollower:
    return ModelFollower(site.calls, MappingFiles(site=tmp_path / "own"))


def write(folder: Path, endpoint: ModelEndpoint, **values: object) -> None:
    text = yaml.safe_dump(chest(endpoint.url) | values)
    (folder / "own" / "model_calls" / "chest.yaml").write_text(text)


def asked(site: Site, accession: str) -> int:
    site.order(accession)
    site.flow.jobs.run()
    return len(site.model.received)


def test_a_call_comes_changes_and_goes_without_a_restart(
    site: Site, follower: ModelFollower, tmp_path: Path, endpoint: ModelEndpoint
) -> None:
    assert not follower.follow()
    assert asked(site, "A1") == 0
    write(tmp_path, endpoint)
    assert follower.follow()
    assert not follower.follow()
    assert asked(site, "A1") == 1
    write(tmp_path, endpoint, modalities=["CT"])
    assert follower.follow()
    assert asked(site, "A2") == 1
    (tmp_path / "own" / "model_calls" / "chest.yaml").unlink()
    assert follower.follow()
    assert site.calls.resting() == {}


def test_a_promised_call_is_not_made_once_its_file_is_off(
    site: Site, follower: ModelFollower, tmp_path: Path, endpoint: ModelEndpoint
) -> None:
    write(tmp_path, endpoint)
    follower.follow()
    site.order("A1")
    write(tmp_path, endpoint, enabled=False)
    follower.follow()
    site.flow.jobs.run()
    assert not site.left()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"url": "https://models.example/score"}, "allowed_hosts"),
        ({"key_env": "READOUT_NO_SUCH_KEY"}, "READOUT_NO_SUCH_KEY"),
        ({"kind": "oracle"}, "kind"),
    ],
)
def test_with_a_faulty_file_what_was_in_force_stays(
    site: Site,
    follower: ModelFollower,
    tmp_path: Path,
    endpoint: ModelEndpoint,
    fault: dict[str, object],
    why: str,
) -> None:
    write(tmp_path, endpoint)
    follower.follow()
    write(tmp_path, endpoint, **fault)
    assert not follower.follow()
    assert why in follower.trouble
    assert asked(site, "A1") == 1
    write(tmp_path, endpoint)
    assert follower.follow()
    assert follower.trouble == ""


def test_words_of_privacy_act_too(site: Site, follower: ModelFollower, tmp_path: Path) -> None:
    packaged = MappingFiles().get("privacy.yaml").body.decode()
    (tmp_path / "own" / "privacy.yaml").write_text(packaged.replace("age: 89", "age: 79"))
    assert follower.follow()
    assert site.calls.now.words.table.oldest_age == 79


async def test_whatever_goes_wrong_it_is_looked_at_again() -> None:
    errors = [sa.exc.OperationalError("", {}, Exception()), ConfigurationError("wrong"), OSError()]
    seen = threading.Event()

    def look() -> bool:
        if errors:
            raise errors.pop()
        seen.set()
        return True

    following = asyncio.create_task(keep_following(0.001, look))
    assert await asyncio.to_thread(seen.wait, 30)
    following.cancel()
