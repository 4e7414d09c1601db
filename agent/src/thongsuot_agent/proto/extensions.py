"""
Extensions after the quoted packet of an ICMP error: MPLS labels.

Source: RFC 4884, section 7 (the extension structure, and where it begins), RFC 4950, section 3 (the
label stack). Routers older than RFC 4884 do not announce its start and put it after 128 bytes
(section 5.5 there); its version and its checksum distinguish it from the quoted packet.
"""

from struct import Struct

from thongsuot_agent.proto.icmp import checksum

OLD_QUOTE_BYTES = 128
"""Length of the quoted IP packet, with its header, before an unannounced extension."""

_HEAD = Struct("!BBH")
_OBJECT = Struct("!HBB")
_ENTRY = Struct("!I")
_VERSION = 2
_MPLS = (1, 1)
_BOTTOM = 1 << 8
_MOST_LABELS = 16


def labels(quoted: bytes, begins: int, headers_bytes: int) -> tuple[int, ...]:
    """
    Return the MPLS labels in an ICMP error, outermost first; empty if it has none.

    ``quoted`` is the data from the kernel: the quoted packet after its ``headers_bytes`` of
    headers, up to the end of the message. ``begins`` is the start of the extension in it according
    to the kernel; 0: the router did not announce it.
    """
    structure = quoted[begins or OLD_QUOTE_BYTES - headers_bytes :]
    if len(structure) < _HEAD.size or structure[0] >> 4 != _VERSION:
        return ()
    _, _, sent_checksum = _HEAD.unpack_from(structure)
    # A checksum of 0 means that there is none (RFC 4884, section 7).
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
