"""Calls to the Hetzner Cloud API: every outcome is a value, nothing is given up silently."""

import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple


class Answer(NamedTuple):
    # 0: no answer at all.
    status: int
    # Hetzner's error code, or what the network said.
    code: str
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {self.code}".strip()


# Names keep their last known addresses, so that a dead resolver cannot stop a failover.
_known_addresses: dict[Any, Any] = {}
_resolve = socket.getaddrinfo


def _remembering_getaddrinfo(*query: Any, **options: Any) -> Any:
    key = (query, tuple(sorted(options.items())))
    try:
        _known_addresses[key] = _resolve(*query, **options)
    except OSError:
        if key not in _known_addresses:
            raise
    return _known_addresses[key]


socket.getaddrinfo = _remembering_getaddrinfo


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        # What a request carries must not follow to another host.
        return None


class Api:
    def __init__(self, endpoint: str, token: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._token = token
        self._opener = urllib.request.build_opener(NoRedirects)
        self._threads = ThreadPoolExecutor(max_workers=8)
        self.last = Answer(0, "not called yet", {})
        # Time of day of the last call that succeeded.
        self.succeeded_at: float | None = None

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, timeout: float = 3) -> Answer:
        return self._remember(self._call(method, path, body, timeout))

    def _remember(self, answer: Answer) -> Answer:
        self.last = answer
        if answer.ok:
            self.succeeded_at = time.time()
        return answer

    def _call(self, method: str, path: str, body: dict[str, Any] | None, timeout: float) -> Answer:
        request = urllib.request.Request(
            self._endpoint + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Bearer " + self._token,
                "Content-Type": "application/json",
                "User-Agent": "hetzner-platform-agent",
            },
        )
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return Answer(response.status, "", _json(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                content = _json(_quiet_read(error))
            detail = content.get("error")
            return Answer(error.code, str(detail.get("code", "")) if isinstance(detail, dict) else "", content)
        except (OSError, ValueError) as error:
            return Answer(0, type(error).__name__ + ": " + str(error), {})

    def insist(self, method: str, path: str, body: dict[str, Any], every: float = 3, limit: float = 15) -> Answer:
        """The first answer of several attempts: a slow API and one that swallows requests look alike at first."""
        attempts: set[Future[Answer]] = set()
        begin = time.monotonic()
        while time.monotonic() - begin < limit:
            attempts.add(self._threads.submit(self._call, method, path, body, limit))
            done, attempts = wait(attempts, timeout=every, return_when=FIRST_COMPLETED)
            if done:
                self._remember(max((attempt.result() for attempt in done), key=lambda answer: answer.status != 0))
                if self.last.status != 0 or not attempts:
                    return self.last
        self.last = Answer(0, f"no answer within {limit} s", {})
        return self.last

    def settle(self, answer: Answer, limit: float = 20) -> bool:
        """Waits until the action of an accepted request has ended. False: it failed, or nobody knows."""
        action = answer.body.get("action") or {}
        deadline = time.monotonic() + limit
        while action.get("status") == "running" and time.monotonic() < deadline:
            time.sleep(0.25)
            polled = self.call("GET", f"/actions/{action.get('id')}")
            if polled.ok:
                action = polled.body.get("action") or {}
            elif polled.status in (401, 403, 404):
                return False
            else:
                time.sleep(2.25 if polled.status == 429 else 0.75)
        return bool(action.get("status") == "success")


def _json(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _quiet_read(response: Any) -> bytes:
    try:
        return bytes(response.read())
    except OSError:
        return b""
