"""Errors as answers: RFC 9457 problem details, OperationOutcome on FHIR paths."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal

import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from adapter.errors import (
    Malformed,
    NeedsPerson,
    NotFound,
    ReadoutError,
    Rejected,
    TryAgain,
    Unsupported,
)
from adapter.fhir.outcome import operation_outcome
from adapter.oauth.tokens import NotAuthenticated, NotPermitted
from adapter.observability.logs import where
from adapter.store.database import is_passing, trouble
from adapter.workflow.sign_off import Blocked
from adapter.workflow.stale_edits import StaleEdit

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
FHIR_JSON = "application/fhir+json"
PLUG_IN = "/v1/process"
"""The address of the plug-in, whose errors have the form of its contract."""
_AGAIN = "nothing was stored; try again"
_SAME_MOMENT = "another request wrote the same at this moment; send yours again"


class Blocker(BaseModel):
    """A flag that stands in the way of the signature."""

    id: Annotated[str, Field(description="what `dismiss` takes as its target")]
    code: str
    message: str
    statement: str | None = None
    ai: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    pointer: Annotated[str | None, Field(description="JSON pointer or path of what is wrong")] = (
        None
    )
    instance: Annotated[str | None, Field(description="names this occurrence in the log")] = None
    current: Annotated[str | None, Field(description="of a stale edit: what stands there now")] = (
        None
    )
    version: Annotated[int | None, Field(description="of a stale edit: where it stands")] = None
    blockers: Annotated[
        list[Blocker] | None, Field(description="of a signature: what is to be cleared first")
    ] = None


class Refusal(BaseModel):
    """Why the plug-in gives no answer."""

    success: Literal[False] = False
    error: str


class NotThisHost(Rejected):
    """The request came under a name, or from a page, that is not ours (HTTP 403)."""

    http_status = 403


class TooManyCalls(Rejected):
    """More than one caller or address may ask for in a minute (HTTP 429, RFC 6585 4)."""

    http_status = 429

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message, code="throttled")
        self.after = after


class TooSlow(Rejected):
    """The client stopped sending in the middle of a body (HTTP 408)."""

    http_status = 408


Shown = Callable[[Request, ReadoutError], Response | None]
"""An error as a page, for a person who looks at one; None: it is not for a person."""


def install(app: FastAPI, shown: Shown = lambda _request, _error: None) -> None:
    """Let every error of an endpoint end as a problem, or as a page."""

    @app.exception_handler(ReadoutError)
    def _ours(request: Request, error: ReadoutError) -> Response:
        return shown(request, error) or answer(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    def _schema(request: Request, error: RequestValidationError) -> Response:
        known = _wrong_body(error)
        return shown(request, known) or answer(known, request.url.path)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        cause = error.__cause__  # what was raised while the body was being read
        known = cause if isinstance(cause, ReadoutError) else _of_http(error)
        if error.status_code == 404 and (page := shown(request, known)):
            return page
        response = answer(known, request.url.path, error.status_code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(sa.exc.DBAPIError)
    def _database(request: Request, error: sa.exc.DBAPIError) -> JSONResponse:
        if not is_passing(error):
            raise error
        what = trouble(error)
        log.warning("http_database_away", what=what)
        return answer(TryAgain(f"{what}; {_AGAIN}", after=5.0), request.url.path)

    @app.exception_handler(sa.exc.IntegrityError)
    def _race(request: Request, _error: sa.exc.IntegrityError) -> JSONResponse:
        return answer(TryAgain(_SAME_MOMENT, after=1.0), request.url.path)


def answer(error: ReadoutError, path: str, status: int | None = None) -> JSONResponse:
    """The response that tells this error; `status` only counts for errors that name none."""
    code = status if status and type(error) is Rejected else status_of(error)
    headers = _headers(error)
    if is_fhir(path):
        content: Any = operation_outcome(error)
        return JSONResponse(content, code, headers, FHIR_JSON)
    if path == PLUG_IN:
        return _refusal(str(error), code, headers)
    return _problem(error, code, headers)


def unexpected(error: Exception, path: str) -> JSONResponse:
    """The answer to a bug: nothing of it but a number that is in the log as well."""
    number = uuid.uuid4().hex
    log.error("http_failed", number=number, error=type(error).__name__, where=where(error))
    told = f"something went wrong inside; the log has it under {number}"
    if is_fhir(path):
        return JSONResponse(operation_outcome(ReadoutError(told)), 500, media_type=FHIR_JSON)
    if path == PLUG_IN:
        return _refusal(told, 500, None)
    problem = Problem(
        title="Internal Server Error",
        status=500,
        detail=told,
        code="internal",
        instance=f"urn:uuid:{uuid.UUID(number)}",
    )
    return _response(problem, 500, None)


def is_fhir(path: str) -> bool:
    """Whether this path belongs to the FHIR endpoint."""
    return path == "/fhir" or path.startswith("/fhir/")


def _headers(error: ReadoutError) -> dict[str, str] | None:
    """Retry-After, or the challenge of RFC 6750 3."""
    if isinstance(error, TryAgain):
        return {"Retry-After": str(int(error.after or 5))}
    if isinstance(error, TooManyCalls):
        return {"Retry-After": str(math.ceil(error.after))}
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{error}"'}
    if isinstance(error, NotPermitted):
        return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{error.scope}"'}
    return None


def _refusal(error: str, status: int, headers: dict[str, str] | None) -> JSONResponse:
    """In the form of the plug-in's contract, which knows 400, 401 and 500."""
    known = status if status in (401, 403, 405) else 400 if status < 500 else 500
    return JSONResponse(Refusal(error=error).model_dump(), known, headers)


def _problem(error: ReadoutError, status: int, headers: dict[str, str] | None) -> JSONResponse:
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=str(error),
        code=getattr(error, "code", type(error).__name__.lower()),
        pointer=getattr(error, "location", "") or None,
        current=error.current if isinstance(error, StaleEdit) else None,
        version=error.version if isinstance(error, StaleEdit) else None,
        blockers=_blockers(error) if isinstance(error, Blocked) else None,
    )
    return _response(problem, status, headers)


def _blockers(error: Blocked) -> list[Blocker]:
    names = Blocker.model_fields
    return [Blocker(**{name: getattr(flag, name) for name in names}) for flag in error.flags]


def _response(problem: Problem, status: int, headers: dict[str, str] | None) -> JSONResponse:
    content = problem.model_dump(exclude_none=True)
    return JSONResponse(content, status, headers, PROBLEM_JSON)


def status_of(error: ReadoutError) -> int:
    """The HTTP status that tells this error."""
    if isinstance(error, Rejected):
        return error.http_status
    if isinstance(error, TryAgain):
        return 503
    return 409 if isinstance(error, NeedsPerson) else 500


def _wrong_body(error: RequestValidationError) -> Rejected:
    """Where and why; never the value itself, which may be patient data."""
    first = error.errors()[0]
    part, *rest = first["loc"]
    if first["type"] == "json_invalid":
        return Malformed("the body is not JSON", location="/", code="json")
    pointer = "/" + "/".join(map(str, rest))
    where = pointer if part == "body" else f"{part} parameter {pointer[1:]}"
    return Rejected(f"{where}: {first['msg']}", location=pointer, code="schema")


def _of_http(error: HTTPException) -> Rejected:
    if error.status_code == 404:
        return NotFound("there is nothing at this address; see /openapi.json", code="not-found")
    if error.status_code == 405:
        told = "this address does not take this method; see /openapi.json"
        return _WrongMethod(told, code="not-supported")
    if error.status_code == 415:
        return Unsupported(str(error.detail), code="not-supported")
    return Rejected(str(error.detail), code="http")


class _WrongMethod(Rejected):
    http_status = 405
