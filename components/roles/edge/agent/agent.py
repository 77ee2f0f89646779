"""Keeps "the VRRP master owns the floating IP and the NAT route" true, for ever.

Usage: agent.py CONFIG.json TOKEN_FILE STATE_FILE
"""

import hmac
import json
import os
import signal
import sys
import time
from email.message import Message
from pathlib import Path
from typing import Any

from address import UNKNOWN, Address, Taken
from decision import Situation, Verdict, decide
from hetzner import Api
from local import Events, Flag, Health, answer_requests, is_master, publish
from log import Log
from outside import OutsideWatch
from peer import FORMER_HEADER, Peer
from route import Refused, lead_default_route
from signing import NONCE_HEADER, QUESTION_HEADER, Key
from twin import Twin

# Longest sleep, and ages at which the API's answers are asked for again: the standby asks too, so that a
# revoked token is noticed before it is needed.
TIMER = 8.0
OWNER_AGE_MASTER = 7.5
OWNER_AGE_STANDBY = 30.0
ROUTE_AGE = 30.0
SLOWEST_RETRY = 2.5


class Agent:
    def __init__(self, config: dict[str, Any], token: str, state_path: str) -> None:
        self.config = config
        self.api = Api(config["apiEndpoint"], token)
        self.log = Log()
        self.address = Address("the address", config["floatingIpId"], self.api, self.log)
        self.twin: Twin | None = None
        if "floatingIpv6Id" in config:
            # Its calls go beside those of the rounds, so what they come to is kept apart.
            api = Api(config["apiEndpoint"], token)
            self.twin = Twin(config["floatingIpv6Id"], api, lambda: is_master(config["marker"]))
        self.key = Key(config["peer"]["key"])
        self.peer = Peer(config["peer"], self.key)
        self.outside = OutsideWatch(config, self.peer.reached_outside, self.log)
        self.owns = Flag(config["ownerFile"], self.log)
        self.health = Health(config["healthUrl"])
        self.state_path = state_path
        self.me: int | None = None
        self.peer_id: int | None = None
        self.route_at = float("-inf")
        self.identified_at = float("-inf")
        self.master_since: float | None = None
        self.verdict = Verdict.REST
        self.failures = 0

    def run(self) -> None:
        events = Events(self.config["fifo"])
        answer_requests(self.config["port"], self.live_state, self.sign, self.may_ask)
        self.health.watch()
        self.peer.watch()
        self.outside.watch()
        if self.twin is not None:
            self.twin.watch()
        while True:
            try:
                pause = self.step()
            except Exception as error:  # noqa: BLE001
                # A defect of one round must not end the failover for ever.
                self.log.say(3, f"round failed: {type(error).__name__}: {error}")
                pause = SLOWEST_RETRY
            self.owns.set(self.is_owner())
            sides = {side.name: side.describe() for side in (self.peer.private, self.peer.public)}
            publish(self.state_path, self.live_state() | {"peer": sides, "at": time.time()})
            events.wait(pause)

    def step(self) -> float:
        """One round. Returns the seconds until the next one is due."""
        unknown = self.me is None or (self.peer_id is None and self.older(self.identified_at, 60))
        if unknown and not self.identify():
            return self.retry()
        master = is_master(self.config["marker"])
        if master and self.master_since is None:
            self.master_since = time.monotonic()
            self.address.forget()
            self.peer.hurry()
        elif not master:
            self.master_since = None
        self.peer.pace(owner=master and self.is_owner())
        # What the last heartbeat said is good enough to act on; only when it asks for nothing, ask again.
        self.verdict = self.judge(master) if self.address.owner != UNKNOWN else Verdict.REST
        oldest = OWNER_AGE_MASTER if master else OWNER_AGE_STANDBY
        if self.verdict is Verdict.REST and self.address.age() >= oldest:
            if not self.read_owner():
                return self.retry()
            self.verdict = self.judge(master)
        if self.twin is not None:
            self.twin.keep(self.me, master and self.is_owner())
        if self.verdict is Verdict.CLAIM:
            return self.claim()
        if self.verdict is not Verdict.REST:
            return self.hold()
        if master and self.older(self.route_at, ROUTE_AGE) and not self.fix_route():
            return self.retry()
        self.failures = 0
        self.log.say(6, "master and owner" if master else "standby")
        return TIMER

    def hold(self) -> float:
        """Master without the address, and rightly so for now."""
        if self.verdict is not Verdict.ASK_PEER:
            self.log.say(3, f"master, but the address stays with server {self.address.owner}: {self.verdict.value}")
            if self.address.age() >= OWNER_AGE_MASTER and not self.read_owner():
                return self.retry()
            if self.older(self.master_since or 0, 10):
                return 0.5
        # Who has just become master waits for what the other one is about to notice.
        self.peer.hurry()
        return 0.1

    def judge(self, master: bool) -> Verdict:
        return decide(
            Situation(
                master=master,
                owner=self.address.owner,
                me=self.me or 0,
                peer_id=self.peer_id,
                peer=self.peer.view(self.master_since or 0),
                recent_claims=self.address.recent_moves(),
                first=self.config["first"],
            )
        )

    def identify(self) -> bool:
        """Learns both server ids and the peer's public address by their names."""
        self.identified_at = time.monotonic()
        own = self.api.call("GET", f"/servers?name={self.config['self']['server']}")
        other = self.api.call("GET", f"/servers?name={self.config['peer']['server']}")
        if not own.ok or not other.ok or not own.body.get("servers"):
            self.log.complain("looking the servers up", own if not own.ok else other)
            return False
        self.me = own.body["servers"][0]["id"]
        for server in other.body.get("servers", []):
            self.peer_id = server["id"]
            address = ((server.get("public_net") or {}).get("ipv4") or {}).get("ip")
            if address:
                self.peer.public.url = f"http://{address}{self.config['peer']['publicPath']}"
                self.outside.peer_address = address
        return True

    def is_owner(self) -> bool:
        """By what the API said last."""
        return self.me is not None and self.address.owner == self.me

    def read_owner(self) -> bool:
        if not self.address.read():
            return False
        if self.address.owner not in (None, self.me, self.peer_id) and self.older(self.identified_at, 30):
            # Perhaps the peer was rebuilt and has a new id.
            self.identify()
        return True

    def claim(self) -> float:
        if self.twin is not None:
            self.twin.take(self.me)
        taken = self.address.take(self.me)
        if taken is Taken.MOVED:
            self.failures = 0
            self.route_at = float("-inf")
        if taken is Taken.GONE:
            self.me = None
        if taken in (Taken.MOVED, Taken.FREED):
            return 0
        return 0.5 if taken is Taken.BUSY else self.retry()

    def fix_route(self) -> bool:
        if self.config["networkId"] is None:
            return True
        mine = self.config["self"]["privateIp"]
        try:
            if lead_default_route(self.api, self.config["networkId"], mine):
                self.log.say(5, f"the default route of the private network leads to {mine}")
        except Refused as refused:
            self.log.complain(refused.what, refused.answer)
            return False
        self.route_at = time.monotonic()
        return True

    def retry(self) -> float:
        """Never gives up, never floods: 429 leaves at most 24 calls a minute."""
        self.failures += 1
        status = self.api.last.status
        if status in (409, 423):
            return 0.5
        if status in (401, 403, 429):
            return SLOWEST_RETRY
        return min(SLOWEST_RETRY, 0.25 * float(2 ** min(self.failures, 5)))

    def older(self, moment: float, seconds: float) -> bool:
        return time.monotonic() - moment >= seconds

    def sign(self, nonce: str, content: bytes) -> str:
        return self.key.sign(self.config["self"]["server"], nonce, content)

    def may_ask(self, path: str, headers: Message) -> bool:
        """The proxies lead strangers to the public page alone, and there the peer says who it is."""
        if path != self.config["publicPage"]:
            return True
        nonce, question = headers.get(NONCE_HEADER, ""), headers.get(QUESTION_HEADER, "")
        if self.key.asked(self.config["self"]["server"], path, nonce, question, time.time()):
            return True
        # A peer of the release before, while both are being updated.
        shown = headers.get(FORMER_HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(shown, self.config["peer"]["pass"].encode())

    def live_state(self) -> dict[str, Any]:
        """Asked anew for every request of the peer, so that it is never older than the request."""
        return {
            "vrrp": "MASTER" if is_master(self.config["marker"]) else "BACKUP",
            "serves": self.health.serves(),
            "server": self.me,
            "owner": None if self.address.owner == UNKNOWN else self.address.owner,
            "verdict": self.verdict.value,
            "api": str(self.api.last),
            "apiOkAt": self.api.succeeded_at,
            **({} if self.twin is None else {"ipv6": self.twin.describe()}),
            "judgesQuestions": True,
        } | self.outside.describe()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    config, token = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    Agent(json.loads(config), token.strip(), sys.argv[3]).run()


if __name__ == "__main__":
    main()
