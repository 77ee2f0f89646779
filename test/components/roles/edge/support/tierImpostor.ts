/** Python of a scenario that has `until`, `socket`, `ssl` and `threading`. */
export const impostor = `class Impostor:
    """Takes the place of a machine with a certificate that is not its own, and counts who believes it."""

    def __init__(self, address, certificate):
        self.tried, self.believed = 0, 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        until(lambda: self.bound(address))
        self.listener.listen(64)
        threading.Thread(target=self.serve, args=(context,), daemon=True).start()

    def bound(self, address):
        try:
            self.listener.bind((address, 443))
            return True
        except OSError:
            return False

    def serve(self, context):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.answer, args=(context, connection), daemon=True).start()

    def answer(self, context, connection):
        try:
            connection.settimeout(5)
            # A connection alone, which asks whether the machine is there, sends nothing.
            if connection.recv(1, socket.MSG_PEEK) == b"":
                return
            self.tried += 1
            encrypted = context.wrap_socket(connection, server_side=True)
            if encrypted.recv(65536):
                self.believed += 1
                encrypted.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nstolen")
        except OSError:
            pass
        finally:
            connection.close()`;
