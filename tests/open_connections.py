"""
Connections that a test leaves open fail that test.

Only the garbage collector notices a connection that outlives its event loop, and it fails the test
that runs by then: a leak of one test was reported in a file that opens no connection at all
(2026-12). Here each loop tells what is still open in the moment in which it is closed.
"""

import asyncio
import socket
from asyncio import BaseEventLoop
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Generator, Iterator

import pytest

_left_open: list[str] = []


def open_connections(loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """Describe each connection of a loop that is not closed yet, or not entirely."""
    for transport, sock in _open(loop):
        yield f"{transport!r} of {transport.get_protocol()!r}, {sock!r}"


def _open(loop: asyncio.AbstractEventLoop) -> Iterator[tuple[asyncio.Transport, socket.socket]]:
    # Each transport over a socket is there as long as it is referenced (Python 3.11 to 3.14).
    for transport in list(getattr(loop, "_transports", {}).values()):
        sock: socket.socket | None = transport._sock
        if sock is not None:  # else it is closed
            yield transport, sock


async def break_off(sockname: object) -> None:
    """
    End all connections that a server of a test has accepted at a local address, also those that are
    still in the handshake of TLS, which its handlers do not know.
    """
    loop = asyncio.get_running_loop()
    while at_server := [
        transport
        for transport, _ in _open(loop)
        if transport.get_extra_info("sockname") == sockname
    ]:
        for transport in at_server:
            transport.abort()
        await asyncio.sleep(0)


def pytest_configure() -> None:
    """Note what is open in each loop that is closed."""
    close = BaseSelectorEventLoop.close

    def note_and_close(loop: BaseEventLoop) -> None:
        if not loop.is_closed():
            _left_open.extend(open_connections(loop))
        close(loop)

    BaseSelectorEventLoop.close = note_and_close  # type: ignore[assignment, method-assign]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin with nothing, whatever another test has left whose end failed."""
    _left_open.clear()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Fail a test that has left a connection open when all its fixtures have ended."""
    yield
    assert not _left_open, f"left open when its loop was closed: {'; '.join(_left_open)}"
