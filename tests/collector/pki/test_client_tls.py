"""What the collector asks as a client is asked by TLS 1.2 or newer, of whom it trusts."""

import socket
import ssl
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from tests.collector.running import WITHIN_S
from thongsuot_collector.notify.http.client import _context
from thongsuot_collector.pki.client_tls import client_context
from thongsuot_collector.sinks.delivery.http_settings import tls_of
from thongsuot_collector.sinks.remote_write.sink import Settings


def answers(authority: trustme.CA, version: ssl.TLSVersion, client: ssl.SSLContext) -> str | None:
    """Let a client shake hands with a server that speaks one version; returns what was agreed."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    server.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server.minimum_version = server.maximum_version = version

    def serve(listening: socket.socket) -> None:
        taken, _ = listening.accept()
        with taken:
            try:
                server.wrap_socket(taken, server_side=True).close()
            except (ssl.SSLError, ConnectionError):
                return  # the client did not want to

    with ThreadPoolExecutor(1) as pool, socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(WITHIN_S)
        serving = pool.submit(serve, listening)
        address = listening.getsockname()
        try:
            with (
                socket.create_connection(address, WITHIN_S) as plain,
                client.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
            ):
                return secured.version()
        finally:
            serving.result(WITHIN_S)


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return ca


def test_what_is_older_than_1_2_is_not_spoken_even_where_openssl_would(
    authority: trustme.CA, tmp_path: Path
) -> None:
    client = client_context(str(tmp_path / "ca.pem"))
    client.set_ciphers("ALL:@SECLEVEL=0")
    assert answers(authority, ssl.TLSVersion.TLSv1_2, client) == "TLSv1.2"
    assert answers(authority, ssl.TLSVersion.TLSv1_3, client) == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        answers(authority, ssl.TLSVersion.TLSv1_1, client)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client.minimum_version = ssl.TLSVersion.TLSv1_1
    assert answers(authority, ssl.TLSVersion.TLSv1_1, client) == "TLSv1.1"


def test_who_is_of_another_authority_is_not_believed(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        answers(trustme.CA(), ssl.TLSVersion.TLSv1_3, client_context(str(tmp_path / "ca.pem")))


@pytest.mark.usefixtures("authority")
def test_sinks_and_channels_ask_so(tmp_path: Path) -> None:
    file = str(tmp_path / "ca.pem")
    settings = Settings(
        kind="remote_write", name="database", url="https://db.example/write", ca_file=file
    )
    sink = tls_of(settings)
    for context in (sink, _context(file)):
        assert context is not None
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
