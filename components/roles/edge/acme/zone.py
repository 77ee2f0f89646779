"""TXT records in zones at Hetzner: one value more or less, whatever else is under the name."""

import socket
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from hetzner import Answer, Api
from nameserver import texts

PAUSE = 1.0
DNS_PORT = 53
SERVER_PATIENCE = 3.0


class Unset(Exception):
    """The record is not as it must be, and why: one line for people."""


class Record(NamedTuple):
    zone: str
    # As the zone calls it: _acme-challenge, _acme-challenge.www.
    name: str
    value: str

    @property
    def path(self) -> str:
        return f"/zones/{self.zone}/rrsets/{self.name}/TXT"


class Zones:
    def __init__(self, api: Api, patience: float) -> None:
        self._api = api
        # Seconds for everything together.
        self._deadline = time.monotonic() + patience

    def find(self, name: str, value: str) -> Record:
        """Where a value under this name belongs: the zone of the longest name that the token may see."""
        for zone, rest in _places(name):
            answer = self._ask("GET", f"/zones/{zone}")
            if answer.status != 404:
                return Record(zone, rest, value)
        raise Unset(f"no zone of dnsToken's project has {name}")

    def add(self, record: Record) -> None:
        while True:
            values = self._values(record)
            if values is not None and record.value in values:
                return
            # A time to live that differs from the one of values that are there is refused.
            ttl = {"ttl": 60} if values is None else {}
            self._change(record, "add_records", {**ttl, "records": [{"value": f'"{record.value}"'}]})

    def remove(self, record: Record) -> None:
        while True:
            values = self._values(record)
            if values is None or record.value not in values:
                return
            self._change(record, "remove_records", {"records": [{"value": f'"{record.value}"'}]})

    def wait(self, records: list[Record]) -> None:
        """Until every name server of the zones that answers has the values, and one does."""
        for zone in sorted({record.zone for record in records}):
            told = self._ask("GET", f"/zones/{zone}").body
            servers = told["zone"]["authoritative_nameservers"]["assigned"]
            for record in records:
                if record.zone == zone:
                    self._wait_for(record, servers)

    def _wait_for(self, record: Record, servers: list[str]) -> None:
        while True:
            seen = [_has(server, record) for server in servers]
            # One that is away is asked again while there is time; the authority asks another one then.
            if True in seen and False not in seen and (None not in seen or self._left() < 0):
                return
            if self._left() < 0:
                late = [server for server, has in zip(servers, seen, strict=True) if has is not True]
                what = f"the TXT record of {record.name}.{record.zone}"
                raise Unset(f"name servers do not answer {what}: {', '.join(late)}")
            time.sleep(PAUSE)

    def _values(self, record: Record) -> frozenset[str] | None:
        """None: there are none under this name."""
        answer = self._ask("GET", record.path)
        if answer.status == 404:
            return None
        return frozenset(str(one["value"]).strip('"') for one in answer.body["rrset"]["records"])

    def _change(self, record: Record, action: str, body: dict[str, Any]) -> None:
        """Once; whether it came about is seen by who calls."""
        what = f"the TXT record {record.name} of zone {record.zone}"
        answer = self._api.call("POST", f"{record.path}/actions/{action}", body, 10)
        self._judge(answer, what)
        if not answer.ok:
            time.sleep(PAUSE)
        elif not self._api.settle(answer) and self._left() < 0:
            raise Unset(f"Hetzner's API has not changed {what} in time")

    def _ask(self, method: str, path: str) -> Answer:
        while True:
            answer = self._api.call(method, path, timeout=10)
            self._judge(answer, path)
            if answer.ok or answer.status == 404:
                return answer
            time.sleep(PAUSE)

    def _judge(self, answer: Answer, what: str) -> None:
        """Raises Unset for what will not get better, and for everything when the time is up."""
        if answer.status in (401, 403):
            raise Unset(f"Hetzner's API refuses dnsToken for {what}: {answer}")
        # A change that was made although its answer got lost is refused afterwards, as one that is there already.
        passes = answer.status in (0, 404, 409, 422, 429) or answer.status >= 500 or answer.code == "locked"
        is_final = not passes or answer.code == "incorrect_zone_mode"
        if not answer.ok and (is_final or (self._left() < 0 and answer.status != 404)):
            raise Unset(f"Hetzner's API does not change {what}: {answer}")

    def _left(self) -> float:
        return self._deadline - time.monotonic()


def _places(name: str) -> Iterator[tuple[str, str]]:
    """A zone that may have the name, and what the zone calls it then; the longest zone first."""
    labels = name.split(".")
    for count in range(1, len(labels) - 1):
        yield ".".join(labels[count:]), ".".join(labels[:count])


def _has(server: str, record: Record) -> bool | None:
    """None: it does not answer."""
    try:
        addresses = {found[4][0] for found in socket.getaddrinfo(server.rstrip("."), DNS_PORT, type=socket.SOCK_STREAM)}
    except OSError:
        return None
    has = None
    for address in sorted(str(one) for one in addresses):
        try:
            has = record.value in texts(address, DNS_PORT, f"{record.name}.{record.zone}", SERVER_PATIENCE)
        except (OSError, ValueError):
            continue
        if not has:
            return False
    return has
