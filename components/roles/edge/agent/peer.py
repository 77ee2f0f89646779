"""Asks the other load balancer for its state over the private and the public side, all the time."""

import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any, Optional

from decision import PeerView

# Seconds between two questions: a standby must know at once, the owner of the address need not.
INTERVAL_STANDBY = 0.5
INTERVAL_OWNER = 2.0
# Longer than the peer's agent waits for its own load balancer.
TIMEOUT = 1.0
# Older answers say nothing about now.
FRESH = 2.0


class Side:
    """One way to the peer. The newest answer, and how often in a row nobody answered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url: Optional[str] = None
        self.key = ""
        self.state: Optional[dict[str, Any]] = None
        # When the question was asked that the newest answer belongs to.
        self.answered_at = float("-inf")
        self.asked_at = float("-inf")
        self.failures = 0
        self.interval = INTERVAL_STANDBY
        self.hurry = threading.Event()

    def ask(self) -> None:
        url = self.url
        if url is None:
            return
        request = urllib.request.Request(url, headers={"X-Platform-Key": self.key} if self.key else {})
        state: Optional[dict[str, Any]] = None
        answered = True
        begin = time.monotonic()
        try:
            with _direct.open(request, timeout=TIMEOUT) as response:
                parsed = json.loads(response.read(65536))
                state = parsed if isinstance(parsed, dict) and "vrrp" in parsed else None
        except urllib.error.HTTPError as error:
            error.close()
        except ValueError:
            pass
        except OSError:
            answered = False
        self.asked_at = begin
        if answered:
            self.answered_at, self.state, self.failures = begin, state, 0
        else:
            self.failures += 1

    def describe(self) -> dict[str, Any]:
        fresh = time.monotonic() - self.answered_at < FRESH + self.interval
        return {"answers": fresh, "failures": self.failures, "state": self.state if fresh else None}


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Peer:
    def __init__(self, private_url: str, key: str) -> None:
        self.private = Side("private")
        self.private.url = private_url
        self.public = Side("public")
        self.public.key = key

    def watch(self) -> None:
        for side in (self.private, self.public):
            threading.Thread(target=_ask_forever, args=(side,), daemon=True).start()

    def pace(self, owner: bool) -> None:
        for side in (self.private, self.public):
            side.interval = INTERVAL_OWNER if owner else INTERVAL_STANDBY

    def hurry(self) -> None:
        """Asks at once instead of at the next turn."""
        for side in (self.private, self.public):
            side.hurry.set()

    def view(self, since: float) -> PeerView:
        """What is known now. Answers to questions from before the moment "since" do not count, silence does."""
        now = time.monotonic()
        sides = [side for side in (self.private, self.public) if side.url is not None]
        fresh = [
            side
            for side in sides
            if side.failures == 0 and side.answered_at >= since and now - side.answered_at < FRESH
        ]
        states = [side.state for side in fresh if side.state is not None]
        if states:
            return PeerView(
                answered=True,
                has_agent=True,
                master=any(state.get("vrrp") == "MASTER" for state in states),
                serves=any(state.get("serves") is True for state in states),
            )
        silent = all(side.failures >= 2 and now - side.asked_at < FRESH for side in sides)
        return PeerView(answered=bool(fresh), silent=silent)


def _ask_forever(side: Side) -> None:
    while True:
        begin = time.monotonic()
        side.ask()
        side.hurry.wait(max(0.05, side.interval - (time.monotonic() - begin)))
        side.hurry.clear()
