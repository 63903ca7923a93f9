"""Fetches a model's files from a Hugging Face hub: one revision, each file checked, resumable.

The hub is `HF_ENDPOINT`'s; a broken connection leaves what came, and the next try goes on there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from adapter.errors import ConfigurationError, ReadoutError, TryAgain
from adapter.speech.model_files import digest, is_wanted
from adapter.speech.model_install import Fill, Filled
from adapter.speech.model_store import hub_id

_ATTEMPTS = 4
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)

Started = Callable[[str, int], None]
"""Called with a file's name and its bytes before it is fetched."""


class _HubFile(NamedTuple):
    name: str
    bytes: int
    sha256: str | None  # the hub knows it of large files


def fetch_from_hub(name: str, started: Started) -> Fill:
    """Fill with the files of a hub's repository, or of a Whisper size such as `small`."""
    repository = hub_id(name)

    def fill(target: Path) -> Filled:
        revision, files = _hub(repository, partial(_look, repository))
        _check_space(target, sum(each.bytes for each in files))
        for each in files:
            started(each.name, each.bytes)
            _hub(repository, partial(_fetch, repository, revision, each, target))
            _check(target / each.name, each)
        return Filled(f"{repository}@{revision}", frozenset(each.name for each in files))

    return fill


def _look(repository: str) -> tuple[str, list[_HubFile]]:
    """The newest revision and its model files."""
    from huggingface_hub import HfApi

    told = HfApi().model_info(repository, files_metadata=True, timeout=30)
    files = [
        _HubFile(each.rfilename, each.size or 0, each.lfs.sha256 if each.lfs else None)
        for each in told.siblings or ()
        if is_wanted(each.rfilename)
    ]
    if not any(each.name == "model.bin" for each in files):
        raise ConfigurationError(
            f"{repository} is no CTranslate2 model: it has no model.bin; choose one that is"
            " converted, or convert its checkpoint: `readout model add DIR` on a download of it"
        )
    return str(told.sha or "main"), files


def _fetch(repository: str, revision: str, file: _HubFile, target: Path) -> None:
    """Into a part file that a later process goes on with, which the hub's client does not."""
    from huggingface_hub import hf_hub_url

    place = target / file.name
    if file.sha256 and place.is_file() and digest(place) == file.sha256:
        return
    part = target / f"{file.name}.{(file.sha256 or revision)[:16]}.part"
    again = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_fixed(1),
        retry=retry_if_exception_type(httpx.TransportError),
        reraise=True,
    )
    again(_append, hf_hub_url(repository, file.name, revision=revision), part, file.bytes)
    part.replace(place)


def _append(url: str, part: Path, size: int) -> None:
    """What is missing of a file of this size (RFC 9110 14.2), or all where ranges are unknown."""
    from huggingface_hub import get_token

    headers = {"Accept-Encoding": "identity"}
    if token := get_token():
        headers["Authorization"] = f"Bearer {token}"  # httpx sends it to no other host
    with part.open("ab") as writer:
        if have := writer.tell():
            headers["Range"] = f"bytes={have}-"
        if have >= size > 0:
            return
        with httpx.stream(
            "GET", url, headers=headers, follow_redirects=True, timeout=_TIMEOUT
        ) as response:
            response.raise_for_status()
            if response.status_code != httpx.codes.PARTIAL_CONTENT:
                writer.truncate(0)
            for block in response.iter_bytes():
                writer.write(block)


def _hub(repository: str, call: Callable[[], Any]) -> Any:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return call()
    except ReadoutError:
        raise
    except RepositoryNotFoundError:
        raise ConfigurationError(
            f"the hub has no model {repository} (or it is private: set HF_TOKEN); check its name"
        ) from None
    except httpx.HTTPStatusError as error:
        if error.response.status_code in (401, 403):
            raise ConfigurationError(
                f"the hub gives {repository} only to some accounts; agree to its terms there and"
                " set HF_TOKEN"
            ) from None
        raise _broken(repository, f"HTTP {error.response.status_code}") from None
    except Exception as error:  # the hub client raises its own, HTTP and system errors alike
        raise _broken(repository, type(error).__name__) from None


def _broken(repository: str, reason: str) -> TryAgain:
    return TryAgain(
        f"{repository} could not be fetched ({reason}); run the same command again: it goes on"
        " where it stopped"
    )


def _check_space(target: Path, size: int) -> None:
    free = shutil.disk_usage(target).free
    if free < size:
        raise ConfigurationError(
            f"{size >> 20} MiB are needed in {target.parent}: {free >> 20} free"
        )


def _check(path: Path, file: _HubFile) -> None:
    """The file is what the hub says it is; a damaged one is deleted, so that it is fetched anew."""
    whole = path.stat().st_size == file.bytes
    if whole and file.sha256 in (None, digest(path)):
        return
    path.unlink()
    raise TryAgain(f"{file.name} came damaged (its checksum is another); run the command again")
