"""What commands have in common that look after something of a running service, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from adapter.cli.service_call import call

HERE = "http://127.0.0.1:8765"
To = Annotated[str, typer.Option(help="Address of the service.")]
By = Annotated[str, typer.Option(help="Number of the person who asks; it is kept in the history.")]
Reason = Annotated[str, typer.Option(help="Why; no patient data.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Told = Mapping[str, Any]


def get(to: str, *place: str) -> dict[str, Any]:
    """What the service tells of `place`; of its parts each is quoted but the first."""
    return call("GET", _address(to, place))


def post(to: str, *place: str, by: str, **more: Any) -> dict[str, Any]:
    """What it answers to `place` in the name of the person `by`."""
    return call("POST", _address(to, place), json={"person": {"id": by}, **more})


def show(told: Told, as_json: bool, in_words: Callable[[Told], str]) -> None:
    """Print it: the object, or what it is in words."""
    text = json.dumps(told, ensure_ascii=False) if as_json else in_words(told)
    if text:
        typer.echo(text)


def lines(told: Told, key: str, line: Callable[[Told], str]) -> str:
    """A line for each of the list under `key`."""
    return "\n".join(map(line, told[key]))


def history(told: Told) -> str:
    """Who did what."""
    return lines(told, "events", lambda each: f"{each['at']}  {each['event']}  {each['detail']}")


def _address(to: str, place: tuple[str, ...]) -> str:
    first, *rest = place
    return "/".join([to.rstrip("/"), first, *(quote(each, safe="") for each in rest)])
