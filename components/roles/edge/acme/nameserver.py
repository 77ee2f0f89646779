"""What a name server answers for TXT records: asked itself, not through a resolver that remembers what was."""

import secrets
import socket
import struct

_TXT = 16
_INTERNET = 1
_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")


def texts(address: str, port: int, name: str, patience: float) -> frozenset[str]:
    """Raises OSError when there is no answer, and ValueError for one that is none."""
    number = secrets.randbelow(65536)
    question = _HEADER.pack(number, 0, 1, 0, 0, 0) + _encoded(name) + struct.pack("!HH", _TXT, _INTERNET)
    # Over TCP an answer is never cut off, and nobody else can give it.
    with socket.create_connection((address, port), timeout=patience) as connection:
        connection.sendall(struct.pack("!H", len(question)) + question)
        (length,) = struct.unpack("!H", _read(connection, 2))
        return _texts_of(_read(connection, length), number)


def _encoded(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _read(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = connection.recv(size - len(content))
        if not piece:
            raise ValueError("the answer breaks off")
        content += piece
    return content


def _texts_of(message: bytes, number: int) -> frozenset[str]:
    try:
        told, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
        # 3: there is no such name yet.
        if told != number or flags & 0x8000 == 0 or flags & 0x000F not in (0, 3):
            raise ValueError(f"the answer has flags {flags:#06x}")
        offset = _HEADER.size
        for _ in range(questions):
            offset = _after_name(message, offset) + 4
        found = set()
        for _ in range(answers):
            offset = _after_name(message, offset)
            kind, _, _, size = _RECORD.unpack_from(message, offset)
            offset += _RECORD.size
            if kind == _TXT:
                found.add(_text(message[offset : offset + size]))
            offset += size
        return frozenset(found)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("an answer that cannot be read") from error


def _after_name(message: bytes, offset: int) -> int:
    while True:
        length = message[offset]
        if length == 0:
            return offset + 1
        # The rest of it stands elsewhere.
        if length >= 0xC0:
            return offset + 2
        offset += 1 + length


def _text(data: bytes) -> str:
    pieces, offset = [], 0
    while offset < len(data):
        size = data[offset]
        pieces.append(data[offset + 1 : offset + 1 + size])
        offset += 1 + size
    return b"".join(pieces).decode("ascii")
