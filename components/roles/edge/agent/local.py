"""This machine: its VRRP state as the kernel shows it, whether it serves, and the page that says so."""

import http.client
import json
import os
import select
import threading
import time
import urllib.request
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from log import Log
from signing import NONCE_HEADER, SIGNATURE_HEADER


def is_master(marker: str, table: str = "/proc/net/fib_trie") -> bool:
    """keepalived holds the marker address exactly while it is master, so the kernel knows and cannot be late."""
    previous = ""
    with open(table, encoding="ascii") as lines:
        for line in lines:
            if line.strip() == "/32 host LOCAL" and previous == marker:
                return True
            previous = line.replace("|--", "").replace("+--", "").strip()
    return False


# Seconds between two questions, and the longest that an answer may take: a slow site is no dead one.
HEALTH_INTERVAL = 0.5
HEALTH_TIMEOUT = 2.0
# Older answers say nothing about now.
HEALTH_FRESH = 4.0


class Health:
    """Whether this machine reaches an application node: asked all the time, so that nobody waits for the answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        # When the question was asked that the newest answer belongs to, and whether that was good.
        self._newest = (float("-inf"), False)

    def watch(self) -> None:
        threading.Thread(target=self._ask_forever, daemon=True).start()

    def serves(self) -> bool:
        asked_at, good = self._newest
        return good and time.monotonic() - asked_at < HEALTH_FRESH

    def _ask_forever(self) -> None:
        while True:
            begin = time.monotonic()
            self._newest = (begin, self._ask())
            time.sleep(max(0.05, HEALTH_INTERVAL - (time.monotonic() - begin)))

    def _ask(self) -> bool:
        try:
            with urllib.request.urlopen(self._url, timeout=HEALTH_TIMEOUT) as response:
                return bool(200 <= response.status < 300)
        except (OSError, http.client.HTTPException):
            return False


class Events:
    """keepalived's notify FIFO as an alarm clock. What it says is not believed, only that something happened."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def wait(self, seconds: float) -> bool:
        if self._descriptor is None:
            try:
                # Reading and writing, so that the FIFO never reports its end when keepalived restarts.
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
            except OSError:
                seconds = min(seconds, 0.5)
        descriptors = [] if self._descriptor is None else [self._descriptor]
        readable, _, _ = select.select(descriptors, [], [], seconds)
        for descriptor in readable:
            os.read(descriptor, 65536)
        return bool(readable)


class Flag:
    """A file that keepalived watches: it says 1 or 0."""

    def __init__(self, path: str, log: Log) -> None:
        self._path = path
        self._log = log
        # None: not written yet.
        self.value: bool | None = None

    def set(self, value: bool) -> None:
        if value == self.value:
            return
        try:
            with open(self._path, "r+", encoding="ascii") as file:
                file.write("1\n" if value else "0\n")
                file.truncate()
        except OSError as error:
            # All else that the agent does is worth more than this.
            self._log.say(3, f"cannot write {self._path}: {error}")
            return
        self.value = value


def publish(path: str, state: dict[str, Any]) -> None:
    """Replaces the state file in one step."""
    candidate = path + ".new"
    with open(candidate, "w", encoding="utf-8") as file:
        file.write(json.dumps(state, indent=1) + "\n")
    os.replace(candidate, path)


def answer_requests(
    port: int,
    state: Callable[[], dict[str, Any]],
    sign: Callable[[str, bytes], str],
    may_ask: Callable[[str, Message], bool],
) -> None:
    """The state for whoever may ask, signed for who sends a nonce. People, and peers of an older version, send none."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 2

        def do_GET(self) -> None:
            if not may_ask(self.path.partition("?")[0], self.headers):
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = json.dumps(state()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            signature = sign(self.headers.get(NONCE_HEADER, ""), content)
            if signature:
                self.send_header(SIGNATURE_HEADER, signature)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
