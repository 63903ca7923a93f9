"""An S3-compatible object store; the only file that knows its client (obstore)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapter.errors import ConfigurationError, TryAgain
from adapter.outbound import is_loopback
from adapter.secret_values import needed_secret

SETTING = "READOUT_AUDIO_STORE"
_CONNECT_S, _ANSWER_S, _RETRY_S = "5s", "60s", 10
_CHUNK = 1 << 20
_CREDENTIALS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
}
"""Variables of the environment; with `_FILE` behind their names, of files."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is: `s3://bucket/prefix`, its server ("": Amazon's own) and region."""

    url: str
    endpoint: str = ""
    region: str = "us-east-1"


class Bucket:
    """Objects by key below a prefix. What does not answer is TryAgain."""

    def __init__(self, place: Place) -> None:
        """Raises ConfigurationError without the client, credentials, or a safe way there."""
        try:
            import obstore
            import obstore.exceptions
            import obstore.store
        except ImportError:
            raise ConfigurationError(
                f"{SETTING} needs a client: pip install 'readout[s3]'"
            ) from None
        self._api: Any = obstore
        self.place = place
        _check_way(place)
        bucket, _, prefix = place.url.removeprefix("s3://").partition("/")
        options = {"region": place.region, "checksum_algorithm": "SHA256"}
        options |= {name: needed_secret(variable) for name, variable in _CREDENTIALS.items()}
        if place.endpoint:
            options["endpoint"] = place.endpoint
        self._store = self._api.store.S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            config=options,
            client_options={
                "timeout": _ANSWER_S,
                "connect_timeout": _CONNECT_S,
                "allow_http": place.endpoint.startswith("http:"),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=_RETRY_S)},
        )

    def put(self, key: str, file: Path) -> None:
        """Store a file under its key, whole or not at all; returns once the store holds it."""
        with self._asked():
            self._api.put(self._store, key, file)
            size = int(self._api.head(self._store, key)["size"])
        if size != file.stat().st_size:
            raise TryAgain("the audio store holds another size than it was given")

    def get(self, key: str) -> Iterator[bytes]:
        """The object in chunks; raises FileNotFoundError where there is none."""
        with self._asked():
            for chunk in self._api.get(self._store, key).stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)

    def head(self, key: str, count: int) -> bytes:
        """Its first bytes; raises FileNotFoundError."""
        with self._asked():
            return bytes(self._api.get_range(self._store, key, start=0, length=count))

    def remove(self, key: str) -> None:
        """It is gone when this returns, whether or not it was there."""
        with self._asked(), _nothing_there():
            self._api.delete(self._store, key)

    def keys(self) -> Iterator[str]:
        """All keys, in no order."""
        with self._asked():
            for listed in self._api.list(self._store):
                yield from (str(each["path"]) for each in listed)

    def check(self) -> None:
        """Raise TryAgain where it does not answer or does not know us."""
        with self._asked():
            next(iter(self._api.list(self._store, chunk_size=1)), None)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except self._api.exceptions.BaseError as error:
            raise TryAgain(
                f"the audio store {self.place.url} does not take it ({type(error).__name__}): "
                "see to its server, the credentials and the bucket"
            ) from error


@contextmanager
def _nothing_there() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return


def _check_way(place: Place) -> None:
    parts = urlsplit(place.endpoint)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"{SETTING}_ENDPOINT must be https://: recordings are patient data"
        )
