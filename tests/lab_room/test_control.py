"""Requests to the lab's own processes: answered, refused with the reason, or nobody is there."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from thongsuot_lab.control import ControlReply, ControlRequest, call, listener, serve_connection
from thongsuot_lab.errors import LabError, TopologyError

WITHIN_S = 90.0


def answer(request: ControlRequest) -> ControlReply:
    match request:
        case {"do": "add", "numbers": [int(first), int(second)]}:
            return {"sum": first + second}
        case {"do": "lay"}:
            raise TopologyError("no wire 'w9'; known: w1")
    return {"missing": request["numbers"]}


@contextmanager
def answering(path: Path) -> Iterator[None]:
    """Answer one request."""
    with listener(path) as listening:

        def serve() -> None:
            select.select([listening], [], [], WITHIN_S)
            serve_connection(listening.accept()[0], answer)

        server = threading.Thread(target=serve)
        server.start()
        yield
        server.join(WITHIN_S)
        assert not server.is_alive()


def test_a_request_is_answered_and_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "wires.sock"
    with answering(path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert call(path, {"do": "add", "numbers": [2, 3]}) == {"sum": 5}


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"do": "lay"}, "wires.sock refused to lay: TopologyError: no wire 'w9'; known: w1"),
        ({"do": "sing"}, "wires.sock refused to sing: KeyError: 'numbers'"),
    ],
)
def test_a_refusal_says_what_was_asked_and_why_not(
    tmp_path: Path, request_: ControlRequest, why: str
) -> None:
    path = tmp_path / "wires.sock"
    with answering(path), pytest.raises(LabError) as caught:
        call(path, request_)
    assert str(caught.value) == why


def test_where_nobody_answers_that_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"cannot ask wires\.sock to report"):
        call(tmp_path / "wires.sock", {"do": "report"})


def test_a_client_that_disconnects_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "wires.sock"
    with answering(path), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asker:
        asker.connect(str(path))
