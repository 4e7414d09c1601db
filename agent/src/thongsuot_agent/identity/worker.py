"""
Worker: the process that makes one key or looks at one certificate, and ends.

``python -m thongsuot_agent.identity.worker`` reads an order (JSON) from its standard input and
writes an answer (JSON) to its standard output. ``cryptography`` is 15 MiB and a TLS library of its
own: the resident agent has neither.
"""

import sys

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from thongsuot_agent.identity.protocol import OTHER_KEY, KeyReply, KeyRequest


def make_key() -> KeyReply:
    """Return a new key on P-256 and a request for it; the collector decides on the name."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyReply(
        key=secret.decode("ascii"), request=request.public_bytes(Encoding.PEM).decode("ascii")
    )


def check_pair(request: KeyRequest) -> KeyReply:
    """Return whether a certificate is for a key."""
    try:
        key = load_pem_private_key(request.key.encode("ascii"), None)
        certificate = x509.load_pem_x509_certificate(request.certificate.encode("ascii"))
    except (ValueError, TypeError) as error:
        return KeyReply(problem=str(error) or type(error).__name__)
    fits = key.public_key() == certificate.public_key()
    return KeyReply(problem="" if fits else str(OTHER_KEY))


def main() -> int:
    """Carry out a request; return the exit code."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=KeyRequest)
    answer = check_pair(request) if request.key else make_key()
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
