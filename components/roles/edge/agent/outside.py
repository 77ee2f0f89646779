"""Whether the public side of this machine reaches anybody, and whether it steps aside when it does not.

Who is asked: the peer's public address, which costs nobody anything, and Hetzner's resolvers, which no firewall of the
cloud closes; once they are silent the API too. Nothing is asked by ICMP, which gateways and filters may drop, and one
answer of anybody is enough.
"""

import errno
import secrets
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from decision import Outside, steps_aside
from local import Flag
from log import Log

# Seconds between two rounds, and how long one waits for its first answer.
INTERVAL = 0.5
PATIENCE = 0.6
# When the others have said nothing for so long, the API is asked as well.
PATIENCE_WITHOUT_API = 0.25
# How long the peer may need to say what it reaches itself.
PEER_PATIENCE = 0.2
# Names of the API are looked up this often, while they can be.
LOOKUP_INTERVAL = 60.0

Address = tuple[str, int]


class Question:
    """One question, under way. An answer is anything that only the one who was asked can have sent."""

    def __init__(self, kind: socket.SocketKind, address: Address) -> None:
        self.socket = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
        self.answered = False
        self.failed = False
        self._id = secrets.token_bytes(2)
        self._is_dns = kind == socket.SOCK_DGRAM
        if not self._is_dns:
            # Nobody sends anything over it, so nothing is lost when it is thrown away.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._judge(self.socket.connect_ex(address))
        if self._is_dns and not self.failed:
            # Who serves the root: every resolver knows it.
            query = self._id + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + struct.pack(">BHH", 0, 2, 1)
            self._try(lambda: self.socket.send(query))

    def hear(self) -> None:
        if not self._is_dns:
            self.answered = True
            self._judge(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        else:
            self._try(self._receive)

    def _receive(self) -> None:
        self.answered = self.socket.recv(512)[:2] == self._id

    def _try(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except BlockingIOError:
            pass
        except OSError as error:
            self._judge(error.errno or errno.EIO)

    def _judge(self, error: int) -> None:
        if error in (0, errno.EINPROGRESS):
            return
        # Who refuses is there.
        self.answered = error == errno.ECONNREFUSED
        self.failed = not self.answered

    def wants(self) -> int:
        return select.POLLIN if self._is_dns else select.POLLOUT


def anybody_answers(questions: list[Question], patience: float) -> bool:
    """The first answer of anybody within the time."""
    deadline = time.monotonic() + patience
    while True:
        if any(question.answered for question in questions):
            return True
        waiting = {question.socket.fileno(): question for question in questions if not question.failed}
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        poll = select.poll()
        for descriptor, question in waiting.items():
            poll.register(descriptor, question.wants())
        # What came while this program did not run counts, however late it is.
        for descriptor, _ in poll.poll(left * 1000):
            waiting[descriptor].hear()


class OutsideWatch:
    def __init__(
        self,
        config: dict[str, Any],
        peer_reached_at: Callable[[float], float | None],
        log: Log,
    ) -> None:
        """`peer_reached_at` asks the peer when it has reached somebody, for so many seconds at most."""
        outside = config["outside"]
        self._resolvers: list[str] = outside["resolvers"]
        self._dns_port: int = outside["dnsPort"]
        self._visitors_port: int = outside["visitorsPort"]
        # keepalived has no part in electing a master while it is set.
        self._flag = Flag(outside["asideFile"], log)
        self._api_endpoint: str = config["apiEndpoint"]
        self._api: list[Address] = []
        self._peer_reached_at = peer_reached_at
        self._log = log
        # Public address of the peer, once it is known.
        self.peer_address: str | None = None
        self.reached_at: float | None = None
        self._lost_rounds = 0
        self._lost_at = 0.0

    def watch(self) -> None:
        self._flag.set(False)
        for forever in (self._look_up_forever, self._ask_forever):
            threading.Thread(target=forever, daemon=True).start()

    def describe(self) -> dict[str, Any]:
        """For the peer and for people."""
        reached = self.reached_at
        return {
            "outsideAge": None if reached is None else round(time.monotonic() - reached, 3),
            "aside": self._flag.value is True,
        }

    def _ask_forever(self) -> None:
        while True:
            begin = time.monotonic()
            # Without descriptors or memory nothing is learned.
            with suppress(OSError):
                self._round(begin)
            pause = INTERVAL - (time.monotonic() - begin)
            time.sleep(max(0.05, pause))

    def _round(self, begin: float) -> None:
        if self._anybody_answers():
            self.reached_at, self._lost_rounds = begin, 0
            peer_reached_at = None
        else:
            if self._lost_rounds == 0:
                self._lost_at = begin
            self._lost_rounds += 1
            peer_reached_at = self._peer_reached_at(PEER_PATIENCE)
        seen = Outside(self._lost_rounds, self._lost_at, peer_reached_at, time.monotonic())
        self._step(steps_aside(seen))

    def _anybody_answers(self) -> bool:
        questions = [Question(socket.SOCK_DGRAM, (address, self._dns_port)) for address in self._resolvers]
        try:
            if self.peer_address is not None:
                questions.append(Question(socket.SOCK_STREAM, (self.peer_address, self._visitors_port)))
            if anybody_answers(questions, PATIENCE_WITHOUT_API):
                return True
            questions += [Question(socket.SOCK_STREAM, address) for address in self._api]
            return anybody_answers(questions, PATIENCE - PATIENCE_WITHOUT_API)
        finally:
            for question in questions:
                question.socket.close()

    def _step(self, aside: bool) -> None:
        if aside == self._flag.value:
            return
        if aside:
            self._log.say(4, "the public side reaches nobody, that of the other one does: stepping aside")
        else:
            self._log.say(5, "no reason to step aside any more")
        self._flag.set(aside)

    def _look_up_forever(self) -> None:
        endpoint = urlsplit(self._api_endpoint)
        port = endpoint.port or (80 if endpoint.scheme == "http" else 443)
        while True:
            # When nobody tells, the addresses that were known stay.
            with suppress(OSError):
                found = socket.getaddrinfo(endpoint.hostname, port, socket.AF_INET, socket.SOCK_STREAM)
                self._api = [(str(address[0]), port) for *_, address in found][:2]
            time.sleep(LOOKUP_INTERVAL)
