"""The only file that sends recordings to another process: one POST to an OpenAI-compatible server.

Nothing but `READOUT_SPEECH_URL` is ever called: no redirect, no proxy of the environment.
"""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from adapter.errors import ConfigurationError, TryAgain
from adapter.outbound import Outbound, is_loopback, is_passing, system_trust, wait_told
from adapter.settings import Settings

_LIST = "READOUT_SPEECH_URL_ALLOWED_HOSTS"
_CONNECT_SECONDS = 5.0
_MAX_ANSWER_BYTES = 16_777_216
_MAX_REASON = 200


class OpenAiServer:
    """A server at an address that the settings allow; raises ConfigurationError when they do not.

    https://platform.openai.com/docs/api-reference/audio/createTranscription
    """

    def __init__(self, settings: Settings) -> None:
        url = _address(settings.speech_url)
        self.host = url.netloc.decode()
        self._url = str(url).rstrip("/").removesuffix("/v1") + "/v1/audio/transcriptions"
        self._key_file = settings.speech_api_key_file
        self._answer_seconds = settings.speech_answer_seconds
        inside = is_loopback(url.host)
        allowed = Outbound.of(settings.speech_url_allowed_hosts, _LIST)
        if not inside and not allowed.lists(url.host):
            raise ConfigurationError(
                f"READOUT_SPEECH_URL would send recordings to {url.host}; use a server on this"
                f" machine, or name that host in {_LIST}"
            )
        if self._key_file and not inside and url.scheme != "https":
            raise ConfigurationError(
                "READOUT_SPEECH_URL must be https, or the API key could be read on its way"
            )
        self._headers()  # a key that is missing shows at start, not with the first dictation
        self._tls = system_trust() if url.scheme == "https" else False

    def transcribe(self, wav: bytes, fields: dict[str, str | list[str]]) -> bytes:
        """The server's answer to one WAV file. Blocking.

        Raises TryAgain (link, 408, 425, 429, 5xx), ConfigurationError (any other refusal: the WAV
        is of our own making, so it is not the recording that is wrong).
        """
        try:
            with httpx.Client(
                timeout=httpx.Timeout(self._answer_seconds, connect=_CONNECT_SECONDS),
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
            ) as client:
                status, headers, body = self._post(client, wav, fields)
        except httpx.RequestError as error:
            raise TryAgain(f"speech server {self.host}: {type(error).__name__} {error}") from None
        if is_passing(status):
            raise TryAgain(f"speech server {self.host} answered HTTP {status}", wait_told(headers))
        if status != 200:
            raise ConfigurationError(
                f"speech server {self.host} answered HTTP {status}: {_advice(status, body)}"
            )
        return body

    def _post(
        self, client: httpx.Client, wav: bytes, fields: dict[str, str | list[str]]
    ) -> tuple[int, httpx.Headers, bytes]:
        until = time.monotonic() + self._answer_seconds + _CONNECT_SECONDS
        file = {"file": ("dictation.wav", wav, "audio/wav")}
        with client.stream(
            "POST", self._url, data=fields, files=file, headers=self._headers()
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    raise TryAgain(f"speech server {self.host} answered without end")
                if time.monotonic() > until:  # a server that drips must not hold the queue
                    raise TryAgain(f"speech server {self.host} answered too slowly")
            return response.status_code, response.headers, bytes(body)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if self._key_file is not None:
            headers["Authorization"] = f"Bearer {_key(self._key_file)}"
        return headers


def _address(text: str) -> httpx.URL:
    if not text:
        raise ConfigurationError("READOUT_SPEECH_ENGINE=openai needs READOUT_SPEECH_URL")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"READOUT_SPEECH_URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError("READOUT_SPEECH_URL must begin with http:// or https://")
    if url.userinfo or url.query or url.fragment:
        raise ConfigurationError(
            "READOUT_SPEECH_URL must hold no user, query or fragment; a key goes into the file of"
            " READOUT_SPEECH_API_KEY_FILE"
        )
    return url


def _key(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if not key.isprintable() or not key:
        raise ConfigurationError(
            f"READOUT_SPEECH_API_KEY_FILE: {path} cannot be read or holds no key of one line"
        )
    return key


def _advice(status: int, body: bytes) -> str:
    if 300 <= status < 400:
        return "it redirects; put the final address into READOUT_SPEECH_URL"
    if status in (401, 403):  # its words may hold part of the key: they are left out
        return "it does not accept our key; see READOUT_SPEECH_API_KEY_FILE"
    if status == 404:
        return "no such address or model; see READOUT_SPEECH_URL and READOUT_SPEECH_MODEL"
    said = " ".join(body[: 4 * _MAX_REASON].decode(errors="replace").split())[:_MAX_REASON]
    return f"it refuses the request ({said}); see READOUT_SPEECH_MODEL and the server's log"
