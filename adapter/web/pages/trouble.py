"""An error as a page: what happened, what to do, and the way back."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from adapter.errors import NotFound, ReadoutError
from adapter.oauth.tokens import NotPermitted
from adapter.web.callers import is_page
from adapter.web.pages.frame import link, menu, page, visit_of
from adapter.web.pages.markup import el
from adapter.web.problems import status_of

_TITLES = {403: "Not yours to open", 404: "Not found", 409: "Not now", 503: "Try again"}


def shown(request: Request, error: ReadoutError) -> Response | None:
    """The page, for a browser that shows one; None: the caller reads problem details."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if not (wants_page and is_page(request.url.path)):
        return None
    visit = visit_of(request)
    if isinstance(error, NotPermitted) and request.url.path == "/" and (places := menu(visit)):
        return RedirectResponse(places[0], 303)  # the worklist is not everybody's first page
    status = status_of(error)
    told = str(error)
    if isinstance(error, NotFound) and "openapi" in told:
        told = "There is no page at this address."
    return page(
        visit,
        _TITLES.get(status, "This did not work"),
        el("p", told[:1].upper() + told[1:], class_="note danger"),
        el("p", link("/", "Worklist")) if visit.caller.may("GET", "/") else None,
        kind="narrow",
        status=status,
    )
