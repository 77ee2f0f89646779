"""A certificate with its chain and its key, and whom it was asked of."""

import base64
import json
import os
import tempfile
import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


class Unusable(ValueError):
    """No certificate that a proxy could serve."""


@dataclass(frozen=True)
class Bundle:
    # Directory of the authority that issued it.
    directory: str
    # Certificate, its chain, its key.
    pem: str
    names: frozenset[str]
    # Seconds since 1970.
    begin: float
    end: float
    serial: str
    # As RFC 9773 names a certificate; empty: it does not say who signed it.
    renewal_id: str

    @property
    def lifetime(self) -> float:
        return self.end - self.begin

    def to_bytes(self) -> bytes:
        return json.dumps({"directory": self.directory, "pem": self.pem}).encode()


def parse(directory: str, pem: str) -> Bundle:
    """Raises Unusable."""
    try:
        leaf = x509.load_pem_x509_certificates(pem.encode())[0]
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise Unusable(f"no readable certificate with its key: {error}") from error
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*spki) != key.public_key().public_bytes(*spki):
        raise Unusable("the key is of another certificate")
    return Bundle(
        directory=directory,
        pem=pem,
        names=_names(leaf),
        begin=leaf.not_valid_before_utc.timestamp(),
        end=leaf.not_valid_after_utc.timestamp(),
        serial=f"{leaf.serial_number:x}",
        renewal_id=_renewal_id(leaf),
    )


def from_bytes(content: bytes) -> Bundle:
    """Raises Unusable."""
    try:
        values = json.loads(content)
        return parse(str(values["directory"]), str(values["pem"]))
    except (ValueError, KeyError, TypeError) as error:
        raise error if isinstance(error, Unusable) else Unusable(f"unreadable: {type(error).__name__}") from error


def load(path: str) -> Bundle | None:
    """None: there is none, or none that can be read."""
    try:
        with open(path, "rb") as file:
            return from_bytes(file.read())
    except (OSError, Unusable):
        return None


def is_for(bundle: Bundle, directory: str, names: frozenset[str], now: float | None = None) -> bool:
    """Whether it is what the configuration asks for, and still valid."""
    moment = time.time() if now is None else now
    return bundle.directory == directory and bundle.names == names and moment < bundle.end


def replace(path: str, content: bytes) -> None:
    """In one step, for its owner alone, and on the disk when it returns."""
    folder = os.path.dirname(path)
    descriptor, candidate = tempfile.mkstemp(dir=folder, prefix=".new-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(candidate, path)
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _names(leaf: x509.Certificate) -> frozenset[str]:
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(extension.value.get_values_for_type(x509.DNSName))


def _renewal_id(leaf: x509.Certificate) -> str:
    try:
        issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return ""
    if issuer is None:
        return ""
    # As DER writes the number: with a zero in front where its first bit is one.
    serial = leaf.serial_number.to_bytes(leaf.serial_number.bit_length() // 8 + 1, "big")
    return f"{_text(issuer)}.{_text(serial)}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
