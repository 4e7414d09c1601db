"""The machine's own loopback, and certificates for servers that others start in the lab."""

import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from thongsuot_lab.errors import LabError
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.city import city

pytestmark = [pytest.mark.lab, needs_lab]

# Answers one connection: says what it was told, over TLS.
SERVER = """
import socket, ssl, sys
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1], sys.argv[2])
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    connection, _ = server.accept()
    with context.wrap_socket(connection, server_side=True) as secure:
        secure.sendall(secure.recv(100).upper())
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(city(1)) as lab:
        yield lab


def test_a_portal_can_be_opened_from_the_host_through_an_exposed_port(lab: Lab) -> None:
    address = lab.topology.addresses_of("portal.motcua")[0]
    port = lab.expose("portal.motcua", 80, address=address)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        assert "Hệ thống một cửa" in answer.read().decode()
    assert lab.expose("portal.motcua", 80, address=address) == port


def test_a_server_on_a_nodes_own_loopback_is_reached_with_a_certificate_of_the_lab(
    lab: Lab,
) -> None:
    chain, key = lab.certificate("collector.lab.test", "127.0.0.1")
    server = lab.node("collector").popen(
        [sys.executable, "-c", SERVER, str(chain), str(key)], stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        port = lab.expose("collector", int(server.stdout.readline()))
        context = ssl.create_default_context(cafile=lab.ca_file)
        with (
            socket.create_connection(("127.0.0.1", port)) as sock,
            context.wrap_socket(sock, server_hostname="collector.lab.test") as secure,
        ):
            secure.sendall(b"hello")
            assert secure.recv(100) == b"HELLO"
        assert server.wait() == 0


def test_an_exposed_port_without_a_listener_closes_the_connection_at_once(lab: Lab) -> None:
    port = lab.expose("collector", 9)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        try:
            assert sock.recv(1) == b""
        except ConnectionResetError:
            return


def test_a_wanted_port_that_is_taken_is_refused(lab: Lab) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(LabError, match="address already in use"),
    ):
        lab.expose("collector", 80, local_port=taken.getsockname()[1])
