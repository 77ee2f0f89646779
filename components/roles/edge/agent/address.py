"""A floating IP at the API: which server has it, and taking it. IPv6 has a network in the place of an address."""

import time
from collections import deque
from enum import Enum

from hetzner import Api
from log import Log

UNKNOWN = -1


class Taken(Enum):
    """What became of the attempt to take an address."""

    MOVED = "moved"
    # The API moves only what nobody has, and now nobody has it.
    FREED = "freed"
    # Another action runs on it and ends soon, or this one ended with an error.
    BUSY = "busy"
    # There is no such server, or no such address.
    GONE = "gone"
    REFUSED = "refused"


class Address:
    def __init__(self, name: str, address_id: int, api: Api, log: Log) -> None:
        self.name = name
        self._path = f"/floating_ips/{address_id}"
        self._api = api
        self._log = log
        # Server that the API routes it to; None: nobody.
        self.owner: int | None = UNKNOWN
        self.read_at = float("-inf")
        self._moves: deque[float] = deque(maxlen=10)

    def read(self) -> bool:
        """Learns the owner. False: the API did not tell."""
        answer = self._api.call("GET", self._path)
        if not answer.ok or "floating_ip" not in answer.body:
            self._log.complain(f"reading the owner of {self.name}", answer)
            return False
        self.owner, self.read_at = answer.body["floating_ip"]["server"], time.monotonic()
        return True

    def forget(self) -> None:
        """The owner is asked for again before anything depends on it."""
        self.read_at = float("-inf")

    def age(self) -> float:
        """Seconds since the API told the owner."""
        return time.monotonic() - self.read_at

    def recent_moves(self) -> int:
        """Finished moves to this machine within the last minute."""
        return sum(1 for moment in self._moves if time.monotonic() - moment < 60)

    def take(self, server: int | None) -> Taken:
        """Whatever comes of it, the next round looks at the world again: the API's word, not the action's."""
        self._log.say(5, f"taking {self.name} from server {self.owner}")
        answer = self._api.insist("POST", self._path + "/actions/assign", {"server": server})
        self.forget()
        if answer.ok:
            if not self._api.settle(answer):
                self._log.say(4, "the move ended with an error: trying again")
                return Taken.BUSY
            self.owner = server
            self._moves.append(time.monotonic())
            self._log.say(5, f"{self.name} is routed to server {server}")
            return Taken.MOVED
        self._log.complain(f"taking {self.name}", answer)
        if answer.status == 422 and answer.code == "floating_ip_assigned":
            return self._release(server)
        if answer.status == 404:
            return Taken.GONE
        return Taken.BUSY if answer.status in (409, 423) else Taken.REFUSED

    def _release(self, server: int | None) -> Taken:
        """For an API that moves an address only when nobody has it."""
        if not self.read() or self.owner == server:
            return Taken.BUSY
        answer = self._api.call("POST", self._path + "/actions/unassign", {})
        if answer.ok and self._api.settle(answer):
            self.owner = None
            return Taken.FREED
        return Taken.BUSY
