"""What the two load balancers tell each other is signed: who can write on the way between them can forge nothing.

The one who asks sends a number that nobody can foresee, and the one who answers signs it together with its name and
its answer. So an answer is from this machine and to this question: a recorded one fits no other question, and one's
own answer, sent back, has the wrong name. The key itself is never sent.

Over the public side the question is signed as well, for a machine, a page and a time: who reads it on the way can ask
the same for some minutes, and nothing else.
"""

import hashlib
import hmac
import re
import secrets

NONCE_HEADER = "X-Platform-Nonce"
SIGNATURE_HEADER = "X-Platform-Signature"
QUESTION_HEADER = "X-Platform-Question"

# Seconds by which the clocks of the two may differ.
QUESTION_WINDOW = 600

_NONCE = re.compile("[0-9a-f]{32}")
_QUESTION = re.compile(r"([0-9]{10})\.[0-9a-f]{64}")


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

    def question(self, server: str, path: str, nonce: str, moment: int) -> str:
        """What opens this page of this server for the one who asks with this number, around this second."""
        asked = f"platform-edge question\n{server}\n{path}\n{nonce}\n{moment}"
        return f"{moment}.{hmac.new(self._secret, asked.encode(), hashlib.sha256).hexdigest()}"

    def asked(self, server: str, path: str, nonce: str, question: str, now: float) -> bool:
        found = _QUESTION.fullmatch(question)
        if found is None or abs(int(found[1]) - now) > QUESTION_WINDOW:
            return False
        return hmac.compare_digest(self.question(server, path, nonce, int(found[1])), question)
