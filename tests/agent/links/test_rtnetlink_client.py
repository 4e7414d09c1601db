import errno
import socket

import pytest

from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient


def test_the_tables_hold_what_every_machine_has() -> None:
    with RtnetlinkClient() as kernel:
        loopback = next(link for link in kernel.links() if link.name == "lo")
        assert loopback.index == socket.if_nametoindex("lo")
        assert b"\x7f\0\0\1" in [address.address for address in kernel.addresses()]
        assert any(route.destination == b"\x7f\0\0\1" for route in kernel.routes())
        assert kernel.link(loopback.index).name == "lo"


def test_an_interface_that_is_not_there_is_an_error() -> None:
    with RtnetlinkClient() as kernel, pytest.raises(OSError, match="ENODEV") as caught:
        kernel.link(99999)
    assert caught.value.errno == errno.ENODEV


def test_an_error_does_not_disturb_the_next_question() -> None:
    with RtnetlinkClient() as kernel:
        for _ in range(3):
            with pytest.raises(OSError, match="ENODEV"):
                kernel.link(99999)
            assert kernel.links()


def test_an_unknown_item_is_none() -> None:
    lo = socket.if_nametoindex("lo")
    with RtnetlinkClient() as kernel:
        unknown = kernel.neighbour(family=socket.AF_INET, address=b"\xcb\0\x71\x01", index=lo)
        assert unknown is None
        for source in (None, b"\x7f\0\0\1"):
            route = kernel.route(
                family=socket.AF_INET, destination=b"\xcb\0\x71\x01", source=source, index=lo
            )
            assert route is None


def test_a_question_that_was_given_up_does_not_answer_the_next_one() -> None:
    with RtnetlinkClient() as kernel:
        # The rest of a dump lies in the socket when another question is asked.
        kernel._socket.send(b"\x20\0\0\0\x12\0\x01\x03\xff\xff\0\0\0\0\0\0" + b"\0" * 16)
        assert kernel.link(socket.if_nametoindex("lo")).name == "lo"
        assert kernel.addresses()
