"""Keeps "the VRRP master owns the floating IP and the NAT route" true, for ever.

Usage: agent.py CONFIG.json TOKEN_FILE STATE_FILE
"""

import json
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from decision import Situation, Verdict, decide
from hetzner import Answer, Api
from local import Events, Flag, Health, answer_requests, is_master, publish
from log import Log
from outside import OutsideWatch
from peer import Peer
from route import Refused, lead_default_route
from signing import Key

# Longest sleep, and ages at which the API's answers are asked for again: the standby asks too, so that a
# revoked token is noticed before it is needed.
TIMER = 8.0
OWNER_AGE_MASTER = 7.5
OWNER_AGE_STANDBY = 30.0
ROUTE_AGE = 30.0
SLOWEST_RETRY = 2.5
UNKNOWN = -1


class Agent:
    def __init__(self, config: dict[str, Any], token: str, state_path: str) -> None:
        self.config = config
        self.api = Api(config["apiEndpoint"], token)
        self.log = Log()
        self.key = Key(config["peer"]["key"])
        self.peer = Peer(config["peer"], self.key)
        self.outside = OutsideWatch(config, self.peer.reached_outside, self.log)
        self.owns = Flag(config["ownerFile"], self.log)
        self.health = Health(config["healthUrl"])
        self.state_path = state_path
        self.me: int | None = None
        self.peer_id: int | None = None
        self.owner: int | None = UNKNOWN
        self.owner_at = float("-inf")
        self.route_at = float("-inf")
        self.identified_at = float("-inf")
        self.master_since: float | None = None
        self.claims: deque[float] = deque(maxlen=10)
        self.verdict = Verdict.REST
        self.failures = 0

    def run(self) -> None:
        events = Events(self.config["fifo"])
        answer_requests(self.config["port"], self.live_state, self.sign)
        self.health.watch()
        self.peer.watch()
        self.outside.watch()
        while True:
            try:
                pause = self.step()
            except Exception as error:  # noqa: BLE001
                # A defect of one round must not end the failover for ever.
                self.log.say(3, f"round failed: {type(error).__name__}: {error}")
                pause = SLOWEST_RETRY
            self.owns.set(self.owner is not None and self.owner == self.me)
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
            self.owner_at = float("-inf")
            self.peer.hurry()
        elif not master:
            self.master_since = None
        self.peer.pace(owner=master and self.owner == self.me)
        # What the last heartbeat said is good enough to act on; only when it asks for nothing, ask again.
        self.verdict = self.judge(master) if self.owner != UNKNOWN else Verdict.REST
        if self.verdict is Verdict.REST and self.older(
            self.owner_at, OWNER_AGE_MASTER if master else OWNER_AGE_STANDBY
        ):
            if not self.read_owner():
                return self.retry()
            self.verdict = self.judge(master)
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
            self.log.say(3, f"master, but the address stays with server {self.owner}: {self.verdict.value}")
            if self.older(self.owner_at, OWNER_AGE_MASTER) and not self.read_owner():
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
                owner=self.owner,
                me=self.me or 0,
                peer_id=self.peer_id,
                peer=self.peer.view(self.master_since or 0),
                recent_claims=sum(1 for claim in self.claims if not self.older(claim, 60)),
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

    def read_owner(self) -> bool:
        answer = self.api.call("GET", f"/floating_ips/{self.config['floatingIpId']}")
        if not answer.ok or "floating_ip" not in answer.body:
            self.log.complain("reading the owner", answer)
            return False
        owner = answer.body["floating_ip"]["server"]
        if owner not in (None, self.me, self.peer_id) and self.older(self.identified_at, 30):
            # Perhaps the peer was rebuilt and has a new id.
            self.identify()
        self.owner, self.owner_at = owner, time.monotonic()
        return True

    def claim(self) -> float:
        path = f"/floating_ips/{self.config['floatingIpId']}/actions"
        self.log.say(5, f"taking the address from server {self.owner}")
        answer = self.api.insist("POST", path + "/assign", {"server": self.me})
        if answer.ok:
            return self.finish_claim(answer)
        # Whatever was refused, the next round looks at the world again.
        self.owner_at = float("-inf")
        self.log.complain("taking the address", answer)
        if answer.status == 422 and answer.code == "floating_ip_assigned":
            return self.release(path)
        if answer.status == 404:
            self.me = None
        if answer.status in (409, 423):
            # Another action runs on it and ends soon.
            return 0.5
        return self.retry(answer)

    def finish_claim(self, answer: Answer) -> float:
        done = self.api.settle(answer)
        self.owner_at = float("-inf")
        if not done:
            self.log.say(4, "the move ended with an error: trying again")
            return 0.5
        self.owner, self.failures = self.me, 0
        self.claims.append(time.monotonic())
        self.route_at = float("-inf")
        self.log.say(5, f"the address is routed to server {self.me}")
        # The next round reads the owner again: the API's word, not the action's.
        return 0

    def release(self, path: str) -> float:
        """For an API that moves an address only when nobody has it."""
        if not self.read_owner() or self.owner == self.me:
            return 0.5
        answer = self.api.call("POST", path + "/unassign", {})
        if answer.ok and self.api.settle(answer):
            self.owner = None
            return 0
        return 0.5

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

    def retry(self, answer: Answer | None = None) -> float:
        """Never gives up, never floods: 429 leaves at most 24 calls a minute."""
        self.failures += 1
        status = (answer or self.api.last).status
        if status in (409, 423):
            return 0.5
        if status in (401, 403, 429):
            return SLOWEST_RETRY
        return min(SLOWEST_RETRY, 0.25 * float(2 ** min(self.failures, 5)))

    def older(self, moment: float, seconds: float) -> bool:
        return time.monotonic() - moment >= seconds

    def sign(self, nonce: str, content: bytes) -> str:
        return self.key.sign(self.config["self"]["server"], nonce, content)

    def live_state(self) -> dict[str, Any]:
        """Asked anew for every request of the peer, so that it is never older than the request."""
        return {
            "vrrp": "MASTER" if is_master(self.config["marker"]) else "BACKUP",
            "serves": self.health.serves(),
            "server": self.me,
            "owner": None if self.owner == UNKNOWN else self.owner,
            "verdict": self.verdict.value,
            "api": str(self.api.last),
            "apiOkAt": self.api.succeeded_at,
        } | self.outside.describe()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    config, token = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    Agent(json.loads(config), token.strip(), sys.argv[3]).run()


if __name__ == "__main__":
    main()
