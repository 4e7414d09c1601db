"""
What stands behind the quoted packet of an ICMP error: MPLS labels.

Source: RFC 4884, section 7 (the extension structure, and where it begins), RFC 4950, section 3 (the
label stack). Routers older than RFC 4884 do not say where it begins and put it after 128 bytes
(section 5.5 there); its version and its checksum tell it from what was quoted.
"""

from struct import Struct

from thongsuot_agent.proto.icmp import checksum

OLD_QUOTE_BYTES = 128
"""Quoted IP packet, header included, in front of an extension that nobody announced."""

_HEAD = Struct("!BBH")
_OBJECT = Struct("!HBB")
_ENTRY = Struct("!I")
_VERSION = 2
_MPLS = (1, 1)
_BOTTOM = 1 << 8
_MOST_LABELS = 16


def labels(quoted: bytes, begins: int, headers_bytes: int) -> tuple[int, ...]:
    """
    Return the MPLS labels that an ICMP error tells of, outermost first; empty where it tells none.

    ``quoted`` is what the kernel hands over: the quoted packet from behind its ``headers_bytes`` of
    headers to the end of the message. ``begins`` is where the kernel found that the extension
    begins in it; 0: the router did not say.
    """
    structure = quoted[begins or OLD_QUOTE_BYTES - headers_bytes :]
    if len(structure) < _HEAD.size or structure[0] >> 4 != _VERSION:
        return ()
    _, _, sent_checksum = _HEAD.unpack_from(structure)
    # A checksum of 0 means that none was made (RFC 4884, section 7).
    if sent_checksum and checksum(structure) != 0:
        return ()
    return _stack(structure[_HEAD.size :])


def _stack(objects: bytes) -> tuple[int, ...]:
    while len(objects) >= _OBJECT.size:
        length, sort, kind = _OBJECT.unpack_from(objects)
        if not _OBJECT.size <= length <= len(objects):
            return ()
        if (sort, kind) == _MPLS:
            return _labels(objects[_OBJECT.size : length])
        objects = objects[length:]
    return ()


def _labels(entries: bytes) -> tuple[int, ...]:
    stack: list[int] = []
    for (entry,) in _ENTRY.iter_unpack(entries[: len(entries) // _ENTRY.size * _ENTRY.size]):
        stack.append(entry >> 12)
        if entry & _BOTTOM or len(stack) == _MOST_LABELS:
            break
    return tuple(stack)
