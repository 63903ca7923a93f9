"""What a browser keeps while it is at another site to sign in: one cookie for each start."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import asdict

from fastapi import Request
from fastapi.responses import Response

from adapter.oauth.code_flow import Begun
from adapter.oauth.tokens import NotPermitted
from adapter.store.sessions import Ticket
from adapter.web.callers import session_in
from adapter.web.pages.entrance import keep_session
from adapter.web.pages.frame import Visit, page
from adapter.web.pages.markup import el
from adapter.web.parts import Parts

_MINUTES = 10


def keep_begun(request: Request, answer: Response, begun: Begun, path: str) -> None:
    """Give it to the browser, for `path` alone."""
    # lax: the browser shows it when the other site sends it back; a name of its own: two tabs
    answer.set_cookie(
        _name(path, begun.state),
        base64.urlsafe_b64encode(json.dumps(asdict(begun)).encode()).decode(),
        _MINUTES * 60,
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
        path=path,
    )


def begun_in(request: Request, state: str, path: str) -> Begun:
    """What this browser began; raises NotPermitted for a state that is not its own."""
    held = request.cookies.get(_name(path, state), "")
    try:
        begun = Begun(**json.loads(base64.urlsafe_b64decode(held)))
        same = secrets.compare_digest(begun.state.encode(), state.encode())
    except (binascii.Error, ValueError, TypeError, AttributeError):
        same = False
    if not same:
        raise NotPermitted("this browser has not begun this; start again")
    return begun


def signed_in(
    request: Request, visit: Visit, parts: Parts, ticket: Ticket, place: str, begun: Begun
) -> Response:
    """A new session, and on to `place`; blocking."""
    session = parts.sign_in.open(ticket, session_in(request))
    path = "/" + request.url.path.split("/")[1]
    # a redirect would still belong to the other site, and the session's cookie would stay away
    answer = page(
        visit,
        "Signed in",
        el("meta", http_equiv="refresh", content=f"0; url={place}"),
        el("p", el("a", "Go on", href=place)),
        kind="narrow",
    )
    keep_session(request, answer, session, parts)
    answer.delete_cookie(_name(path, begun.state), path=path)
    return answer


def _name(path: str, state: str) -> str:
    plain = "".join(each for each in state[:16] if each.isascii() and each.isalnum())
    return f"readout_{path.strip('/')}_{plain}"
