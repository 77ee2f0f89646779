"""Who moves the floating IP, and who leaves it to the other one. Pure: no clock, no network."""

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    REST = "rest"
    CLAIM = "claim"
    # The peer is master as well and serves: VRRP is cut, the visitors are not.
    PARTITION = "partition"
    # Too many moves in a short time: somebody else moves the address too.
    BRAKE = "brake"
    # The peer has not been asked often enough yet.
    ASK_PEER = "ask peer"


class PeerView(NamedTuple):
    """What the probes of the last moments say about the other load balancer."""

    # It answered over the private or the public side.
    answered: bool
    # Its agent answered too, so the two fields below are its own words.
    has_agent: bool = False
    master: bool = False
    # It has application nodes to send visitors to.
    serves: bool = False
    # Both sides were asked at least twice and nobody answered.
    silent: bool = False


class Situation(NamedTuple):
    master: bool
    # Server that the API routes the address to; None: nobody.
    owner: int | None
    me: int
    peer_id: int | None
    peer: PeerView
    # Finished moves by this machine within the last minute.
    recent_claims: int
    # The machine that takes an address which nobody has while nobody is master.
    first: bool


CLAIMS_PER_MINUTE = 2


def decide(now: Situation) -> Verdict:
    if now.owner == now.me:
        return Verdict.REST
    if not now.master:
        # A pair without backends has no master, and its address must lead somewhere all the same.
        if not now.first or now.owner is not None or now.peer.master:
            return Verdict.REST
        if not now.peer.answered and not now.peer.silent:
            return Verdict.ASK_PEER
        return Verdict.CLAIM if now.recent_claims < CLAIMS_PER_MINUTE else Verdict.REST
    if now.owner == now.peer_id and now.owner is not None:
        if now.peer.answered:
            # Without an agent the peer cannot fight back, and a peer without backends serves nobody.
            if now.peer.has_agent and now.peer.master and now.peer.serves:
                return Verdict.PARTITION
        elif not now.peer.silent:
            return Verdict.ASK_PEER
    if now.recent_claims >= CLAIMS_PER_MINUTE:
        return Verdict.BRAKE
    return Verdict.CLAIM


class Outside(NamedTuple):
    """What the public sides of both machines reach. Moments are of this machine's clock."""

    # Rounds in a row in which nobody answered this machine.
    lost_rounds: int
    # When the first of them began.
    lost_at: float
    # When the peer has asked somebody who answered, by its own word; None: nobody knows.
    peer_reached_at: float | None
    now: float


LOST_ROUNDS = 2
# Longer than an answer is under way: when both lose their public side at one moment, what the peer has reached before
# that moment proves nothing.
LOST_MARGIN = 0.3
# The peer's word holds for so long.
REACHED_FRESH = 3.0


def steps_aside(outside: Outside) -> bool:
    """Whether the other machine shall be master because visitors reach it and not this one.

    Where neither reaches anybody, or nobody knows what the other one reaches, the address stays where it is.
    """
    if outside.lost_rounds < LOST_ROUNDS or outside.peer_reached_at is None:
        return False
    reached_since = outside.peer_reached_at > outside.lost_at + LOST_MARGIN
    return reached_since and outside.now - outside.peer_reached_at < REACHED_FRESH
