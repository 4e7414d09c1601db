"""
A collector as a whole: TLS, pages apart, a disk that is full, a journal that breaks while it
runs.
"""

import asyncio
import contextlib
import os
import socket
import ssl
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import trustme

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S
from tests.collector.running import WITHIN_S, Pusher, collector, token
from tests.servers import linted
from thongsuot_schema.batch import push
from thongsuot_schema.inventory.model import Inventory, Role, Target
from thongsuot_schema.segment import Segment

SITE = "hoan-kiem"
NOW = 5000 * S
ANCHOR_INFO = "thongsuot_collector_anchor_info"


def agent() -> BatchSealer:
    return BatchSealer(SITE, epoch_ns=time.time_ns() - NOW)


def only(version: ssl.TLSVersion, side: int) -> ssl.SSLContext:
    """Return a context that speaks one version, even one that OpenSSL would not offer by itself."""
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def speak(port: int, context: ssl.SSLContext) -> str | None:
    """Shake hands; return the version that was agreed on."""
    with (
        socket.create_connection(("127.0.0.1", port), WITHIN_S) as plain,
        context.wrap_socket(plain) as secured,
    ):
        return secured.version()


def test_the_client_that_is_refused_below_does_speak_tls_1_1(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(both)
    lenient = only(ssl.TLSVersion.TLSv1_1, ssl.PROTOCOL_TLS_SERVER)
    lenient.load_cert_chain(both)
    with (
        ThreadPoolExecutor(1) as pool,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        listening.settimeout(WITHIN_S)
        client = only(ssl.TLSVersion.TLSv1_1, ssl.PROTOCOL_TLS_CLIENT)
        speaking = pool.submit(speak, listening.getsockname()[1], client)
        taken, _ = listening.accept()
        with taken, lenient.wrap_socket(taken, server_side=True):
            assert speaking.result(WITHIN_S) == "TLSv1.1"


async def test_pushes_go_by_tls_and_nothing_older_than_1_2(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "both.pem"
    )
    config = (
        '[listen]\naddress = "127.0.0.1:0"\ncertificate_file = "both.pem"\nkey_file = "both.pem"\n'
    )
    async with collector(tmp_path, config=config) as plain:
        assert plain.base_url.scheme == "https"
        context = ssl.create_default_context()
        authority.configure_trust(context)
        secret = token(tmp_path, SITE)
        async with httpx.AsyncClient(
            base_url=plain.base_url, verify=context, timeout=WITHIN_S
        ) as client:
            pusher = Pusher(client, agent(), secret)
            assert (await pusher.batch(pusher.agent.batch(NOW))).status_code == 200
        assert plain.base_url.port is not None
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            old = only(version, ssl.PROTOCOL_TLS_CLIENT)
            # An alert, or only the end of the connection: what asyncio does of the two is its own.
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.to_thread(speak, plain.base_url.port, old)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            new = only(version, ssl.PROTOCOL_TLS_CLIENT)
            assert await asyncio.to_thread(speak, plain.base_url.port, new)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{plain.base_url.port}", timeout=WITHIN_S
        ) as client:
            with pytest.raises(httpx.TransportError):
                await client.get("/healthz")


async def test_a_journal_that_breaks_while_it_runs_ends_the_process_and_is_recovered(
    tmp_path: Path,
) -> None:
    process = CollectorProcess(tmp_path)
    secret, device = token(tmp_path / "state", SITE), agent()
    for _ in range(2):
        await process.start()
        async with httpx.AsyncClient(base_url=process.url, timeout=WITHIN_S) as client:
            pusher = Pusher(client, device, secret)
            assert (await pusher.batch(device.batch(NOW))).is_success
        assert await process.end() == 0
    await process.start()
    ruin(tmp_path / "state" / "journal.sqlite")
    async with httpx.AsyncClient(base_url=process.url, timeout=WITHIN_S) as client:
        # Never acknowledged; unless the process has ended already, the answer is to come again.
        with contextlib.suppress(httpx.TransportError):
            refused = await Pusher(client, device, secret).batch(device.batch(NOW))
            # Whether the journal refuses, or a reader met the damage first and the process ends.
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
    assert process.process is not None
    async with asyncio.timeout(WITHIN_S):
        await process.process.wait()
    assert await process.end() == 1
    assert "malformed" in process.log()
    # As systemd would, start it again.
    await process.start()
    async with httpx.AsyncClient(base_url=process.url, timeout=WITHIN_S) as client:
        assert (await Pusher(client, device, secret).batch(device.batch(NOW))).is_success
    assert await process.end() == 0
    assert "journal damaged" in process.log()


def ruin(journal: Path) -> None:
    """Overwrite every page but the first."""
    with journal.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(journal.stat().st_size - 8192))


async def test_the_address_it_listens_on_is_printed_on_standard_output_only(tmp_path: Path) -> None:
    process = CollectorProcess(tmp_path, is_forked=False)
    await process.start()
    async with httpx.AsyncClient(base_url=process.url, timeout=WITHIN_S) as client:
        for path in ("/healthz", "/readyz", "/metrics", "/"):
            assert (await client.get(path)).status_code == 200
        response = await client.post(push.PATH_BATCHES)
        assert response.status_code == 401
    assert await process.end() == 0
    assert "listening" in process.log()


async def test_metrics_are_what_prometheus_reads(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        assert (await pusher.batch(pusher.agent.batch(NOW))).is_success
        text = (await client.get("/metrics")).text
    assert linted(text) == ""


async def test_metrics_say_what_each_anchor_of_the_inventory_stands_for(tmp_path: Path) -> None:
    targets = (
        Target(name="core", role=Role.ANCHOR, segment=Segment.CARRIER, addresses=("192.0.2.1",)),
        Target(
            name="far",
            role=Role.ANCHOR,
            segment=Segment.TRANSIT,
            addresses=("192.0.2.2",),
            domestic=False,
        ),
        Target(name="portal", role=Role.SERVICE, segment=Segment.SERVICE, url="https://p.example/"),
    )
    async with collector(tmp_path, inventory=Inventory(targets=targets)) as client:
        text = (await client.get("/metrics")).text
    series = [line for line in text.splitlines() if line.startswith(ANCHOR_INFO)]
    assert series == [
        f'{ANCHOR_INFO}{{domestic="yes",segment="carrier",target="core"}} 1.0',
        f'{ANCHOR_INFO}{{domestic="no",segment="transit",target="far"}} 1.0',
    ]
    assert linted(text) == ""
