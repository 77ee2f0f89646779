/**
 * Python that offers one cipher after the other, each alone, and every old version of TLS with all ciphers together:
 * what a server takes is what the weakest visitor may get. It knows what OpenSSL of Debian knows, at its lowest level.
 *
 * Usage: ciphers.py ADDRESS NAME
 */
export const cipherScan = `import json, socket, ssl, subprocess, sys, time
address, name = sys.argv[1:3]
versions = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def handshake(version, ciphers=None):
    """The cipher, or None when the server refuses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0" if ciphers is None else f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection((address, 443), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=name) as secure:
                return secure.cipher()[0]
    except OSError:
        return None


def listed(words):
    command = ["openssl", "ciphers", words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split(":")


deadline = time.monotonic() + 20
while handshake(ssl.TLSVersion.TLSv1_2) is None and time.monotonic() < deadline:
    time.sleep(0.1)
# Before TLS 1.3, which has a list of its own.
tried = [cipher for cipher in listed("ALL:COMPLEMENTOFALL:@SECLEVEL=0") if not cipher.startswith("TLS_")]
print("RESULT " + json.dumps({
    "tried": tried,
    "taken": sorted(cipher for cipher in tried if handshake(ssl.TLSVersion.TLSv1_2, cipher)),
    "versions": [version.name for version in versions if handshake(version)],
    "high": listed("HIGH:!aNULL:!MD5"),
}))
`;
