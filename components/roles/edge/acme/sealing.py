"""What carries a private key between the two machines is sealed: read and made by nobody who lacks the pair's key.

The one who asks sends a number that nobody can foresee, and the answer is bound to it and to the machine that gave
it: a recorded answer fits no other question, and one's own answer, sent back, has the wrong name.
"""

import os
import re
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = re.compile("[0-9a-f]{32}")
_IV = 12


class Forged(Exception):
    """Not from the other machine, not for this question, or changed on the way."""


def new_nonce() -> str:
    return secrets.token_hex(16)


def is_nonce(text: str) -> bool:
    return _NONCE.fullmatch(text) is not None


class PairKey:
    """Both machines derive it from the API token; it is never sent."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(bytes.fromhex(secret))

    def seal(self, server: str, nonce: str, content: bytes) -> bytes:
        iv = os.urandom(_IV)
        return iv + bytes(self._cipher.encrypt(iv, content, _bound(server, nonce)))

    def open(self, server: str, nonce: str, sealed: bytes) -> bytes:
        """Raises Forged."""
        try:
            return bytes(self._cipher.decrypt(sealed[:_IV], sealed[_IV:], _bound(server, nonce)))
        except (InvalidTag, ValueError) as error:
            raise Forged(f"{len(sealed)} bytes") from error


def _bound(server: str, nonce: str) -> bytes:
    return b"\n".join([b"platform-edge certificate", server.encode(), nonce.encode()])
