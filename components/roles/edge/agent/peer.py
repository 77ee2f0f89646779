"""Asks the other load balancer for its state over the private and the public side, all the time."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from decision import PeerView
from hetzner import NoRedirects
from signing import NONCE_HEADER, QUESTION_HEADER, SIGNATURE_HEADER, Key, new_nonce

# What a peer of the release before wants to see, in clear.
FORMER_HEADER = "X-Platform-Key"

# Seconds between two questions: a standby must know at once, the owner of the address need not.
INTERVAL_STANDBY = 0.5
INTERVAL_OWNER = 2.0
# The peer's agent knows its answer before it is asked. Two questions without an answer must not take longer than
# keepalived's own judgement, which it is waiting for.
TIMEOUT = 0.7
# Older answers say nothing about now.
FRESH = 2.0


class Side:
    """One way to the peer. The newest answer, and how often in a row nobody answered.

    A state that the peer has not signed for this very question is no answer: whoever sent it, the peer did not. That
    the peer's proxy answers without an agent behind it is told unsigned, as nobody gains by forging it: the address
    is taken from such a peer as from one that is silent.
    """

    def __init__(self, name: str, server: str, key: Key) -> None:
        self.name = name
        # When the question was asked that is open.
        self.open_since: float | None = None
        self.server = server
        self.key = key
        self.url: str | None = None
        # What opens the page of a peer of the release before. Empty: this side is open.
        self.former_pass = ""
        # It knows the page, and not how it is asked for today.
        self.is_former = False
        # What was wrong with the newest answer, for people.
        self.problem = ""
        self.state: dict[str, Any] | None = None
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
        nonce = new_nonce()
        headers = {NONCE_HEADER: nonce} | self._question(url, nonce)
        state: dict[str, Any] | None = None
        problem = ""
        answered = True
        begin = self.open_since = time.monotonic()
        try:
            with _direct.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as response:
                content = response.read(65536)
                signature = response.headers.get(SIGNATURE_HEADER, "")
            answered = self.key.signed(self.server, nonce, content, signature)
            if answered:
                state = json.loads(content)
                self.is_former = self.is_former and not (state or {}).get("judgesQuestions")
            else:
                problem = "wrong signature" if signature else "not signed"
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"status {error.code}"
            if error.code == 404 and self.former_pass:
                self.is_former = not self.is_former
                if self.is_former:
                    # During an update one of the two is older: asked in its way at once, as a peer without an agent
                    # would lose the address.
                    self.ask()
                    return
        except (OSError, http.client.HTTPException, ValueError) as error:
            answered = False
            problem = type(error).__name__
        self.asked_at, self.open_since = begin, None
        self.problem = problem
        if answered:
            self.answered_at, self.state, self.failures = begin, state, 0
        else:
            self.failures += 1

    def _question(self, url: str, nonce: str) -> dict[str, str]:
        if not self.former_pass:
            return {}
        if self.is_former:
            return {FORMER_HEADER: self.former_pass}
        return {QUESTION_HEADER: self.key.question(self.server, urlsplit(url).path, nonce, int(time.time()))}

    def silent(self, now: float) -> bool:
        """Whether two questions of the last moments got no answer. One that trickles in for ever is none."""
        if self.open_since is not None and now - self.open_since > 2 * TIMEOUT:
            return True
        return self.failures >= 2 and now - self.asked_at < FRESH

    def describe(self) -> dict[str, Any]:
        fresh = time.monotonic() - self.answered_at < FRESH + self.interval
        return {
            "answers": fresh,
            "failures": self.failures,
            "problem": self.problem,
            "state": self.state if fresh else None,
        }


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)


class Peer:
    def __init__(self, config: dict[str, Any], key: Key) -> None:
        self.private = Side("private", config["server"], key)
        self.private.url = config["privateUrl"]
        self.public = Side("public", config["server"], key)
        self.public.former_pass = config["pass"]

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
        return PeerView(answered=bool(fresh), silent=all(side.silent(now) for side in sides))

    def reached_outside(self, patience: float) -> float | None:
        """When the peer has reached somebody over its public side, by this clock, as it says when it is asked now."""
        begin = time.monotonic()
        self.hurry()
        sides = (self.private, self.public)
        while time.monotonic() - begin < patience and all(side.answered_at < begin for side in sides):
            time.sleep(0.01)
        told: list[float] = []
        for side in sides:
            age = (side.state or {}).get("outsideAge") if side.failures == 0 else None
            if isinstance(age, (int, float)) and age >= 0:
                # The answer is younger than the question, so this is never later than it was.
                told.append(side.answered_at - age)
        return max(told, default=None)


def _ask_forever(side: Side) -> None:
    while True:
        begin = time.monotonic()
        side.ask()
        side.hurry.wait(max(0.05, side.interval - (time.monotonic() - begin)))
        side.hurry.clear()
