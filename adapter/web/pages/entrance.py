"""Signing in and out, and the choice of the theme."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import anyio
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from adapter.web.bodies import Asked, Word
from adapter.web.callers import cookie_name, session_in
from adapter.web.pages.frame import THEME, THEMES, Visit, Visiting, page
from adapter.web.pages.markup import Html, el
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow.sign_in import NotSignedIn

router = APIRouter(include_in_schema=False)

_YEAR_S = 31_536_000
_HOW = (
    "Readout prints a link when it starts. For a new one, run this on its machine and open what "
    "it prints, or paste the code from the link here:"
)


class SignInForm(Asked):
    """A code of a one-time link, and where to go then."""

    code: Word = Field(default="", max_length=200)
    """The code."""
    next: Word = Field("/", max_length=2_000)
    """Where to go."""


class ThemeForm(Asked):
    """The theme, and where to go back to."""

    theme: Word = Field(THEMES[0], max_length=10)
    """auto, light or dark."""
    next: Word = Field("/", max_length=2_000)
    """Where to go back to."""


@router.get("/sign-in")
def entrance(visit: Visiting, parts: House, form: Annotated[SignInForm, Query()]) -> Response:
    """Ask for the code, or to confirm it: the link alone uses nothing up."""
    return _entrance(visit, parts, form)


@router.post("/sign-in")
def sign_in(
    request: Request, visit: Visiting, form: Annotated[SignInForm, Form()], parts: House
) -> Response:
    """A new session for the code; whatever session the browser held before is over."""
    try:
        session, _ = parts.sign_in.redeem(form.code.strip(), session_in(request))
    except NotSignedIn as error:
        return _entrance(visit, parts, SignInForm(code="", next=form.next), str(error))
    answer = RedirectResponse(local(form.next), 303)
    keep_session(request, answer, session, parts)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, visit: Visiting, parts: House) -> Response:
    """End the session, and where it was opened by a login that of the provider, too."""
    held = session_in(request)
    ended = await anyio.to_thread.run_sync(parts.sign_in.sign_out, held)
    login = parts.login if ended is not None and ended.how == "login" else None
    there = await login.leave() if login is not None else ""
    answer: Response = RedirectResponse("/sign-in", 303)
    if there:  # a form may not lead to another site, a page may
        answer = page(
            visit,
            "Signed out",
            el("meta", http_equiv="refresh", content=f"0; url={there}"),
            el("p", el("a", "Sign out of the hospital's login, too", href=there)),
            kind="narrow",
        )
    forget_session(request, answer)
    return answer


@router.post("/theme")
def choose_theme(request: Request, form: Annotated[ThemeForm, Form()]) -> Response:
    """Keep the theme in a cookie: the next page comes in it, without a flash."""
    answer = RedirectResponse(local(form.next), 303)
    theme = form.theme if form.theme in THEMES else THEMES[0]
    keep(request, answer, THEME, theme, _YEAR_S, httponly=False)
    return answer


def local(path: str) -> str:
    """A place within this interface; anything else becomes the worklist."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside else "/"


def keep(
    request: Request, answer: Response, name: str, value: str, seconds: int, *, httponly: bool
) -> None:
    """Give the browser a cookie for this interface alone."""
    secure = request.url.scheme == "https"
    answer.set_cookie(
        name, value, seconds, httponly=httponly, secure=secure, samesite="strict", path="/"
    )


def keep_session(request: Request, answer: Response, session: str, parts: Parts) -> None:
    """Give the browser the secret of its session, which no script can read."""
    name = cookie_name(secure=request.url.scheme == "https")
    keep(request, answer, name, session, int(parts.sign_in.hours * 3600), httponly=True)


def forget_session(request: Request, answer: Response) -> None:
    """Take it from the browser."""
    secure = request.url.scheme == "https"
    answer.delete_cookie(cookie_name(secure=secure), secure=secure, httponly=True)


def _entrance(visit: Visit, parts: Parts, form: SignInForm, wrong: str = "") -> Response:
    place = el("input", type="hidden", name="next", value=local(form.next))
    code = (
        el("input", type="hidden", name="code", value=form.code)
        if form.code
        else el("label", "Code", el("input", name="code", required=True, autocomplete="off"))
    )
    how = None if form.code else (el("p", _HOW), el("pre", "readout sign-in"))
    return page(
        visit,
        "Sign in",
        el("p", wrong, class_="note", role="alert") if wrong else None,
        _login(form) if parts.login is not None and not form.code else None,
        how,
        el(
            "form",
            place,
            code,
            el("button", "Sign in", type="submit", class_="main"),
            method="post",
            action="/sign-in",
            class_="entrance",
        ),
        kind="narrow",
        status=401 if wrong else 200,
    )


def _login(form: SignInForm) -> Html:
    place = f"/login?{urlencode({'next': local(form.next)})}"
    way = el("a", "Sign in with the hospital's login", href=place, class_="button main", id="login")
    return el("p", way)
