"""`make conformance`: writes the table of deploy/access.md from the code and roles.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastapi.routing import APIRoute, APIWebSocketRoute

from adapter.domain.access import SCOPES
from adapter.mapping.files import MappingFiles
from adapter.mapping.roles import load_roles
from adapter.web.app import ROUTERS
from adapter.web.callers import is_open
from adapter.web.needs import need

PAGE = Path(__file__).resolve().parents[2] / "deploy/access.md"
BEGIN, END = "<!-- written by make conformance -->", "<!-- end -->"


def routes() -> Iterator[tuple[str, str]]:
    """(method, path) of every route; a WebSocket's method is empty."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIWebSocketRoute):
                yield "", route.path
            elif isinstance(route, APIRoute):
                yield from ((method, route.path) for method in sorted(route.methods))


def written() -> str:
    """What stands between the marks."""
    roles = load_roles(MappingFiles())
    lines = ["| scope | lets one |", "|---|---|"]
    lines += [f"| `{scope}` | {words} |" for scope, words in SCOPES.items()]
    lines += ["", f"| place | asks for | {' | '.join(roles.roles)} |"]
    lines += ["|---" * (2 + len(roles.roles)) + "|"]
    for method, path in routes():
        needed = need(method, path)
        name = f"{method or 'WS'} {path}"
        if needed is None or is_open(path):
            lines.append(f"| `{name}` | nothing |{' yes |' * len(roles.roles)}")
            continue
        told = " or ".join(f"`{each}`" for each in needed.scopes) or "to be known"
        may = (needed.met_by(roles.scopes([role])) for role in roles.roles)
        lines.append(f"| `{name}` | {told} |{''.join(' yes |' if each else '  |' for each in may)}")
    return "\n".join(lines)


def page() -> str:
    """The page with the table of today."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n\n{written()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page())
