"""Who comes in, and how: what the settings and roles.yaml say of the HTTP door."""

from __future__ import annotations

from typing import NamedTuple

from adapter.audit.keys import open_keys
from adapter.domain.people import Practitioner
from adapter.errors import ConfigurationError
from adapter.mapping.access import AccessRules
from adapter.mapping.files import MappingFiles
from adapter.mapping.plug_in import PlugIn
from adapter.mapping.roles import SERVICE, Roles, load_roles
from adapter.oauth.client_keys import read_key
from adapter.oauth.code_flow import Client
from adapter.oauth.login import Login, LoginSite
from adapter.outbound import Outbound
from adapter.ports import Clock
from adapter.settings import Settings, listed
from adapter.web.access import Access, open_access
from adapter.web.throttle import Throttle
from adapter.workflow.audit_desk import AuditDesk
from adapter.workflow.service_tokens import ServiceTokens
from adapter.workflow.sign_in import SignIn
from adapter.workflow.study_access import StudyAccess
from adapter.workflow.study_flow import House


class Entry(NamedTuple):
    """What judges callers; the names are those of Parts."""

    sign_in: SignIn
    roles: Roles
    access: Access
    login: Login | None
    throttle: Throttle
    study_access: StudyAccess
    audit_desk: AuditDesk


def open_entry(
    settings: Settings,
    files: MappingFiles,
    plug_in: PlugIn,
    guard: Outbound,
    house: House,
) -> Entry:
    """The door of one node; raises ConfigurationError."""
    roles, database, clock = load_roles(files), house.database, house.clock
    keys, heads = settings.audit_files
    _check_roles(house.access, roles)
    own = ServiceTokens(database, clock, roles.scopes([SERVICE]))
    return Entry(
        SignIn(database, clock, settings.session_hours, settings.session_idle_minutes),
        roles,
        open_access(settings, plug_in, guard, clock, own),
        open_login(settings, clock),
        Throttle(settings.http_calls_per_minute, settings.sign_in_tries_per_minute),
        StudyAccess(database, clock, house.access, settings.break_glass_minutes),
        AuditDesk(database, open_keys(keys), heads),
    )


def _check_roles(rules: AccessRules, roles: Roles) -> None:
    named = {role for rule in rules.seen_by for role in rule.roles}
    if strange := sorted(named - roles.roles.keys()):
        raise ConfigurationError(f"access.yaml: no role of roles.yaml is {', '.join(strange)}")


def open_login(settings: Settings, clock: Clock) -> Login | None:
    """None where none is set up; raises ConfigurationError."""
    if not settings.login_issuer:
        return None
    if not (settings.login_client_id and settings.http_address):
        raise ConfigurationError(
            "READOUT_LOGIN_ISSUER needs READOUT_LOGIN_CLIENT_ID and READOUT_HTTP_ADDRESS; register"
            " ADDRESS/login/back there, and ADDRESS/login/ended for back-channel logout"
        )
    if settings.login_client_key_file is not None:
        read_key(settings.login_client_key_file)  # one that cannot be read shows at start
    client = Client(
        settings.login_client_id,
        f"{settings.http_address}/login/back",
        settings.login_client_key_file,
        settings.login_client_secret,
    )
    site = LoginSite(settings.login_issuer, client, settings.login_scopes, settings.http_address)
    inside = Outbound.of(settings.login_allowed_hosts, "READOUT_LOGIN_ALLOWED_HOSTS")
    return Login(site, inside.also(settings.login_issuer), clock)


def sign_in_path(desk: SignIn, settings: Settings) -> str:
    """Where the local user signs in, once."""
    person = Practitioner(*settings.local_user_parts)
    return f"/sign-in?code={desk.new_code(person, listed(settings.local_roles))}"
