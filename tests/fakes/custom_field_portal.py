"""A portal of the kind that public client programs of PowerScribe 360 talk to, as a process.

`python -m tests.fakes.custom_field_portal` prints its port. It is built from those programs alone:
what the vendor's product does beyond them is not known here. `POST /control` sets `fail` and
`expire`; `GET /control` tells what was set.
"""

from __future__ import annotations

import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

ORDERS = {"A1": ["501"], "A2": ["502", "503"]}
FIELDS = {"Findings", "Impression"}
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


class State:
    def __init__(self) -> None:
        self.sessions: set[str] = set()
        self.signed_in = 0
        self.values: dict[str, str] = {}
        self.fail = 0  # the status of the next answers


class Handler(BaseHTTPRequestHandler):
    state = State()

    def do_GET(self) -> None:
        state = self.state
        told = {"signed_in": state.signed_in, "values": state.values, "open": len(state.sessions)}
        self._answer(200, json.dumps(told))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
        service = self.path.removeprefix("/RadPortal/services/")
        if self.path == "/control":
            self._control(json.loads(body))
        elif self.state.fail:
            self._answer(self.state.fail, "<error>The server is busy.</error>")
        elif service == "auth.asmx/SignIn":
            self._sign_in(self._form(body))
        elif self._session() not in self.state.sessions:
            self._answer(500, "System.Exception: User session is invalid or has expired.")
        else:
            self._serve(service, self._form(body))

    def _serve(self, service: str, form: dict[str, str]) -> None:
        if service == "auth.asmx/SignOut":
            self.state.sessions.discard(self._session())
            self._answer(200, "<boolean>true</boolean>")
        elif service == "explorer.asmx/SearchByAccession":
            found = "".join(
                f"<Order><OrderID>{each}</OrderID><ReportID>9</ReportID></Order>"
                for each in ORDERS.get(form["accessions"], [])
            )
            self._answer(200, f"<ArrayOfOrder>{found}</ArrayOfOrder>")
        elif service == "customfield.asmx/SetOrderCustomFieldByName":
            if form["name"] not in FIELDS:
                self._answer(500, f"System.Exception: Custom field '{form['name']}' unknown.")
                return
            self.state.values[f"{form['orderID']}/{form['name']}"] = form["value"]
            self._answer(200, "<boolean>true</boolean>")
        else:
            self._answer(404, "")

    def _sign_in(self, form: dict[str, str]) -> None:
        assert form["systemID"] == "0"
        assert form["accessCode"] == ""
        if (form["username"], form["password"]) != ("service", "p&ss=word"):
            self._answer(200, "<boolean>false</boolean>")
            return
        session = uuid.uuid4().hex
        self.state.sessions.add(session)
        self.state.signed_in += 1
        self._answer(200, "<boolean>true</boolean>", cookie=f"ASP.NET_SessionId={session}; path=/")

    def _control(self, told: dict[str, Any]) -> None:
        self.state.fail = told.get("fail", 0)
        if told.get("expire"):
            self.state.sessions.clear()
        self._answer(200, "{}")

    def _session(self) -> str:
        return self.headers.get("Cookie", "").partition("ASP.NET_SessionId=")[2].partition(";")[0]

    @staticmethod
    def _form(body: str) -> dict[str, str]:
        found = parse_qs(body, keep_blank_values=True, strict_parsing=True)
        return {name: values[0] for name, values in found.items()}

    def _answer(self, status: int, text: str, cookie: str = "") -> None:
        body = text.encode() if text.startswith("{") else (_XML + text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port)
    sys.stdout.flush()
    server.serve_forever()
