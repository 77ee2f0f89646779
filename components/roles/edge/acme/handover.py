"""The way of a certificate from one machine of the pair to the other: one line asks, a sealed answer comes.

Usage: handover.py CONFIG.json, as systemd starts it for each connection, with the connection as standard input.
"""

import json
import os
import socket
import sys
from typing import Any

from bundle import Bundle, Unusable, from_bytes
from sealing import Forged, PairKey, is_nonce, new_nonce

PATIENCE = 5.0
# A certificate for many names with its chain and an RSA key has less than 20 KB.
LONGEST = 262_144


def ask(config: dict[str, Any]) -> Bundle | None:
    """What the peer has; None: nothing. Raises OSError when it is away, Forged or Unusable when it answers nonsense."""
    nonce = new_nonce()
    peer = config["peer"]
    with socket.create_connection((peer["address"], config["handoverPort"]), timeout=PATIENCE) as connection:
        connection.sendall(f"{nonce}\n".encode())
        sealed = _read_all(connection)
    content = PairKey(config["key"]).open(peer["server"], nonce, sealed)
    return from_bytes(content) if content else None


def _read_all(connection: socket.socket) -> bytes:
    content = b""
    while len(content) <= LONGEST:
        piece = connection.recv(65536)
        if not piece:
            return content
        content += piece
    raise Unusable("an answer without end")


def answer(config: dict[str, Any]) -> None:
    with socket.socket(fileno=os.dup(0)) as connection:
        connection.settimeout(PATIENCE)
        asked = b""
        while not asked.endswith(b"\n") and len(asked) < 64:
            piece = connection.recv(64)
            if not piece:
                return
            asked += piece
        nonce = asked.decode("ascii", "replace").strip()
        if is_nonce(nonce):
            content = _own(os.path.join(config["folder"], "bundle.json"))
            connection.sendall(PairKey(config["key"]).seal(config["self"]["server"], nonce, content))


def _own(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


__all__ = ["Forged", "Unusable", "ask"]


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    try:
        answer(config)
    except OSError as error:
        print(f"<6>a question broke off: {type(error).__name__}", file=sys.stderr)


if __name__ == "__main__":
    main()
