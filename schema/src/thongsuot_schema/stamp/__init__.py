"""STAMP on the wire: test packets, their extensions, and how a reflector answers (RFC 8762)."""
