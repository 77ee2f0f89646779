"""The IPv6 network that goes where the address goes: no election of its own, and no waiting for the address's move.

It is taken at the moment at which the address is taken, and kept from then on by whoever is master and has the
address. Nobody else moves it, so that visitors of both families are always with one machine.
"""

import threading
from collections.abc import Callable
from typing import Any

from address import UNKNOWN, Address, Taken
from decision import CLAIMS_PER_MINUTE, Verdict
from hetzner import Api
from log import Log

# Ages at which the API is asked for the owner again: by who keeps it or is about to lose it, and by others.
KEEPER_AGE = 7.5
OTHER_AGE = 30.0
# The address's own calls have the larger part of what the API lets one ask.
SLOWEST_RETRY = 5.0
BUSY_RETRY = 0.5


class Twin:
    def __init__(self, address_id: int, api: Api, is_master: Callable[[], bool]) -> None:
        # Its own, as it runs beside the rounds of the agent.
        self._log = Log()
        self._api = api
        self._address = Address("the IPv6 network", address_id, api, self._log)
        self._is_master = is_master
        self._me: int | None = None
        self._kept = False
        self._at_once = False
        self._woken = threading.Event()
        self._failures = 0
        self.verdict = Verdict.REST

    def watch(self) -> None:
        threading.Thread(target=self._forever, daemon=True).start()

    def take(self, me: int | None) -> None:
        """Now, beside the address."""
        self._me, self._at_once = me, True
        self._woken.set()

    def keep(self, me: int | None, kept: bool) -> None:
        """Whether this machine is the one that has the address, and so the network too."""
        if (me, kept) == (self._me, self._kept):
            return
        self._me, self._kept = me, kept
        self._woken.set()

    def describe(self) -> dict[str, Any]:
        owner = self._address.owner
        return {"owner": None if owner == UNKNOWN else owner, "verdict": self.verdict.value}

    def _forever(self) -> None:
        pause = 0.0
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            try:
                pause = self._round()
            except Exception as error:  # noqa: BLE001
                # A defect of one round must not end the failover for ever.
                self._log.say(3, f"round failed: {type(error).__name__}: {error}")
                pause = SLOWEST_RETRY

    def _round(self) -> float:
        """Returns the seconds until the next one is due."""
        at_once, self._at_once = self._at_once, False
        if not at_once or self._address.owner == self._me:
            due = self._age() - self._address.age()
            if due > 0 and not at_once:
                return due
            if not self._address.read():
                return self._retry()
        self.verdict = self._judge(at_once)
        if self.verdict is Verdict.CLAIM:
            return self._take()
        self._failures = 0
        return self._age()

    def _judge(self, at_once: bool) -> Verdict:
        if self._me is None or self._address.owner == self._me:
            return Verdict.REST
        # Who has just lost the election may not have told yet: the kernel knows.
        if not at_once and not (self._kept and self._is_master()):
            return Verdict.REST
        return Verdict.CLAIM if self._address.recent_moves() < CLAIMS_PER_MINUTE else Verdict.BRAKE

    def _take(self) -> float:
        """What fails is tried again as long as this machine keeps the network, or takes the address once more."""
        taken = self._address.take(self._me)
        if taken in (Taken.MOVED, Taken.FREED):
            # Of one that is free now, the second half of the move is still to come.
            self._at_once = taken is Taken.FREED
            self._failures = 0
            return 0
        return BUSY_RETRY if taken is Taken.BUSY else self._retry()

    def _age(self) -> float:
        return KEEPER_AGE if self._kept or self._address.owner == self._me else OTHER_AGE

    def _retry(self) -> float:
        """Never gives up, never floods."""
        self._failures += 1
        if self._api.last.status in (401, 403, 429):
            return SLOWEST_RETRY
        return min(SLOWEST_RETRY, 0.25 * float(2 ** min(self._failures, 5)))
