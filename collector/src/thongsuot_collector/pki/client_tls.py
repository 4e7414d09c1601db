"""TLS as a client: whose certificates are believed, and how old a version is spoken."""

import ssl


def client_context(ca_file: str = "") -> ssl.SSLContext:
    """
    Return a context that checks certificates against a file of authorities; empty: the system's.

    Without what RFC 8996 ends, whatever the system's OpenSSL allows.

    Raises:
        OSError: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
