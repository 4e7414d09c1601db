import socket

import pytest

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto import tcp_info


def test_the_kernel_counts_what_a_connection_carried() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"x" * 1000)
            assert accepted.recv(1000, socket.MSG_WAITALL) == b"x" * 1000
            accepted.sendall(b"y" * 300)
            assert client.recv(300, socket.MSG_WAITALL) == b"y" * 300
            data = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcp_info.SIZE_BYTES)
    counted = tcp_info.parse(data)
    assert counted.sent_bytes == 1000
    assert counted.received_bytes == 300
    # SYN, acknowledgement, data; the answer's acknowledgements may be merged.
    assert 3 <= counted.sent_segments <= 8
    assert 2 <= counted.received_segments <= 8
    assert counted.retransmitted_segments == 0


def test_an_older_kernels_struct_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="192 bytes"):
        tcp_info.parse(b"\0" * 192)
