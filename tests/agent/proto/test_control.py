import socket
import time
from contextlib import suppress
from struct import Struct, pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto import control

# Recorded from sockets on Linux 6.18, x86-64.
STAMP = (1, 37, bytes.fromhex("58a7656a00000000d3a0f20500000000") + b"\0" * 32)
NO_STAMP = (1, 37, b"\0" * 48)
INFO4 = (0, 8, bytes.fromhex("02000000c0a8010ac0a8010a"))
INFO6 = (41, 50, bytes.fromhex("20010db800a10000000000000000001002000000"))
SENT = (0, 11, bytes.fromhex("2a0000000400000000000000" + "05000000") + b"\0" * 16)
REFUSED = (
    0,
    11,
    bytes.fromhex("710000000203010000000000" + "00000000") + b"\2\0\0\0\xc0\xa8\1\1" + b"\0" * 8,
)


def test_a_stamp_is_unix_time_in_nanoseconds() -> None:
    assert control.parse([STAMP]).stamp_ns == 0x6A65A758 * 10**9 + 0x05F2A0D3


def test_a_stamp_of_zero_is_none() -> None:
    assert control.parse([NO_STAMP]).stamp_ns is None


def test_the_way_in_is_the_interface_and_the_address_that_was_meant() -> None:
    four = control.parse([INFO4, (0, 2, pack("=i", 62))])
    assert (four.interface, four.local, four.hop_limit) == (2, bytes([192, 168, 1, 10]), 62)
    six = control.parse([INFO6, (41, 52, pack("=i", 60))])
    assert six.local == socket.inet_pton(socket.AF_INET6, "2001:db8:a1::10")
    assert (six.interface, six.hop_limit) == (2, 60)


def test_the_stamp_of_a_packet_sent_comes_with_its_number() -> None:
    ancillary = control.parse([STAMP, SENT])
    assert ancillary.error is not None
    assert ancillary.error.origin == control.ORIGIN_STAMP
    assert ancillary.error.data == 5
    assert ancillary.stamp_ns is not None


def test_an_icmp_error_names_who_sent_it() -> None:
    error = control.parse([REFUSED]).error
    assert error is not None
    assert (error.origin, error.type, error.code) == (control.ORIGIN_ICMP4, 3, 1)
    assert error.offender == bytes([192, 168, 1, 1])
    assert error.number == 113


def test_unknown_items_are_skipped() -> None:
    assert control.parse([(1, 99, b"?"), (99, 1, b"")]) == control.ReceivedControl()


@pytest.mark.parametrize("message", [STAMP, INFO4, INFO6, SENT, REFUSED, (0, 2, b"\0" * 4)])
def test_truncated_input_is_refused(message: tuple[int, int, bytes]) -> None:
    level, kind, data = message
    short = data[:15] if kind == 11 else data[:3]
    with pytest.raises(MalformedMessage, match="shorter than its type"):
        control.parse([(level, kind, short)])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 41]),
            st.sampled_from([2, 8, 11, 25, 37, 50, 52]),
            st.binary(max_size=64),
        ),
        max_size=4,
    )
)
def test_any_messages_are_read_or_refused(messages: list[tuple[int, int, bytes]]) -> None:
    with suppress(MalformedMessage):
        control.parse(messages)


def test_control_messages_of_the_running_kernel_are_parsed() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        server.bind(("127.0.0.1", 0))
        server.settimeout(60)
        server.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_BOTH)
        server.setsockopt(control.SOL_IP, control.IP_PKTINFO, 1)
        server.setsockopt(control.SOL_IP, control.IP_RECVTTL, 1)
        client.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_BOTH)
        before_ns = time.time_ns()
        way = control.leave_by4(socket.if_nametoindex("lo"), b"\x7f\0\0\1")
        client.sendmsg([b"x"], [way], 0, server.getsockname())
        arrived = control.parse(server.recvmsg(10, control.SPACE_BYTES)[1])
        sent = control.parse(client.recvmsg(0, control.SPACE_BYTES, socket.MSG_ERRQUEUE)[1])
    assert arrived.interface == socket.if_nametoindex("lo")
    assert arrived.local == b"\x7f\0\0\1"
    assert arrived.hop_limit == 64
    assert sent.error is not None
    assert (sent.error.origin, sent.error.data) == (control.ORIGIN_STAMP, 0)
    assert sent.stamp_ns is not None
    assert arrived.stamp_ns is not None
    assert before_ns <= sent.stamp_ns <= arrived.stamp_ns <= time.time_ns()


def test_an_ipv6_way_out_names_source_and_interface() -> None:
    level, kind, data = control.leave_by6(7, b"\x20" * 16)
    assert (level, kind) == (control.SOL_IPV6, control.IPV6_PKTINFO)
    assert Struct("=16si").unpack(data) == (b"\x20" * 16, 7)
