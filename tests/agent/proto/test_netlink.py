from contextlib import suppress
from functools import partial
from struct import Struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto.netlink import (
    NLMSG_ERROR,
    NetlinkMessage,
    attribute,
    attributes,
    build,
    error_number,
    messages,
)


def test_a_built_message_is_read_back() -> None:
    data = build(26, 0x301, 7, b"abcd") + build(3, 2, 7, b"")
    assert list(messages(data)) == [
        NetlinkMessage(type=26, flags=0x301, sequence=7, payload=b"abcd"),
        NetlinkMessage(type=3, flags=2, sequence=7, payload=b""),
    ]


def test_a_payload_of_odd_length_is_followed_by_padding() -> None:
    first = build(26, 0, 1, b"abc")
    assert [message.payload for message in messages(first + b"\0" + build(27, 0, 1, b""))] == [
        b"abc",
        b"",
    ]


@pytest.mark.parametrize("length", [0, 15, 21, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused(length: int) -> None:
    data = length.to_bytes(4, "little") + build(26, 0, 1, b"abcd")[4:]
    with pytest.raises(MalformedMessage, match=f"length {length}"):
        list(messages(data))


def test_half_a_header_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="header cut off"):
        list(messages(build(26, 0, 1, b"")[:9]))


def test_the_kernel_sends_its_errors_negative() -> None:
    message = NetlinkMessage(type=NLMSG_ERROR, flags=0, sequence=1, payload=b"\x9b\xff\xff\xff")
    assert error_number(message) == 101


def test_an_error_without_a_number_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="holds no errno"):
        error_number(NetlinkMessage(type=NLMSG_ERROR, flags=0, sequence=1, payload=b"\0"))


def test_marks_of_nesting_are_not_part_of_an_attributes_type() -> None:
    assert attributes(attribute(0x8000 | 9, b"xyz") + attribute(4, b"12")) == {
        9: b"xyz",
        4: b"12",
    }


@pytest.mark.parametrize("length", [0, 3, 9])
def test_an_attribute_that_runs_past_the_end_is_refused(length: int) -> None:
    data = length.to_bytes(2, "little") + b"\1\0abcd"
    with pytest.raises(MalformedMessage, match="netlink attribute 1 at 0"):
        attributes(data)


FRAMED = st.lists(
    st.tuples(st.binary(max_size=40), st.sampled_from((0, 0, 0, 0, -40, -1, 1, 9))), max_size=4
)
"""Contents, and how far the length that stands before each is off."""


def framed(header: Struct, pieces: list[tuple[bytes, int]]) -> bytes:
    """Return contents behind headers of which the first field is a length, padded to four bytes."""
    data = b""
    for content, off in pieces:
        length = max(0, header.size + len(content) + off)
        data += header.pack(length, *range(1, len(header.unpack(bytes(header.size)))))
        data += content + bytes(-len(content) % 4)
    return data


@given(st.one_of(st.binary(max_size=200), FRAMED.map(partial(framed, Struct("=IHHII")))))
def test_messages_of_any_bytes_are_parts_of_them_or_refused(data: bytes) -> None:
    rest = data
    with suppress(MalformedMessage):
        for message in messages(data):
            assert message.payload in rest
            rest = rest[16 + len(message.payload) :]


@given(st.one_of(st.binary(max_size=200), FRAMED.map(partial(framed, Struct("=HH")))))
def test_attributes_of_any_bytes_are_parts_of_them_or_refused(data: bytes) -> None:
    read: dict[int, bytes] = {}
    with suppress(MalformedMessage):
        read = attributes(data)
    assert sum(4 + len(value) for value in read.values()) <= len(data)
    assert all(value in data for value in read.values())
