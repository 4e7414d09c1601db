import asyncio
import socket
import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, MOBILE, on_device, until
from tests.agent.probes.name_server import Behaviour, NameServer, zone
from tests.agent.probes.web_server import (
    Authority,
    Respond,
    WebServer,
    compressed,
    page,
    raw,
    reset,
    silent,
)
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.http import PROBE, Settings
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Doubt, Family, Finding
from thongsuot_schema.segment import Segment

pytestmark = [pytest.mark.lab, needs_lab]

HOST = "portal.example"
ADDRESSES = {Family.IP4: ANCHOR4, Family.IP6: ANCHOR6}
ZONE = zone(f"{HOST}. 300 A {ANCHOR4}", f"{HOST}. 300 AAAA {ANCHOR6}")
FIXED = Spec(name="fixed", interface="fix0", resolvers=(ANCHOR4, ANCHOR6))
"""Only the one of the family that is measured runs; the other one would be asked after it."""
SHORT = Settings(timeout_s=0.6, resolve_timeout_s=0.6)
"""For what gets no answer."""


def quiet(query: object, over_tcp: bool) -> list[bytes]:
    """A name server that never answers."""
    del query, over_tcp
    return []


def portal(url: str = f"https://{HOST}/", **fields: object) -> Target:
    return Target(
        name="portal",
        role=Role.SERVICE,
        segment=Segment.SERVICE,
        url=url,
        **fields,  # type: ignore[arg-type]
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def visit(
    lab: Lab,
    monitor: LinkMonitor,
    of: Target,
    settings: Settings,
    respond: Respond,
    context: ssl.SSLContext | None = None,
    *,
    family: Family = Family.IP4,
    behave: Behaviour = ZONE,
) -> tuple[Finding, WebServer]:
    """Make one run against a web server and a name server at the anchor."""
    anchor = lab.node("anchor")
    port = 443 if of.url.startswith("https:") else 80
    async with (
        NameServer(anchor, ADDRESSES[family], behave),
        WebServer(anchor, ADDRESSES[family], port, respond, context) as server,
    ):
        return await PROBE.run(monitor.links["fixed"], of, family, settings), server


def measure(
    lab: Lab,
    respond: Respond,
    context: ssl.SSLContext | None = None,
    *,
    of: Target | None = None,
    family: Family = Family.IP4,
    behave: Behaviour = ZONE,
    settings: Settings | None = None,
    trust: Authority | None = None,
) -> Finding:
    chosen = of or portal(f"https://{HOST}/" if context else f"http://{HOST}/")

    async def run(monitor: LinkMonitor) -> Finding:
        made = settings or Settings()
        if trust is not None:
            made = replace(made, ca_file=str(trust.file))
        found, _ = await visit(
            lab, monitor, chosen, made, respond, context, family=family, behave=behave
        )
        return found

    return on_device(lab, run, (FIXED, MOBILE))


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_a_visit_is_measured_phase_by_phase(lab: Lab, authority: Authority, family: Family) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.02), Impairment(delay_s=0.02))
    found = measure(lab, page(), authority.context(HOST), family=family, trust=authority)
    assert (found.outcome, found.doubts) == (Outcome.OK, ())
    phases = [
        found.values[f"http_{phase}_seconds"]
        for phase in ("resolve", "connect", "tls", "first_byte")
    ]
    assert all(phase >= 0.04 for phase in phases)
    assert found.values["http_transfer_seconds"] >= 0
    assert found.values["http_total_seconds"] >= sum(phases)
    assert found.values["http_status_number"] == 200
    assert found.values["http_body_bytes"] == len("Xin chào".encode())
    days = (found.values["http_certificate_expiry_timestamp_seconds"] - time.time()) / 86400
    assert 59 < days < 61
    assert found.values["http_certificates_count"] >= 1
    assert found.evidence["address"] == ADDRESSES[family]
    assert 2500 < found.cost_bytes < 9000


def test_the_request_says_who_it_is_and_comes_from_the_links_address(lab: Lab) -> None:
    lab.node("ont").nft("flush ruleset")
    lab.node("internet").ip("route replace 192.168.1.0/24 via 100.65.0.2 dev fixed")

    async def run(monitor: LinkMonitor) -> None:
        settings = Settings(contact="it@hanoi.example")
        found, server = await visit(lab, monitor, portal(f"http://{HOST}/x?y"), settings, page())
        assert found.outcome is Outcome.OK
        assert "http_tls_seconds" not in found.values
        assert server.visitors == ["192.168.1.10"]
        (request,) = server.requests
        assert request.startswith("GET /x?y HTTP/1.1\r\n")
        assert f"Host: {HOST}\r\n" in request
        assert "User-Agent: thongsuot/0.1 (+it@hanoi.example)\r\n" in request

    on_device(lab, run, (FIXED,))


def test_no_connection_is_used_twice(lab: Lab, authority: Authority) -> None:
    async def run(monitor: LinkMonitor) -> None:
        anchor = lab.node("anchor")
        async with (
            NameServer(anchor, ANCHOR4, ZONE),
            WebServer(anchor, ANCHOR4, 443, page(), authority.context(HOST)) as server,
        ):
            settings = Settings(ca_file=str(authority.file))
            for _ in range(3):
                found = await PROBE.run(monitor.links["fixed"], portal(), Family.IP4, settings)
                assert found.values["http_tls_seconds"] > 0
            assert len(server.visitors) == 3

    on_device(lab, run, (FIXED,))


def test_visits_by_both_links_at_once_do_not_disturb_each_other(lab: Lab) -> None:
    mobile = Spec(name="mobile", interface="wwan0", resolvers=("203.0.113.2",))
    there = zone(f"{HOST}. 300 A 203.0.113.2")

    async def run(monitor: LinkMonitor) -> None:
        anchor = lab.node("anchor")
        async with (
            NameServer(anchor, ANCHOR4, ZONE),
            NameServer(anchor, "203.0.113.2", there),
            WebServer(anchor, ANCHOR4, 80, page("one")) as one,
            WebServer(anchor, "203.0.113.2", 80, page("two")) as two,
        ):
            texts = {"fixed": "one", "mobile": "two"}
            every = [
                PROBE.run(
                    monitor.links[link],
                    portal(f"http://{HOST}/", expect_body=text),
                    Family.IP4,
                    Settings(),
                )
                for _ in range(5)
                for link, text in texts.items()
            ]
            assert {found.outcome for found in await asyncio.gather(*every)} == {Outcome.OK}
            assert (len(one.visitors), len(two.visitors)) == (5, 5)
            assert set(one.visitors) == {"100.65.0.2"}
            assert set(two.visitors) == {"100.66.0.2"}

    on_device(lab, run, (FIXED, mobile))


@pytest.mark.parametrize(
    ("names", "days", "reason"),
    [
        ((HOST,), (-30, -1), Reason.CERTIFICATE_EXPIRED),
        ((HOST,), (1, 60), Reason.CERTIFICATE_NOT_YET_VALID),
        (("elsewhere.example",), (-30, 60), Reason.CERTIFICATE_NAME_MISMATCH),
    ],
)
def test_a_certificate_that_is_wrong_says_how_and_when_it_runs_out(
    lab: Lab, authority: Authority, names: tuple[str, ...], days: tuple[int, int], reason: Reason
) -> None:
    context = authority.context(*names, starts_in_days=days[0], ends_in_days=days[1])
    found = measure(lab, page(), context, trust=authority)
    assert (found.outcome, found.reason) == (Outcome.FAILED, reason)
    expiry_s = found.values["http_certificate_expiry_timestamp_seconds"]
    assert (expiry_s - time.time()) / 86400 == pytest.approx(days[1], abs=0.1)
    assert found.values["http_connect_seconds"] > 0
    assert found.values["http_tls_seconds"] > 0
    assert "http_status_number" not in found.values
    assert "http_total_seconds" not in found.values
    assert "Organization" in found.evidence["issuer"] or "trustme" in found.evidence["issuer"]


def test_an_authority_that_nobody_knows_is_untrusted(lab: Lab, authority: Authority) -> None:
    found = measure(lab, page(), authority.context(HOST))  # by the machine's own authorities
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.CERTIFICATE_UNTRUSTED)
    assert found.values["http_certificates_count"] >= 1


def test_a_status_is_judged_by_what_the_target_expects(lab: Lab) -> None:
    found = measure(lab, page(status="503 Busy"))
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.STATUS_UNEXPECTED)
    assert found.values["http_status_number"] == 503
    assert found.values["http_total_seconds"] > 0
    fine = portal(f"http://{HOST}/", expect_status=(200, 503))
    assert measure(lab, page(status="503 Busy"), of=fine).outcome is Outcome.OK


def test_a_body_without_the_text_is_unexpected(lab: Lab) -> None:
    wanted = portal(f"http://{HOST}/", expect_body="Dịch vụ công")
    assert measure(lab, compressed("… Dịch vụ công …"), of=wanted).outcome is Outcome.OK
    found = measure(lab, page("Đăng nhập wifi"), of=wanted)
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.BODY_UNEXPECTED)


def test_of_a_large_body_only_so_much_is_read(lab: Lab) -> None:
    found = measure(lab, page("x" * 3_000_000), settings=Settings(body_limit_bytes=50_000))
    assert found.outcome is Outcome.OK
    assert 30_000 <= found.values["http_body_bytes"] < 1_500_000
    assert found.cost_bytes > 50_000


def test_a_redirect_is_an_answer_unless_it_is_to_be_followed(lab: Lab) -> None:
    moved = page("", "302 Found", f"Location: http://{HOST}/home")
    found = measure(lab, moved)
    assert (found.reason, found.values["http_status_number"]) == (Reason.STATUS_UNEXPECTED, 302)
    assert found.evidence["redirect"] == f"http://{HOST}/home"

    async def run(monitor: LinkMonitor) -> None:
        answers = [moved, page()]

        async def respond(writer: asyncio.StreamWriter) -> None:
            await answers.pop(0)(writer)

        settings = Settings(max_redirects=2)
        followed, server = await visit(lab, monitor, portal(f"http://{HOST}/"), settings, respond)
        assert followed.outcome is Outcome.OK
        assert [request.split()[1] for request in server.requests] == ["/", "/home"]

    on_device(lab, run, (FIXED,))


def test_a_closed_port_refuses(lab: Lab) -> None:
    found = measure(lab, page(), of=portal(f"http://{HOST}:81/"))
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.CONNECTION_REFUSED)
    assert found.values.keys() == {"http_resolve_seconds"}


def test_the_phase_in_which_time_ran_out_is_told(lab: Lab) -> None:
    secure = portal()
    for respond, of, reason in (
        (silent, portal(f"http://{HOST}/"), Reason.RESPONSE_TIMED_OUT),
        (silent, secure, Reason.TLS_TIMED_OUT),
    ):
        # Without a certificate the server never speaks TLS: the handshake goes unanswered.
        async def run(monitor: LinkMonitor, respond: Respond = respond, of: Target = of) -> Finding:
            found, _ = await visit(lab, monitor, of, SHORT, respond)
            return found

        found = on_device(lab, run, (FIXED,))
        assert (found.outcome, found.reason) == (Outcome.FAILED, reason)
        assert found.values["http_connect_seconds"] > 0


def test_a_host_that_is_silent_times_out(lab: Lab) -> None:
    behave = zone(f"{HOST}. 300 A 203.0.113.5")
    lab.node("internet").nft(
        "add table inet no",
        "add chain inet no f { type filter hook forward priority 0; }",
        "add rule inet no f ip daddr 203.0.113.5 drop",
    )
    found = measure(lab, page(), behave=behave, settings=SHORT)
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.TIMED_OUT)


def test_a_path_that_loses_large_packets_shows_in_the_tls_handshake(
    lab: Lab, authority: Authority
) -> None:
    lab.node("internet").nft(
        "add table inet no",
        "add chain inet no f { type filter hook forward priority 0; }",
        "add rule inet no f ip length > 700 drop",
    )
    context = authority.context(HOST, *(f"n{number}.example" for number in range(60)))
    found = measure(lab, page(), context, trust=authority, settings=SHORT)
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.TLS_TIMED_OUT)
    assert found.values["http_connect_seconds"] > 0


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
    found = measure(lab, raw(answer))
    assert (found.outcome, found.reason) == (Outcome.FAILED, reason)


def test_a_reset_is_told(lab: Lab) -> None:
    found = measure(lab, reset)
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.CONNECTION_RESET)


def test_a_server_that_speaks_no_tls_fails_the_handshake(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> Finding:
        anchor = lab.node("anchor")

        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        listener = anchor.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((ANCHOR4, 443))
        async with NameServer(anchor, ANCHOR4, ZONE):
            server = await asyncio.start_server(plain, sock=listener)
            async with server:
                return await PROBE.run(
                    monitor.links["fixed"], portal(), Family.IP4, Settings(timeout_s=5.0)
                )

    found = on_device(lab, run, (FIXED,))
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.TLS_HANDSHAKE_FAILED)


def test_a_name_that_does_not_resolve_says_why(lab: Lab) -> None:
    found = measure(lab, page(), of=portal("http://gone.example/"))
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.NAME_NOT_FOUND)
    assert found.values.keys() == {"http_resolve_seconds"}
    lies = measure(lab, page(), behave=zone(f"{HOST}. 300 A 127.0.0.1"))
    assert (lies.outcome, lies.reason) == (Outcome.FAILED, Reason.NAME_ANSWER_FORGED)
    # The second resolver's host says that nobody listens there: no fault of the portal.
    nobody = measure(lab, page(), behave=quiet, settings=SHORT)
    assert (nobody.outcome, nobody.reason) == (Outcome.FAILED, Reason.NAME_SERVER_FAILED)


def test_a_name_server_that_is_silent_is_told_from_the_portal(lab: Lab) -> None:
    spec = Spec(name="fixed", interface="fix0", resolvers=(ANCHOR4,))

    async def run(monitor: LinkMonitor) -> Finding:
        found, _ = await visit(lab, monitor, portal(), SHORT, page(), behave=quiet)
        return found

    found = on_device(lab, run, (spec,))
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.NAME_SERVER_TIMED_OUT)
    assert found.values == {}


def test_the_second_resolver_is_asked_when_the_first_is_silent(lab: Lab) -> None:
    spec = Spec(name="fixed", interface="fix0", resolvers=("203.0.113.2", ANCHOR4))

    async def run(monitor: LinkMonitor) -> Finding:
        anchor = lab.node("anchor")
        async with NameServer(anchor, "203.0.113.2", quiet):
            settings = Settings(resolve_timeout_s=1.0)
            found, _ = await visit(lab, monitor, portal(f"http://{HOST}/"), settings, page())
            return found

    found = on_device(lab, run, (spec,))
    assert found.outcome is Outcome.OK
    assert found.values["http_resolve_seconds"] > 0.5


def test_an_address_in_the_url_is_not_resolved(lab: Lab) -> None:
    found = measure(lab, page(), of=portal(f"http://{ANCHOR4}/"))
    assert found.outcome is Outcome.OK
    assert "http_resolve_seconds" not in found.values
    other = measure(lab, page(), of=portal(f"http://[{ANCHOR6}]/"))
    assert (other.outcome, other.reason) == (Outcome.UNMEASURED, Reason.NOT_SUPPORTED)


def test_a_proxy_of_the_environment_is_not_used(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert measure(lab, page()).outcome is Outcome.OK


def test_a_link_without_a_route_is_unmeasured_and_visits_nobody(lab: Lab) -> None:
    lab.node("device").ip("route del default dev fix0", "route del ::/0 dev fix0")

    async def run(monitor: LinkMonitor) -> None:
        for family in (Family.IP4, Family.IP6):
            found, server = await visit(
                lab, monitor, portal(f"http://{HOST}/"), Settings(), page(), family=family
            )
            assert (found.outcome, found.reason) == (Outcome.UNMEASURED, Reason.NO_ROUTE)
            assert server.visitors == []

    on_device(lab, run, (FIXED, MOBILE))


def test_time_that_ran_out_while_the_process_stood_still_is_not_the_networks(lab: Lab) -> None:
    async def stall(writer: asyncio.StreamWriter) -> None:
        time.sleep(1.0)  # noqa: ASYNC251 - the whole loop stands still
        await writer.wait_closed()

    found = measure(lab, stall, settings=SHORT)
    assert (found.outcome, found.reason) == (Outcome.UNMEASURED, Reason.AGENT_STARVED)
    assert Doubt.TIMER_LATE in found.doubts


def test_a_visit_that_is_cancelled_ends_its_connection(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        anchor = lab.node("anchor")
        async with (
            NameServer(anchor, ANCHOR4, ZONE),
            WebServer(anchor, ANCHOR4, 80, silent) as server,
        ):
            of = portal(f"http://{HOST}/")
            task = asyncio.ensure_future(
                PROBE.run(monitor.links["fixed"], of, Family.IP4, Settings())
            )
            await until(lambda: bool(server.requests))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(server.is_deserted)
            # The multi handle is well: the next visit works.
            server.respond = page()
            found = await PROBE.run(monitor.links["fixed"], of, Family.IP4, Settings())
            assert found.outcome is Outcome.OK

    on_device(lab, run, (FIXED,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout_s": 0.0},
        {"resolve_timeout_s": 11.0},
        {"body_limit_bytes": 0},
        {"max_redirects": -1},
        {"contact": "hà nội"},
    ],
)
def test_settings_that_cannot_be_run_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)  # type: ignore[arg-type]
