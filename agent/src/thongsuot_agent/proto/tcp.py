"""TCP segments that the agent sends itself (RFC 9293, section 3.1)."""

from struct import Struct

from thongsuot_agent.proto.icmp import checksum

_SEGMENT = Struct("!HHIIBBHHH")
_PSEUDO = Struct("!IHH")
_PROTOCOL = 6
_SYN = 0x02
_WINDOW = 64240
SYN_BYTES = _SEGMENT.size


def build_syn(source: bytes, destination: bytes, ports: tuple[int, int], sequence: int) -> bytes:
    """
    Return the first segment of a connection, without options.

    ``source`` and ``destination`` are packed addresses of one family, ``ports`` those of source and
    destination; the checksum covers them (section 3.1; RFC 8200, section 8.1).
    """
    offset = SYN_BYTES // 4 << 4
    segment = _SEGMENT.pack(*ports, sequence, 0, offset, _SYN, _WINDOW, 0, 0)
    pseudo = source + destination + _PSEUDO.pack(SYN_BYTES, 0, _PROTOCOL)
    return _SEGMENT.pack(*ports, sequence, 0, offset, _SYN, _WINDOW, checksum(pseudo + segment), 0)
