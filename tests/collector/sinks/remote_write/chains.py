"""The labels that stand in a chain: the way back from ``blocks.chained``."""

import struct

_LINK = struct.Struct("<HHHB")


def unchained(chain: bytes) -> list[bytes]:
    """Return the labels of each series of a chain."""
    labels: list[bytes] = []
    at, before, series = 0, b"", b""
    while at < len(chain):
        same, out, size, is_last = _LINK.unpack_from(chain, at)
        at += _LINK.size
        series += before[:same] + chain[at : at + size]
        before = before[same + out :]
        at += size
        if is_last:
            before = series + before
            labels.append(before)
            series = b""
    return labels
