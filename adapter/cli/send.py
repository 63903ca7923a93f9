"""`readout send`: tests a site's link with one order or one dictation."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import re
import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from adapter.cli.service_call import call
from adapter.errors import Malformed, NotFound
from adapter.hl7v2.ack import Acknowledgement, read_acknowledgement
from adapter.hl7v2.link import MllpLink
from adapter.hl7v2.tls import client_contexts
from adapter.mapping.tls_files import ClientTls

app = typer.Typer(no_args_is_help=True, help="Test a site's link with an order or a dictation.")

_MEANING = {
    "AA": "accepted",
    "CA": "stored",
    "AE": "refused: something in the message is wrong",
    "CE": "not stored: something in the message is wrong",
    "AR": "rejected: this kind of message is not taken",
    "CR": "not stored: this kind of message is not taken",
}
_TAKEN = ("AA", "CA")
_MESSAGE_START = re.compile(rb"(?:^|(?<=\r))(?=MSH)")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a message.")]


@app.command("order")
def order(
    file: Annotated[Path, typer.Argument(help="HL7 v2 messages; lines may end in CR, LF or both.")],
    to: Annotated[str, typer.Option(help="HOST:PORT of the listener.")],
    seconds: Annotated[float, typer.Option(help="How long to wait for each answer.")] = 30.0,
    tls_ca: Annotated[
        Path | None, typer.Option(help="PEM file of authorities: the listener speaks TLS.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="PEM file of our own certificate and key (mutual TLS).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send orders over MLLP and tell each acknowledgement; exit 1 when one is refused.

    Example: readout send order order.hl7 --to 127.0.0.1:2575
    """
    host, port = _address(to)
    bodies = messages_of(_read(file))
    tls = _tls(tls_ca, tls_certificate)
    answers = asyncio.run(_exchange(host, port, bodies, seconds, tls))
    for ack in answers:
        typer.echo(_as_json(ack) if as_json else _in_words(ack))
    if any(ack.code not in _TAKEN for ack in answers):
        raise typer.Exit(1)


@app.command("dictation")
def dictation(
    audio: Annotated[Path, typer.Argument(help="The recording.")],
    accession: Annotated[str, typer.Option(help="The study it belongs to.")],
    to: Annotated[str, typer.Option(help="Address of the service, e.g. http://127.0.0.1:8765")],
    author: Annotated[str, typer.Option(help="Number of the person who dictated.")] = "",
    as_json: Json = False,
) -> None:
    """Post a recording and tell the answer; exit 1 when it is refused.

    Example: readout send dictation chest.wav --accession A1 --to http://127.0.0.1:8765
    """
    address = f"{to.rstrip('/')}/api/studies/{quote(accession, safe='')}/dictations"
    kind = mimetypes.guess_type(audio.name)[0] or "application/octet-stream"
    query = {"author": author} if author else None
    headers = {"Content-Type": kind}
    answer = call("POST", address, params=query, content=_read(audio), headers=headers)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"{answer['id']} {answer['state']}, sha256 {answer['sha256']}")


def messages_of(content: bytes) -> list[bytes]:
    """The messages of a file, segments ended by CR; raises Malformed when there is none."""
    bare = content.removeprefix(b"\xef\xbb\xbf").replace(b"\x0b", b"").replace(b"\x1c", b"")
    text = bare.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    found = [part.strip(b"\r") + b"\r" for part in _MESSAGE_START.split(text) if part.strip()]
    if not found or not all(part.startswith(b"MSH") for part in found):
        raise Malformed("the file holds no HL7 v2 message: the first line must begin with MSH")
    return found


async def _exchange(
    host: str, port: int, bodies: list[bytes], seconds: float, tls: ssl.SSLContext | None
) -> list[Acknowledgement]:
    link = await MllpLink.connect(host, port, seconds, tls=tls)
    try:
        return [read_acknowledgement(await link.exchange(body, seconds)) for body in bodies]
    finally:
        link.drop()


def _tls(ca: Path | None, certificate: Path | None) -> ssl.SSLContext | None:
    if ca is None and certificate is None:
        return None
    return client_contexts(ClientTls(ca=ca, certificate=certificate)).get()


def _in_words(ack: Acknowledgement) -> str:
    meaning = _MEANING.get(ack.code, "an answer that HL7 does not know")
    return f"{ack.code} {ack.control_id}: {meaning}" + (f"; {ack.text}" if ack.text else "")


def _as_json(ack: Acknowledgement) -> str:
    return json.dumps(
        {
            "code": ack.code,
            "control_id": ack.control_id,
            "accepted": ack.code in _TAKEN,
            "text": ack.text,
        },
        ensure_ascii=False,
    )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise typer.BadParameter("--to must be HOST:PORT, e.g. 127.0.0.1:2575")
    return host.strip("[]"), int(port)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None
