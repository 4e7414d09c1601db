"""Failures between the connection and the last byte, and their reasons."""

import asyncio
import socket
from dataclasses import replace

import pytest

from tests.agent.links.device import ANCHOR4, on_device, until
from tests.agent.probes.http.visiting import (
    FIXED,
    HOST,
    PATIENT,
    SHORT,
    ZONE,
    measure,
    portal,
)
from tests.agent.probes.web_server import (
    ScriptedWebServer,
    ServerAuthority,
    page,
    raw,
    reset,
    silent,
)
from tests.agent.probing.name_server import ScriptedNameServer, zone
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.http.probe import HttpProbe
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

pytestmark = [pytest.mark.lab, needs_lab]


def test_only_a_limited_part_of_a_large_body_is_read(lab: Lab) -> None:
    finding = measure(
        lab, page("x" * 3_000_000), settings=replace(PATIENT, body_limit_bytes=50_000)
    )
    assert finding.outcome is Outcome.OK
    assert 30_000 <= finding.values["http_body_bytes"] < 1_500_000
    assert finding.cost_bytes > 50_000


def test_a_closed_port_refuses(lab: Lab) -> None:
    finding = measure(lab, page(), of=portal(f"http://{HOST}:81/"))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.CONNECTION_REFUSED)
    assert finding.values.keys() == {"http_resolve_seconds"}


def test_the_phase_in_which_time_ran_out_is_reported(lab: Lab) -> None:
    secure = portal()
    for respond, of, reason in (
        (silent, portal(f"http://{HOST}/"), Reason.RESPONSE_TIMED_OUT),
        (silent, secure, Reason.TLS_TIMED_OUT),
    ):
        # Without a certificate the server never speaks TLS: the handshake goes unanswered.
        measured = measure(lab, respond, of=of, settings=SHORT)
        assert (measured.outcome, measured.reason) == (Outcome.FAILED, reason)
        assert measured.values["http_connect_seconds"] > 0


def test_a_host_that_is_silent_times_out(lab: Lab) -> None:
    behave = zone(f"{HOST}. 300 A 203.0.113.5")
    lab.node("internet").nft(
        "add table inet no",
        "add chain inet no f { type filter hook forward priority 0; }",
        "add rule inet no f ip daddr 203.0.113.5 drop",
    )
    finding = measure(lab, page(), behave=behave, settings=SHORT)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TIMED_OUT)


def test_a_path_that_loses_large_packets_shows_in_the_tls_handshake(
    lab: Lab, authority: ServerAuthority
) -> None:
    lab.node("internet").nft(
        "add table inet no",
        "add chain inet no f { type filter hook forward priority 0; }",
        "add rule inet no f ip length > 700 drop",
    )
    context = authority.context(HOST, *(f"n{number}.example" for number in range(60)))
    finding = measure(lab, page(), context, trust=authority, settings=SHORT)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TLS_TIMED_OUT)
    assert finding.values["http_connect_seconds"] > 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"SSH-2.0-OpenSSH\r\n", Reason.RESPONSE_INVALID),
        (b"", Reason.RESPONSE_INVALID),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Reason.RESPONSE_TRUNCATED),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            Reason.RESPONSE_INVALID,
        ),
    ],
)
def test_an_answer_that_is_no_answer_has_its_reason(
    lab: Lab, answer: bytes, reason: Reason
) -> None:
    finding = measure(lab, raw(answer))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, reason)


def test_a_reset_is_reported(lab: Lab) -> None:
    finding = measure(lab, reset)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.CONNECTION_RESET)


def test_a_server_that_speaks_no_tls_fails_the_handshake(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> Finding:
        anchor = lab.node("anchor")

        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        listener = anchor.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((ANCHOR4, 443))
        async with ScriptedNameServer(anchor, ANCHOR4, ZONE):
            server = await asyncio.start_server(plain, sock=listener)
            async with server:
                return await HttpProbe(ProbeServices())(
                    monitor.links["fixed"], portal(), Family.IP4, PATIENT
                )

    finding = on_device(lab, run, (FIXED,))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TLS_HANDSHAKE_FAILED)


def test_a_proxy_of_the_environment_is_not_used(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert measure(lab, page()).outcome is Outcome.OK


def test_a_visit_that_is_cancelled_ends_its_connection(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        anchor = lab.node("anchor")
        async with (
            ScriptedNameServer(anchor, ANCHOR4, ZONE),
            ScriptedWebServer(anchor, ANCHOR4, 80, silent) as server,
        ):
            of = portal(f"http://{HOST}/")
            task = asyncio.ensure_future(
                HttpProbe(ProbeServices())(monitor.links["fixed"], of, Family.IP4, PATIENT)
            )
            await until(lambda: bool(server.requests))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(server.is_deserted)
            # The multi handle is well: the next visit works.
            server.respond = page()
            finding = await HttpProbe(ProbeServices())(
                monitor.links["fixed"], of, Family.IP4, PATIENT
            )
            assert finding.outcome is Outcome.OK

    on_device(lab, run, (FIXED,))
