/** Python: a visitor with a WebSocket, in a scenario that has `EDGE`, who gets back what he sends. */
export const webSocketVisitor = `class WebSocket:
    def __init__(self):
        self.connection = socket.create_connection((EDGE, 80), timeout=10, source_address=("192.0.2.9", 0))
        self.connection.sendall(b"GET /ws HTTP/1.1\\r\\nHost: www.example.com\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n")
        head = b""
        while not head.endswith(b"\\r\\n\\r\\n") and (piece := self.connection.recv(4096)):
            head += piece
        self.opened = [head.split(b"\\r\\n")[0].decode(), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head]

    def echo(self):
        frame = bytes([0x81, 0x85, 1, 2, 3, 4]) + bytes(byte ^ mask for byte, mask in zip(b"hello", [1, 2, 3, 4, 1]))
        try:
            self.connection.sendall(frame)
            return self.connection.recv(100) == frame
        except OSError as error:
            return str(error)


`;
