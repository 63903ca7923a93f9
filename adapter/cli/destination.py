"""`readout destination`: lets reports to a destination wait, go on, or be sent again."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from adapter.cli.service_call import call

app = typer.Typer(no_args_is_help=True, help="Pause, resume and resend what goes to a destination.")

Name = Annotated[str, typer.Argument(help="Name of the destination in its mapping file.")]
To = Annotated[str, typer.Option(help="Address of the service.")]
By = Annotated[str, typer.Option(help="Number of the person who asks; it is kept in the history.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_HERE = "http://127.0.0.1:8765"


@app.command("list")
def list_(to: To = _HERE, as_json: Json = False) -> None:
    """Tell how each destination stands.

    Example: readout destination list --to http://127.0.0.1:8765
    """
    told = call("GET", _address(to))
    if as_json:
        _print(told)
        return
    for each in told["destinations"]:
        typer.echo(_in_words(each))


@app.command("pause")
def pause(
    name: Name,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; no patient data.")] = "",
    to: To = _HERE,
    as_json: Json = False,
) -> None:
    """Send nothing more to a destination until it is resumed; its reports wait in order.

    Example: readout destination pause ris --by 1001 --reason "new interface tonight"
    """
    asked = {"person": {"id": by}, "reason": reason}
    _tell(call("POST", _address(to, name, "pause"), json=asked), as_json)


@app.command("resume")
def resume(name: Name, by: By, to: To = _HERE, as_json: Json = False) -> None:
    """Send what has been waiting.

    Example: readout destination resume ris --by 1001
    """
    _tell(call("POST", _address(to, name, "resume"), json={"person": {"id": by}}), as_json)


@app.command("resend")
def resend(name: Name, by: By, to: To = _HERE, as_json: Json = False) -> None:
    """Send every held report again, the same bytes under the same control ids.

    Example: readout destination resend ris --by 1001
    """
    told = call("POST", _address(to, name, "resend"), json={"person": {"id": by}})
    if as_json:
        _print(told)
    else:
        typer.echo(f"{name}: {told['resent']} held, now sent again")


@app.command("history")
def history(name: Name, to: To = _HERE, as_json: Json = False) -> None:
    """Tell who paused, resumed and resent.

    Example: readout destination history ris
    """
    told = call("GET", _address(to, name, "history"))
    if as_json:
        _print(told)
        return
    for each in told["events"]:
        typer.echo(f"{each['at']}  {each['event']}  {each['detail']}")


def _address(to: str, *rest: str) -> str:
    return "/".join([to.rstrip("/"), "api/destinations", *rest])


def _tell(one: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print(one)
    else:
        typer.echo(_in_words(one))


def _in_words(one: dict[str, Any]) -> str:
    state = f"{one['name']}: {one['pending']} pending, {one['held']} held"
    if one["oldest_pending_at"]:
        state += f", oldest since {one['oldest_pending_at']}"
    if paused := one["paused"]:
        state += f"; paused by {paused['person']} at {paused['at']} {paused['reason']}".rstrip()
    return state + ("" if one["known"] else "; no mapping file names it")


def _print(told: dict[str, Any]) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False))
