"""`readout destination`: lets reports to a destination wait, go on, or be sent again."""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.cli.remote import HERE, By, Json, Reason, To, Told, get, lines, post, show
from adapter.cli.remote import history as history_of

app = typer.Typer(no_args_is_help=True, help="Pause, resume and resend what goes to a destination.")

Name = Annotated[str, typer.Argument(help="Name of the destination in its mapping file.")]
_PLACE = "api/destinations"


@app.command("list")
def list_(to: To = HERE, as_json: Json = False) -> None:
    """Tell how each destination stands.

    Example: readout destination list --to http://127.0.0.1:8765
    """
    show(get(to, _PLACE), as_json, lambda told: lines(told, "destinations", _in_words))


@app.command("pause")
def pause(name: Name, by: By, reason: Reason = "", to: To = HERE, as_json: Json = False) -> None:
    """Send nothing more to a destination until it is resumed; its reports wait in order.

    Example: readout destination pause ris --by 1001 --reason "new interface tonight"
    """
    show(post(to, _PLACE, name, "pause", by=by, reason=reason), as_json, _in_words)


@app.command("resume")
def resume(name: Name, by: By, to: To = HERE, as_json: Json = False) -> None:
    """Send what has been waiting.

    Example: readout destination resume ris --by 1001
    """
    show(post(to, _PLACE, name, "resume", by=by), as_json, _in_words)


@app.command("resend")
def resend(name: Name, by: By, to: To = HERE, as_json: Json = False) -> None:
    """Send every held report again, the same bytes under the same control ids.

    Example: readout destination resend ris --by 1001
    """
    told = post(to, _PLACE, name, "resend", by=by)
    show(told, as_json, lambda done: f"{name}: {done['resent']} held, now sent again")


@app.command("history")
def history(name: Name, to: To = HERE, as_json: Json = False) -> None:
    """Tell who paused, resumed and resent.

    Example: readout destination history ris
    """
    show(get(to, _PLACE, name, "history"), as_json, history_of)


def _in_words(one: Told) -> str:
    state = f"{one['name']}: {one['pending']} pending, {one['held']} held"
    if one["oldest_pending_at"]:
        state += f", oldest since {one['oldest_pending_at']}"
    if paused := one["paused"]:
        state += f"; paused by {paused['person']} at {paused['at']} {paused['reason']}".rstrip()
    return state + ("" if one["known"] else "; no mapping file names it")
