"""The frame of the pages: plain HTML without script, its one style allowed by its hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from fastapi.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: LinkText; } :focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: 0;
  padding: 0; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886;
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; } .stat { font-weight: 700; } p.none { opacity: .75; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
form.search { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr));
  gap: .6rem 1.2rem; align-items: end; } form.search label { display: grid; font-weight: 600; }
input, select, button { font: inherit; font-weight: 400; height: 2.4rem; padding: .35rem .5rem;
  min-width: 0; box-sizing: border-box; } input[type=checkbox] { height: auto; }
dl + form { margin-top: 1.2rem; } form.search label:has([type=checkbox]) { display: block; }
.note { border-left: .3rem solid #b60; padding: .4rem .8rem; margin: .8rem 0; }
.segments th.id { font-size: 1.05rem; padding-top: 1.4rem; border-bottom: 2px solid currentColor; }
.segments .place { font-family: ui-monospace, monospace; white-space: nowrap; width: 8.5rem; }
.segments .name { width: 18rem; font-weight: 400; }
.segments .part .name { padding-left: 1.2rem; opacity: .85; }
.segments td.value, pre { white-space: pre-wrap; font-family: ui-monospace, monospace; }
pre { overflow-wrap: anywhere; border: 1px solid #8886; padding: .8rem; max-height: 40rem;
  overflow: auto; }
@media (max-width: 45rem) { .segments .name, .segments .place { width: auto; } }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PLACES = (("/", "Overview"), ("/messages", "Messages in"), ("/deliveries", "Messages out"))


def page(title: str, body: str, *, here: str) -> HTMLResponse:
    """A whole page; `title` is text, `body` is HTML, `here` the path of its place in the menu."""
    links = "".join(
        f'<li><a href="{path}"{" aria-current=page" if path == here else ""}>{name}</a></li>'
        for path, name in _PLACES
    )
    name = "Readout" if title == "Readout" else f"{title} - Readout"
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>"
        '<a class="skip" href="#main">Skip to the content</a>'
        f'<nav aria-label="Pages"><ul>{links}</ul></nav>'
        f'<main id="main"><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


def link(path: str, text: str) -> str:
    """A link within this interface; `path` is percent-encoded already."""
    return f'<a href="{escape(path)}">{escape(text)}</a>'


def table(title: str, head: str, rows: Iterable[tuple[str, ...]], none: str) -> str:
    """A section with a table; `head` names the columns with | between, cells are HTML."""
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    if not lines:
        return f'<section><h2>{escape(title)}</h2><p class="none">{escape(none)}</p></section>'
    names = "".join(f'<th scope="col">{escape(each)}</th>' for each in head.split("|"))
    return (
        f"<section><h2>{escape(title)}</h2><table><thead><tr>{names}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></section>"
    )


def minute(moment: str) -> str:
    """ISO 8601 as a person reads it, UTC."""
    return moment[:16].replace("T", " ") + " UTC" if moment else ""
