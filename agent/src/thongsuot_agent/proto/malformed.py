"""Malformed: bytes that do not follow their protocol."""


class MalformedMessage(ValueError):
    """Bytes are not what the protocol says; the message names what was read and what was wrong."""
