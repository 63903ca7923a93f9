"""Who has signed in, with which roles; ending a session; tokens of programs."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from adapter.domain.access import SCOPES
from adapter.domain.people import Practitioner
from adapter.store import service_tokens
from adapter.store.service_tokens import ServiceToken
from adapter.store.sessions import Ticket
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visiting, minute, page, table
from adapter.web.pages.markup import Child, el
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow.sign_in import name_of

router = APIRouter(prefix="/setup/users", include_in_schema=False)

_HOW = {"link": "one-time link", "login": "login", "launch": "EHR"}


@router.get("", response_class=HTMLResponse)
def users(visit: Visiting, parts: House) -> HTMLResponse:
    """Open sessions, roles, tokens."""
    with parts.house.database.read() as tx:
        tokens = service_tokens.listed(tx)
    roles = parts.roles.roles
    return page(
        visit,
        "Users",
        el("p", _told(parts)),
        table("Signed in", "Number|Name|Roles|By|Since|Last act|", map(_session,
              parts.sign_in.listed()), "Nobody."),
        table("Roles", "Role|May", ((name, ", ".join(map(_words, scopes)))
              for name, scopes in roles.items()), "None."),
        table("Service tokens", "Name|May|Created|Until|Last use|State", map(_token, tokens),
              "None; `readout token create` makes one."),
        here="/setup/users",
    )  # fmt: skip


@router.post("/{session}/end")
def end(session: str, caller: Calling, parts: House) -> Response:
    """End a session."""
    parts.sign_in.revoke(session, caller.named().id)
    return RedirectResponse("/setup/users", 303)


def _told(parts: Parts) -> str:
    by = (
        f"Users sign in at {parts.login.site.issuer}; claims give them their roles (roles.yaml)."
        if parts.login is not None
        else "No login is set up (READOUT_LOGIN_ISSUER)."
    )
    idle = parts.sign_in.idle_minutes
    still = f", or after {idle:g} minutes without an act" if idle else ""
    return (
        f"{by} The local user, READOUT_LOCAL_USER, signs in by a link that works once"
        f" (`readout sign-in`). A session ends after {parts.sign_in.hours:g} hours{still}."
    )


def _session(each: Ticket) -> tuple[Child, ...]:
    act = f"/setup/users/{name_of(each)}/end"
    end_it = el("form", el("button", "End", type="submit"), method="post", action=act)
    return (
        each.person.id, _name(each.person), ", ".join(each.roles), _HOW.get(each.how, each.how),
        minute(each.created_at), minute(each.seen_at), end_it,
    )  # fmt: skip


def _token(each: ServiceToken) -> tuple[Child, ...]:
    state = "revoked" if each.revoked_at else "good"
    ends = minute(each.expires_at) if each.expires_at else "-"
    return (
        each.name, ", ".join(map(_words, each.scopes)), minute(each.created_at), ends,
        minute(each.used_at), state,
    )  # fmt: skip


def _words(scope: str) -> str:
    return SCOPES.get(scope, scope)


def _name(person: Practitioner) -> str:
    return " ".join(filter(None, (person.given, person.family)))
