"""Looks at this machine's certificate: takes the peer's newer one, or asks for one when it is due and its turn.

One look, and more of them while there is none: what the first one waits for comes within seconds.

Usage: certificate.py CONFIG.json

Whatever fails, the certificate of before is served on; what failed is in the journal and in status.json.
"""

import hashlib
import json
import os
import random
import socket
import sys
import time
from typing import Any

import challenge
import handover
from authority import Refused, is_rate_limit, issue, renewal_advice
from bundle import Bundle, Unusable, is_for, load, replace
from schedule import HOUR, Situation, Turn, Window, pause, renewal_at, turn
from sealing import Forged

# Before the first certificate, in the time between two usual ones.
LOOKS = 20
# In the time between two usual looks: for which part of it the address must have led here.
SETTLED = 0.2


class Keeper:
    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.names = frozenset(config["names"])
        self.folder = config["folder"]
        self.status = self._read_status()

    def run(self) -> bool:
        """Answers whether it waits for what comes within seconds: the address, a name, the peer's certificate."""
        self._clean_up()
        own = self._take(load(self._path("bundle.json")))
        window = self._advice(own) if own is not None else None
        due_at = 0.0 if own is None else renewal_at(own.begin, own.end, own.serial, window)
        now = time.time()
        since = self.status.get("dueSince") if now >= due_at else None
        self.status["dueSince"] = now if now >= due_at and since is None else since
        verdict = turn(
            Situation(
                now=now,
                due_at=due_at,
                due_since=self.status["dueSince"],
                not_before=self.status.get("notBefore", 0.0),
                owner=self._keeps_address(now),
                take_over_after=self.config["takeOverAfter"],
            )
        )
        self.status |= {"verdict": verdict.value, "at": now, "renewAt": due_at}
        if verdict is not Turn.ISSUE or not self._waits_for_names(now - self.status["dueSince"]):
            self.status["waitsFor"] = None
            if verdict is Turn.ISSUE:
                self._issue()
        self._save_status()
        return own is None and (verdict is Turn.PEERS_TURN or self.status["waitsFor"] is not None)

    def _clean_up(self) -> None:
        """Of a crash, records may be left."""
        if self.config.get("challenge") == "dns" and (problem := challenge.clean_up(self.config, self.config["path"])):
            say(4, f"records of an earlier attempt stay for now: {problem}")

    def _take(self, own: Bundle | None) -> Bundle | None:
        """The better one of both machines' certificates that the configuration asks for; None: there is none."""
        candidates = [own, self._peers()]
        wanted = [one for one in candidates if one is not None and self._is_wanted(one)]
        best = max(wanted, key=lambda one: (one.begin, one.serial), default=None)
        if best is not None and (own is None or best.serial != own.serial):
            self._keep(best)
            # What failed here is over: the next certificate is another one.
            self.status |= {"failures": 0, "notBefore": 0.0, "lastFailure": None}
            say(5, f"took certificate {best.serial} from {self.config['peer']['server']}")
        return best

    def _peers(self) -> Bundle | None:
        problem = ""
        try:
            return handover.ask(self.config)
        except Forged as error:
            problem = f"its answer is not sealed with the pair's key for this question ({error})"
            say(3, f"{self.config['peer']['server']}: {problem}")
        except Unusable as error:
            problem = f"its answer is no certificate: {error}"
            say(4, f"{self.config['peer']['server']}: {problem}")
        except OSError as error:
            # It may be off; then it takes this machine's certificate when it is back.
            problem = f"does not answer: {type(error).__name__}"
        finally:
            self.status["peer"] = problem
        return None

    def _is_wanted(self, bundle: Bundle) -> bool:
        return is_for(bundle, self.config["directory"], self.names)

    def _advice(self, own: Bundle) -> Window | None:
        known = self.status.get("advice") or {}
        if known.get("serial") != own.serial:
            known = {}
        if time.time() >= known.get("again", 0.0):
            try:
                advice = renewal_advice(self.config, own)
                window = None if advice.window is None else list(advice.window)
                known = {"window": window, "again": time.time() + advice.again_in}
            except (OSError, ValueError) as error:
                say(5, f"no renewal information: {type(error).__name__}: {error}")
                known = {"window": known.get("window"), "again": time.time() + HOUR}
            self.status["advice"] = known | {"serial": own.serial}
        window = known.get("window")
        return None if window is None else Window(*window)

    def _keeps_address(self, now: float) -> bool | None:
        """Who just got the address may lose it at once, as when both start: the authority would ask the other one."""
        owner = self._owns_address()
        if owner is not True:
            self.status["ownerSince"] = None
            return owner
        since = self.status.get("ownerSince")
        self.status["ownerSince"] = now if since is None else since
        return True if now - self.status["ownerSince"] >= self.config["every"] * SETTLED else None

    def _owns_address(self) -> bool | None:
        try:
            with open(self.config["agentState"], encoding="utf-8") as file:
                state = json.load(file)
            return None if state["server"] is None else bool(state["owner"] == state["server"])
        except (OSError, ValueError, KeyError):
            return None

    def _waits_for_names(self, waited: float) -> bool:
        """A name without an address costs an attempt, of which the authority allows few: not yet set, or just set.

        This machine may know less than the world, so it does not wait for ever.
        """
        if self.config.get("challenge") == "dns":
            return False
        missing = [name for name in self.config["names"] if not _has_address(name)]
        if not missing or waited >= self.config["takeOverAfter"]:
            return False
        self.status["verdict"] = f"waits for an address of {', '.join(missing)} in DNS"
        if self.status.get("waitsFor") != missing:
            say(5, self.status["verdict"])
        self.status["waitsFor"] = missing
        return True

    def _issue(self) -> None:
        say(5, f"asking {self.config['directory']} for {', '.join(self.config['names'])}")
        # On the disk first: an attempt that is cut off must not begin anew each minute.
        self.status["notBefore"] = time.time() + self.config["firstPause"]
        self._save_status()
        try:
            bundle = issue(self.config)
            if not self._is_wanted(bundle):
                raise Refused(f"it issued a certificate for {', '.join(sorted(bundle.names))}")
        except Refused as refused:
            self._record_failure(refused)
            return
        self._keep(bundle)
        self.status |= {"failures": 0, "notBefore": 0.0, "lastFailure": None, "dueSince": None, "verdict": "issued"}
        self.status["renewAt"] = renewal_at(bundle.begin, bundle.end, bundle.serial, None)
        say(5, f"issued: certificate {bundle.serial}")

    def _record_failure(self, refused: Refused) -> None:
        now = time.time()
        failures = self.status.get("failures", 0) + 1
        asked = None if refused.retry_after is None else refused.retry_after - now
        if asked is None and is_rate_limit(str(refused)):
            asked = HOUR
        first, longest = self.config["firstPause"], self.config["longestPause"]
        wait = pause(failures, first, longest, random.random(), asked)  # noqa: S311
        self.status |= {
            "failures": failures,
            "notBefore": now + wait,
            "lastFailure": {"at": now, "why": str(refused)},
        }
        say(3, f"no certificate, the old one stays; next attempt in {wait / 60:.0f} min: {refused}")

    def _keep(self, bundle: Bundle) -> None:
        replace(self._path("bundle.json"), bundle.to_bytes())
        replace(self._path("site.pem"), bundle.pem.encode())

    def _read_status(self) -> dict[str, Any]:
        """Of a configuration of before only what failed then is forgotten: it may be what was wrong."""
        asked = json.dumps([self.config["directory"], self.config["email"], sorted(self.names), self.config["root"]])
        version = hashlib.sha256(asked.encode()).hexdigest()
        try:
            with open(self._path("status.json"), encoding="utf-8") as file:
                status = json.load(file)
            if isinstance(status, dict) and status.get("version") == version:
                return status
        except (OSError, ValueError):
            pass
        return {"version": version}

    def _save_status(self) -> None:
        replace(self._path("status.json"), (json.dumps(self.status, indent=1) + "\n").encode())

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def _has_address(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM))
    except OSError:
        return False


def say(priority: int, line: str) -> None:
    print(f"<{priority}>{line}", file=sys.stderr, flush=True)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file) | {"path": os.path.abspath(sys.argv[1])}
    end = time.monotonic() + config["every"]
    while Keeper(config).run() and time.monotonic() < end:
        time.sleep(config["every"] / LOOKS)


if __name__ == "__main__":
    main()
