"""What the two load balancers tell each other is signed: who can write on the way between them can forge nothing.

The one who asks sends a number that nobody can foresee, and the one who answers signs it together with its name and
its answer. So an answer is from this machine and to this question: a recorded one fits no other question, and one's
own answer, sent back, has the wrong name. The key itself is never sent.
"""

import hashlib
import hmac
import re
import secrets

NONCE_HEADER = "X-Platform-Nonce"
SIGNATURE_HEADER = "X-Platform-Signature"

_NONCE = re.compile("[0-9a-f]{32}")


def new_nonce() -> str:
    return secrets.token_hex(16)


class Key:
    """The key of the pair. Both machines derive it from the API token."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, server: str, nonce: str, content: bytes) -> str:
        """The signature under what this server answers. Empty: the question asks for none."""
        if not _NONCE.fullmatch(nonce):
            return ""
        message = b"\n".join([b"platform-edge answer", server.encode(), nonce.encode(), content])
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    def signed(self, server: str, nonce: str, content: bytes, signature: str) -> bool:
        return hmac.compare_digest(self.sign(server, nonce, content).encode(), signature.encode())
