"""When a certificate is asked for, and by which of the two machines. Pure: no clock, no network."""

import hashlib
from enum import Enum
from typing import NamedTuple

HOUR = 3600.0


class Turn(Enum):
    REST = "rest"
    ISSUE = "issue"
    # An attempt failed, and the next one waits.
    BACK_OFF = "back off"
    # The owner of the address asks first.
    PEERS_TURN = "the other load balancer's turn"


class Window(NamedTuple):
    """When the authority wants a certificate to be renewed (RFC 9773), in seconds since 1970."""

    start: float
    end: float


def renewal_at(begin: float, end: float, serial: str, window: Window | None) -> float:
    """When a third of the lifetime is left, or when the authority says, at a random moment: but the same each time."""
    lifetime = end - begin
    fraction = _fraction(serial)
    if window is not None and window.start <= window.end:
        # Not even the authority may talk it into ending.
        return min(window.start + fraction * (window.end - window.start), end - lifetime / 6)
    return end - lifetime / 3 + fraction * min(HOUR, lifetime / 48)


def _fraction(serial: str) -> float:
    return int.from_bytes(hashlib.sha256(serial.encode()).digest()[:4], "big") / 2**32


class Situation(NamedTuple):
    now: float
    # When the certificate is to be renewed; 0: there is none that serves.
    due_at: float
    # Since when this machine knows that it is due; None: it is not.
    due_since: float | None
    # Before this no attempt is made.
    not_before: float
    # The address leads here; None: nobody knows.
    owner: bool | None
    # Seconds after which the other machine tries too.
    take_over_after: float


def turn(now: Situation) -> Turn:
    if now.now < now.due_at:
        return Turn.REST
    waited = now.now - (now.now if now.due_since is None else now.due_since)
    if now.owner is not True and waited < now.take_over_after:
        return Turn.PEERS_TURN
    return Turn.BACK_OFF if now.now < now.not_before else Turn.ISSUE


def pause(failures: int, first: float, longest: float, chance: float, asked: float | None) -> float:
    """Seconds until the next attempt: longer and longer, and never less than the authority asks for.

    Of five failures for one name within an hour Let's Encrypt refuses the sixth attempt.
    """
    doubled = min(longest, first * 2.0 ** min(failures - 1, 30))
    return max(doubled * (0.75 + 0.5 * chance), asked or 0.0)
