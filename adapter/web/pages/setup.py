"""Templates, macros and words: what there is, editing with lint and preview, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from adapter.domain.identifiers import sha256_hex
from adapter.mapping.vocabulary import SITE
from adapter.web.bodies import Asked, Word
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visit, Visiting, fragment, link, minute, page, table
from adapter.web.pages.mapping_preview import preview
from adapter.web.pages.markup import Html, el
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow.site_mappings import FOLDERS, LARGEST, Held, Refused

router = APIRouter(prefix="/setup", include_in_schema=False)

_TITLES = {"templates": "Templates", "macros": "Macros", "vocabulary": "Vocabulary"}
_READ_ONLY = (
    "These files can be read only: set READOUT_MAPPINGS_DIR to a directory of the site to change"
    " them here."
)
_SAVED = (
    "Written, and in force for new reports, on every node. Reports in work keep the templates and"
    " macros that they were begun with."
)
_SOON = "It is in force at once."
_NEW_WORDS = "vocabulary/en.site.yaml"
_EMPTY_WORDS = (
    "# What the site adds to the packaged words; keys as in mappings/README.md.\nterms: {}\n"
)

Name = Annotated[str, Query(max_length=100)]


class FileForm(Asked):
    """A file as edited."""

    name: Word = Field(max_length=100)
    """Its name below the mappings directory."""
    body: str = Field("", max_length=LARGEST)
    """Its text."""
    base: Word = Field("", max_length=64)
    """Hash of the version that was edited; empty: it is new."""


@router.get("", response_class=HTMLResponse)
def listed(visit: Visiting, parts: House) -> HTMLResponse:
    """Every file."""
    desk = parts.site_mappings
    note = None if desk.writable else el("p", _READ_ONLY, class_="note")
    folders = (_folder(parts, each) for each in FOLDERS)
    return page(visit, "Templates and words", note, folders, here="/setup")


@router.get("/file", response_class=HTMLResponse)
def show(
    visit: Visiting, parts: House, name: Name, version: Name = "", saved: Name = ""
) -> HTMLResponse:
    """One file, or an earlier version of it, to read and edit."""
    if name == _NEW_WORDS and not parts.site_mappings.has(name):
        return _editor(visit, parts, FileForm(name=name, body=_EMPTY_WORDS, base=""))
    held = parts.site_mappings.get(name)
    body = parts.site_mappings.version(name, version) if version else held.file.body
    text = body.decode("utf-8", "replace")
    form = FileForm(name=name, body=text, base=held.file.sha256)
    return _editor(visit, parts, form, saved=bool(saved))


@router.post("/file")
def save(
    visit: Visiting, parts: House, caller: Calling, form: Annotated[FileForm, Form()]
) -> Response:
    """Write the file, or show what is wrong with it."""
    body = _bytes(form)
    desk = parts.site_mappings
    base = form.base if desk.has(form.name) else ""
    try:
        desk.save(form.name, body, caller.named(), base)
    except Refused as error:
        return _editor(visit, parts, form, error.found)
    return RedirectResponse(f"/setup/file?name={form.name}&saved={sha256_hex(body)[:8]}", 303)


@router.post("/check", response_class=HTMLResponse)
def check(parts: House, form: Annotated[FileForm, Form()]) -> HTMLResponse:
    """What is wrong, and what the file comes to; for the module that shows it while one types."""
    body = _bytes(form)
    found = parts.site_mappings.faults(form.name, body)
    return fragment(_faults(found), preview(parts, form.name, body) if not found else None)


def _editor(
    visit: Visit,
    parts: Parts,
    form: FileForm,
    found: list[str] | None = None,
    *,
    saved: bool = False,
) -> HTMLResponse:
    desk = parts.site_mappings
    body = _bytes(form)
    fixed = form.name.startswith("vocabulary/") and not form.name.endswith(SITE)
    wrong = found or ([] if fixed else desk.faults(form.name, body))
    may_write = desk.writable and not fixed
    result = el(
        "div", _faults(wrong), None if wrong else preview(parts, form.name, body),
        id="result", role="status",
    )  # fmt: skip
    return page(
        visit,
        form.name,
        el("p", link("/setup", "Templates and words")),
        el("p", _SAVED, class_="note good", role="status") if saved else None,
        None if may_write else el("p", _READ_ONLY if not desk.writable else _FIXED, class_="note"),
        el("div", _source(form, may_write=may_write), el("div", result, _versions(parts, form)),
           class_="two"),
        modules=("setup.js",),
        here="/setup",
        status=422 if found else 200,
    )  # fmt: skip


_FIXED = "These are the packaged words. Add yours in vocabulary/en.site.yaml."


def _source(form: FileForm, *, may_write: bool) -> Html:
    return el(
        "form",
        el("input", type="hidden", name="base", value=form.base),
        el("p", el("label", "File ", el("input", name="name", value=form.name, required=True,
                                        readonly=not may_write, size=40))),
        el("label", "Text", class_="unseen", for_="source"),
        el("textarea", "\n", form.body, name="body", id="source", class_="source",
           spellcheck="false", readonly=not may_write),
        el("p", el("button", "Check and write", type="submit", class_="main"), " ",
           el("span", _SOON, class_="muted")) if may_write else None,
        method="post", action="/setup/file", id="edit",
    )  # fmt: skip


def _faults(found: list[str]) -> Html:
    if not found:
        return el("p", "No fault found.", class_="note good")
    lines = el("ul", (el("li", each) for each in found), class_="plain")
    return el("div", el("strong", "This is not written until it is mended:"), lines,
              class_="note danger")  # fmt: skip


def _versions(parts: Parts, form: FileForm) -> Html:
    rows = (
        (
            minute(each.at),
            each.person,
            link(f"/setup/file?name={form.name}&version={each.sha256}", each.sha256[:12]),
        )
        for each in parts.site_mappings.versions(form.name)
    )
    return table("Versions written here", "When|By|Version", rows, "None was written here.")


def _folder(parts: Parts, folder: str) -> Html:
    held = parts.site_mappings.listed(folder)
    names = {each.file.name for each in held}
    new = folder == "vocabulary" and _NEW_WORDS not in names and parts.site_mappings.writable
    added = el("li", link(f"/setup/file?name={_NEW_WORDS}", f"Add {_NEW_WORDS}")) if new else None
    titles = {each.table.id: each.table.title for each in parts.house.tables.templates}
    listed = (_item(each, titles if folder == "templates" else {}) for each in held)
    items = el("ul", listed, added, class_="files")
    return el("section", el("h2", _TITLES[folder]), el("div", items, class_="card"))


def _item(each: Held, titles: Mapping[str, str]) -> Html:
    """A file by its title, where it has one, and its name."""
    name = each.file.name.partition("/")[2]
    title = titles.get(name.removesuffix(".yaml"))
    mark = el("span", "site", class_="chip info") if each.site else None
    told = el("span", name, class_="muted small") if title else None
    place = f"/setup/file?name={each.file.name}"
    return el("li", link(place, title or name), " ", told, " ", mark)


def _bytes(form: FileForm) -> bytes:
    """As it is written: line ends of the file, not of the form."""
    return form.body.replace("\r\n", "\n").encode("utf-8", "replace")
