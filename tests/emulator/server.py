# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: a threading server on loopback, to be run in a process of its own or inside a test."""

from __future__ import annotations

import socketserver
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from .builder import apply_scenario
from .client import Control
from .control import PREFIX, answer_control
from .messages import Request, Response
from .model import routes
from .scenario import Scenario, load_scenario
from .service import Service
from .settings import Settings

LOOPBACK = ("127.0.0.1", "localhost")


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has it answered, and sends header and body in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_any(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            self.send_error(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
            return
        body = self.rfile.read(int(length))
        emulator = self.server.emulator
        if self.path.startswith(PREFIX):
            response = answer_control(emulator, self.command, self.path, body)
        else:
            authorization = self.headers.get("Authorization", "")
            response = emulator.service.answer(Request(self.command, self.path, authorization, body))
        try:
            self.send(response)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def send(self, response: Response) -> None:
        if response.drop:
            self.close_connection = True
            return
        headers = {**response.headers, "Date": self.date_time_string()}
        if response.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(response.body))
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """The service keeps its own log."""


class Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], emulator: Emulator) -> None:
        self.emulator = emulator
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # Without the base class's look-up of the host's full name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        if isinstance(sys.exception(), ConnectionError):
            return  # a client that was killed, for example
        self.emulator.service.violations.append(f"A request from {client_address} ended in an exception.")
        super().handle_error(request, client_address)


class Emulator:
    """A running emulator, as a context manager: with Emulator(scenario) as emulator: emulator.url.

    scenario is a dictionary, the path of a YAML file, or None for an empty one. port 0 takes a free port.
    Raises ScenarioError for a scenario that makes no sense, OSError where the port is taken.
    """

    def __init__(
        self,
        scenario: Scenario | Path | str | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        if host not in LOOPBACK:
            raise ValueError(f"The emulator listens on loopback only ({', '.join(LOOPBACK)}), not on {host}.")
        self.service: Service = Service(log)
        self.scenario: Scenario = load_scenario(scenario)
        self.reset(self.scenario)
        self._server = Server((host, port), self)
        self.url = f"http://{self._server.server_name}:{self._server.server_port}"
        self.control = Control(self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def reset(self, scenario: Scenario) -> None:
        """Forgets everything but the scenario."""
        service = self.service
        with service.store.lock:
            service.store.clear()
            service.faults.clear()
            service.buckets.clear()
            service.log.clear()
            service.violations.clear()
            service.settings = Settings()
            apply_scenario(service, scenario, seeding=True)

    def start(self) -> Emulator:
        routes()
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.service.close()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
