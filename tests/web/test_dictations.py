from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from starlette.types import Message

from adapter.domain.identifiers import sha256_hex
from adapter.store import dictations
from adapter.web import shell
from adapter.web.app import build_app
from tests.web.conftest import MAX_BODY, Site, recording

PATH = "/api/studies/A1/dictations"
WAV = {"Content-Type": "audio/wav"}
SOUND = recording("no pneumothorax period")


def stored(site: Site) -> list[str]:
    with site.workflow.database.read() as tx:
        return [each.audio_sha256 for each in dictations.of_study(tx, "A1")]


def test_audio_is_stored_before_the_answer(site: Site) -> None:
    answer = site.client.post(PATH, params={"author": "123"}, content=SOUND, headers=WAV)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["id"], made["sha256"], made["state"]) == ("d-1", sha256_hex(SOUND), "received")
    assert (made["media_type"], made["size_bytes"]) == ("audio/wav", len(SOUND))
    assert made["author"] == "123"
    assert site.parts.house.audio.path(made["sha256"]).read_bytes() == SOUND
    assert stored(site) == [made["sha256"]]


def test_the_same_audio_again_is_the_same_dictation(site: Site) -> None:
    first = site.client.post(PATH, content=SOUND, headers=WAV)
    again = site.client.post(PATH, content=SOUND, headers=WAV)
    assert again.status_code == 200
    assert again.json() == first.json()


def test_a_form_is_stored_like_a_body(site: Site) -> None:
    answer = site.client.post(PATH, files={"file": ("d.wav", SOUND, "audio/wav")})
    assert answer.status_code == 201
    assert answer.json()["sha256"] == sha256_hex(SOUND)
    assert answer.json()["media_type"] == "audio/wav"


def test_a_form_without_a_file_is_refused(site: Site) -> None:
    answer = site.client.post(PATH, files={"other": ("d.wav", SOUND, "audio/wav")})
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/file")
    broken = {"Content-Type": "multipart/form-data"}
    assert site.client.post(PATH, content=SOUND, headers=broken).status_code == 400


def test_a_body_in_many_chunks_is_one_recording(site: Site) -> None:
    def chunks() -> Iterator[bytes]:
        for byte in SOUND:
            yield bytes([byte])

    answer = site.client.post(PATH, content=chunks(), headers=WAV)
    assert answer.json()["sha256"] == sha256_hex(SOUND)


def test_what_was_sent_can_be_heard_again(site: Site) -> None:
    site.client.post(PATH, content=SOUND, headers=WAV)
    answer = site.client.get(f"{PATH}/d-1/audio")
    assert answer.content == SOUND
    assert answer.headers["content-type"] == "audio/wav"
    part = site.client.get(f"{PATH}/d-1/audio", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, SOUND[:4])


def test_empty_audio_is_refused(site: Site) -> None:
    answer = site.client.post(PATH, content=b"", headers=WAV)
    assert (answer.status_code, answer.json()["code"]) == (400, "empty")
    assert stored(site) == []


def test_what_is_no_audio_is_refused_and_kept(site: Site) -> None:
    body = b"%PDF-1.7 not a recording"
    answer = site.client.post(PATH, content=body, headers=WAV)
    assert answer.status_code == 415
    assert "PDF" in answer.json()["detail"]
    assert stored(site) == [sha256_hex(body)]


@pytest.mark.parametrize("kind", ["text/html", "application/json", "audio/<script>", "image/png"])
def test_another_content_type_is_refused(site: Site, kind: str) -> None:
    answer = site.client.post(PATH, content=SOUND, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert stored(site) == []


def test_too_much_audio_is_refused_by_its_length(site: Site) -> None:
    answer = site.client.post(PATH, content=b"x" * (MAX_BODY + 1), headers=WAV)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-long")


def test_too_much_audio_is_refused_while_it_streams(site: Site) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    answer = site.client.post(PATH, content=bounded(endless()), headers=WAV)
    assert answer.status_code == 413
    assert stored(site) == []
    assert unfinished(site.workflow.folder) == []


def bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for _ in range(3 * MAX_BODY // 1000):
        yield next(chunks)


def unfinished(folder: Path) -> list[Path]:
    return list((folder / "audio").glob(".incoming-*"))


async def test_an_upload_that_breaks_off_leaves_nothing(site: Site) -> None:
    sent: list[Message] = []
    body: list[Message] = [
        {"type": "http.request", "body": SOUND, "more_body": True},
        {"type": "http.disconnect"},
    ]
    await ask(site, lambda: body.pop(0), sent)
    assert stored(site) == []
    assert unfinished(site.workflow.folder) == []


async def test_a_client_that_falls_silent_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "SILENT_S", 0.01)
    sent: list[Message] = []
    body: list[Message] = [{"type": "http.request", "body": SOUND, "more_body": True}]
    await ask(site, lambda: body.pop(0) if body else None, sent)
    assert sent[0]["status"] == 408
    assert unfinished(site.workflow.folder) == []


async def ask(site: Site, next_message: object, sent: list[Message]) -> None:
    """One POST at the level of ASGI; `next_message` gives None for a client that is silent."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"audio/wav")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> Message:
        message = next_message()  # type: ignore[operator]
        if message is None:
            await anyio.sleep_forever()
        return message  # type: ignore[no-any-return]

    async def send(message: Message) -> None:
        sent.append(message)

    await build_app(site.parts)(scope, receive, send)


def test_the_worklist_shows_why_a_dictation_was_refused(site: Site) -> None:
    site.dictate("A1", "silence")
    (refused,) = site.client.get("/api/studies/A1").json()["dictations"]
    assert refused["state"] == "refused"
    assert "no speech" in refused["reason"]
