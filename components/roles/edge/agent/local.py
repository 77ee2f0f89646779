"""This machine: its VRRP state as the kernel shows it, whether it serves, and the page that says so."""

import json
import os
import select
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Optional


def is_master(marker: str, table: str = "/proc/net/fib_trie") -> bool:
    """keepalived holds the marker address exactly while it is master, so the kernel knows and cannot be late."""
    previous = ""
    with open(table, encoding="ascii") as lines:
        for line in lines:
            if line.strip() == "/32 host LOCAL" and previous == marker:
                return True
            previous = line.replace("|--", "").replace("+--", "").strip()
    return False


def serves(health_url: str) -> bool:
    """Whether this machine reaches an application node."""
    try:
        with urllib.request.urlopen(health_url, timeout=0.7) as response:
            return bool(200 <= response.status < 300)
    except OSError:
        return False


class Events:
    """keepalived's notify FIFO as an alarm clock. What it says is not believed, only that something happened."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: Optional[int] = None

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


def publish(path: str, state: dict[str, Any]) -> None:
    """Replaces the state file in one step."""
    candidate = path + ".new"
    with open(candidate, "w", encoding="utf-8") as file:
        file.write(json.dumps(state, indent=1) + "\n")
    os.replace(candidate, path)


def answer_requests(port: int, state: Callable[[], dict[str, Any]]) -> None:
    class Handler(BaseHTTPRequestHandler):
        timeout = 2

        def do_GET(self) -> None:
            content = json.dumps(state()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
