from struct import pack

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.proto.extensions import labels
from thongsuot_agent.proto.icmp import checksum


def extension(*stack: int, summed: bool = True, before: bytes = b"") -> bytes:
    """The structure of RFC 4884 with a stack of labels as RFC 4950 has it."""
    entries = b"".join(
        pack("!I", label << 12 | (place == len(stack) - 1) << 8 | 1)
        for place, label in enumerate(stack)
    )
    objects = before + pack("!HBB", 4 + len(entries), 1, 1) + entries
    total = checksum(pack("!BBH", 0x20, 0, 0) + objects) if summed else 0
    return pack("!BBH", 0x20, 0, total) + objects


def test_labels_are_read_where_the_router_says_they_are() -> None:
    assert labels(bytes(100) + extension(24001, 16), 100, 28) == (24001, 16)


def test_a_router_older_than_the_rfc_puts_them_after_128_bytes() -> None:
    assert labels(bytes(100) + extension(299792), 0, 28) == (299792,)
    assert labels(bytes(108) + extension(299792), 0, 20) == (299792,)


def test_another_object_in_front_is_passed_over() -> None:
    interface = pack("!HBB", 8, 2, 0) + b"eth0"
    assert labels(bytes(100) + extension(3, before=interface), 100, 28) == (3,)


def test_a_structure_without_checksum_counts_and_a_wrong_one_does_not() -> None:
    assert labels(bytes(100) + extension(7, summed=False), 100, 28) == (7,)
    wrong = bytearray(extension(7))
    wrong[-1] ^= 1
    assert labels(bytes(100) + bytes(wrong), 100, 28) == ()


def test_a_quoted_packet_alone_has_no_labels() -> None:
    assert labels(b"", 0, 28) == ()
    assert labels(bytes(1400), 0, 28) == ()
    assert labels(b"\x20" * 300, 0, 28) == ()


@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from((20, 28, 40, 48)))
def test_labels_from_any_bytes_are_in_range(quoted: bytes, begins: int, headers_bytes: int) -> None:
    assert all(0 <= label < 1 << 20 for label in labels(quoted, begins, headers_bytes))
