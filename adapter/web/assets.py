"""Style and modules of the pages: one address for each version of all of them, kept for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter, Response

from adapter.errors import NotFound

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def _read() -> dict[str, bytes]:
    paths = sorted(path for path in _FOLDER.rglob("*") if path.suffix in _TYPES)
    return {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in paths}


def _digest(files: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, body in files.items():
        whole.update(f"{name}\n{len(body)}\n".encode() + body)
    return whole.hexdigest()[:16]


FILES = _read()
"""Path below static/ -> bytes."""
DIGEST = _digest(FILES)
"""Of all files: modules that import each other by relative addresses stay of one version."""


def url(name: str) -> str:
    """Address of a file below static/; raises KeyError where there is none."""
    FILES[name]
    return f"/static/{DIGEST}/{name}"


@router.get("/static/{digest}/{name:path}")
def asset(digest: str, name: str) -> Response:
    """A file of this version; one of another version is gone."""
    if digest != DIGEST or name not in FILES:
        raise NotFound("there is no such file; load the page again", code="not-found")
    return Response(FILES[name], media_type=_TYPES[Path(name).suffix], headers=_FOR_GOOD)
