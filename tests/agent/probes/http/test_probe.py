import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace

import msgspec
import pytest

from tests.agent.links.device import ANCHOR4, MOBILE, on_device
from tests.agent.probes.http.visiting import (
    ADDRESSES,
    FIXED,
    HOST,
    PATIENT,
    SHORT,
    TRIES,
    ZONE,
    measure,
    portal,
    quiet,
    visit,
)
from tests.agent.probes.web_server import (
    ScriptedWebServer,
    ServerAuthority,
    compressed,
    page,
)
from tests.agent.probing.name_server import Behaviour, ScriptedNameServer, zone
from thongsuot_agent.links.lateness import LATE_S
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.http.probe import HttpProbe, Settings
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_a_visit_is_measured_phase_by_phase(
    lab: Lab, authority: ServerAuthority, family: Family
) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.02), Impairment(delay_s=0.02))
    finding = measure(lab, page(), authority.context(HOST), family=family, trust=authority)
    assert finding.outcome is Outcome.OK
    # The machine that plays this may be late; nothing else is to be doubted.
    assert set(finding.doubts) <= {QualityFlag.TIMER_LATE}
    phases = [
        finding.values[f"http_{phase}_seconds"]
        for phase in ("resolve", "connect", "tls", "first_byte")
    ]
    assert all(phase >= 0.04 for phase in phases)
    assert finding.values["http_transfer_seconds"] >= 0
    assert finding.values["http_total_seconds"] >= sum(phases)
    assert finding.values["http_status_number"] == 200
    assert finding.values["http_body_bytes"] == len("Xin chào".encode())
    days = (finding.values["http_certificate_expiry_timestamp_seconds"] - time.time()) / 86400
    assert 59 < days < 61
    assert finding.values["http_certificates"] >= 1
    assert finding.evidence["address"] == ADDRESSES[family]
    assert 2500 < finding.cost_bytes < 9000


def test_the_request_says_who_it_is_and_comes_from_the_links_address(lab: Lab) -> None:
    lab.node("ont").nft("flush ruleset")
    lab.node("internet").ip("route replace 192.168.1.0/24 via 100.65.0.2 dev fixed")

    async def run(monitor: LinkMonitor) -> None:
        settings = replace(PATIENT, contact="it@hanoi.example")
        finding, server = await visit(lab, monitor, portal(f"http://{HOST}/x?y"), settings, page())
        assert finding.outcome is Outcome.OK
        assert "http_tls_seconds" not in finding.values
        assert server.visitors == ["192.168.1.10"]
        (request,) = server.requests
        assert request.startswith("GET /x?y HTTP/1.1\r\n")
        assert f"Host: {HOST}\r\n" in request
        assert "User-Agent: thongsuot/0.1 (+it@hanoi.example)\r\n" in request

    on_device(lab, run, (FIXED,))


def test_no_connection_is_used_twice(lab: Lab, authority: ServerAuthority) -> None:
    async def run(monitor: LinkMonitor) -> None:
        anchor = lab.node("anchor")
        async with (
            ScriptedNameServer(anchor, ANCHOR4, ZONE),
            ScriptedWebServer(anchor, ANCHOR4, 443, page(), authority.context(HOST)) as server,
        ):
            settings = replace(PATIENT, ca_file=str(authority.file))
            for _ in range(3):
                finding = await HttpProbe(ProbeServices())(
                    monitor.links["fixed"], portal(), Family.IP4, settings
                )
                assert finding.values["http_tls_seconds"] > 0
            assert len(server.visitors) == 3

    on_device(lab, run, (FIXED,))


def test_visits_by_both_links_at_once_do_not_disturb_each_other(lab: Lab) -> None:
    mobile = Spec(name="mobile", interface="wwan0", resolvers=("203.0.113.2",))
    there = zone(f"{HOST}. 300 A 203.0.113.2")

    async def run(monitor: LinkMonitor) -> None:
        anchor = lab.node("anchor")
        async with (
            ScriptedNameServer(anchor, ANCHOR4, ZONE),
            ScriptedNameServer(anchor, "203.0.113.2", there),
            ScriptedWebServer(anchor, ANCHOR4, 80, page("one")) as one_server,
            ScriptedWebServer(anchor, "203.0.113.2", 80, page("two")) as two,
        ):
            texts = {"fixed": "one", "mobile": "two"}
            every = [
                HttpProbe(ProbeServices())(
                    monitor.links[link],
                    portal(f"http://{HOST}/", expect_body=text),
                    Family.IP4,
                    PATIENT,
                )
                for _ in range(5)
                for link, text in texts.items()
            ]
            assert {finding.outcome for finding in await asyncio.gather(*every)} == {Outcome.OK}
            assert (len(one_server.visitors), len(two.visitors)) == (5, 5)
            assert set(one_server.visitors) == {"100.65.0.2"}
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
    lab: Lab,
    authority: ServerAuthority,
    names: tuple[str, ...],
    days: tuple[int, int],
    reason: Reason,
) -> None:
    context = authority.context(*names, starts_in_days=days[0], ends_in_days=days[1])
    finding = measure(lab, page(), context, trust=authority)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, reason)
    expiry_s = finding.values["http_certificate_expiry_timestamp_seconds"]
    assert (expiry_s - time.time()) / 86400 == pytest.approx(days[1], abs=0.1)
    assert finding.values["http_connect_seconds"] > 0
    assert finding.values["http_tls_seconds"] > 0
    assert "http_status_number" not in finding.values
    assert "http_total_seconds" not in finding.values
    assert "Organization" in finding.evidence["issuer"] or "trustme" in finding.evidence["issuer"]


def test_an_authority_that_nobody_knows_is_untrusted(lab: Lab, authority: ServerAuthority) -> None:
    finding = measure(lab, page(), authority.context(HOST))  # by the machine's own authorities
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.CERTIFICATE_UNTRUSTED)
    assert finding.values["http_certificates"] >= 1


def test_a_status_is_judged_by_what_the_target_expects(lab: Lab) -> None:
    finding = measure(lab, page(status="503 Busy"))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.STATUS_UNEXPECTED)
    assert finding.values["http_status_number"] == 503
    assert finding.values["http_total_seconds"] > 0
    fine = portal(f"http://{HOST}/", expect_status=(200, 503))
    assert measure(lab, page(status="503 Busy"), of=fine).outcome is Outcome.OK


def test_a_body_without_the_text_is_unexpected(lab: Lab) -> None:
    wanted = portal(f"http://{HOST}/", expect_body="Dịch vụ công")
    assert measure(lab, compressed("… Dịch vụ công …"), of=wanted).outcome is Outcome.OK
    finding = measure(lab, page("Đăng nhập wifi"), of=wanted)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.BODY_UNEXPECTED)


def test_a_redirect_is_an_answer_unless_it_is_to_be_followed(lab: Lab) -> None:
    moved = page("", "302 Found", f"Location: http://{HOST}/home")
    finding = measure(lab, moved)
    assert (finding.reason, finding.values["http_status_number"]) == (Reason.STATUS_UNEXPECTED, 302)
    assert finding.evidence["redirect"] == f"http://{HOST}/home"

    async def run(monitor: LinkMonitor) -> None:
        answers = [moved, page()]

        async def respond(writer: asyncio.StreamWriter) -> None:
            await answers.pop(0)(writer)

        settings = replace(PATIENT, max_redirects=2)
        followed, server = await visit(lab, monitor, portal(f"http://{HOST}/"), settings, respond)
        assert followed.outcome is Outcome.OK
        assert [request.split()[1] for request in server.requests] == ["/", "/home"]

    on_device(lab, run, (FIXED,))


def test_a_link_without_a_route_is_unmeasured_and_visits_nobody(lab: Lab) -> None:
    lab.node("device").ip("route del default dev fix0", "route del ::/0 dev fix0")

    async def run(monitor: LinkMonitor) -> None:
        for family in (Family.IP4, Family.IP6):
            finding, server = await visit(
                lab, monitor, portal(f"http://{HOST}/"), PATIENT, page(), family=family
            )
            assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.NO_ROUTE)
            assert server.visitors == []

    on_device(lab, run, (FIXED, MOBILE))


def test_time_that_ran_out_while_the_process_stood_still_is_not_the_networks(lab: Lab) -> None:
    async def stall(writer: asyncio.StreamWriter) -> None:
        time.sleep(1.0)  # noqa: ASYNC251 - the whole loop stands still
        await writer.wait_closed()

    finding = measure(lab, stall, settings=SHORT, may_starve=True)
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.AGENT_STARVED)
    assert QualityFlag.TIMER_LATE in finding.doubts


def test_a_page_that_the_device_itself_made_slow_is_doubted() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.agent.probes.http.starved_program"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    played = json.loads(done.stdout)
    total_s, doubts, own_share_s = played["visits"][-1]
    assert doubts == [QualityFlag.TIMER_LATE]
    assert total_s > played["quickest_s"]
    assert own_share_s > LATE_S


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
    with pytest.raises(msgspec.ValidationError, match=next(iter(wrong))):
        msgspec.convert(wrong, Settings)


def test_two_addresses_are_visited_in_turn(lab: Lab) -> None:
    other = "203.0.113.2"
    both = zone(f"{HOST}. 300 A {ANCHOR4}", f"{HOST}. 300 A {other}")

    async def run(monitor: LinkMonitor) -> list[tuple[str, Reason | None]]:
        of, settings, probe = portal(f"http://{HOST}/"), PATIENT, HttpProbe(ProbeServices())
        findings = [
            (await visit(lab, monitor, of, settings, page(), behave=both, probe=probe))[0]
            for _ in "four"
        ]
        return [(finding.evidence["address"], finding.reason) for finding in findings]

    # Nothing listens at the second one, which a visitor who takes the first answer never meets.
    visits = on_device(lab, run, (FIXED, MOBILE))
    assert set(visits[:2]) == {(ANCHOR4, None), (other, Reason.CONNECTION_REFUSED)}
    assert visits[2:] == visits[:2]


def test_where_a_name_cannot_be_looked_up_its_last_address_speaks_for_the_way(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> list[tuple[bool, str]]:
        of, probe = portal(f"http://{HOST}/"), HttpProbe(ProbeServices())

        async def visited(settings: Settings, behave: Behaviour) -> Finding:
            for _ in range(TRIES):
                finding, _ = await visit(
                    lab, monitor, of, settings, page(), behave=behave, probe=probe
                )
                if finding.reason is not Reason.AGENT_STARVED:
                    return finding
            pytest.fail("the process was late each time")

        visits = [
            await visited(PATIENT, ZONE),
            await visited(replace(PATIENT, resolve_timeout_s=0.5), quiet),
        ]
        lab.impair("ont--internet", Impairment(loss_ratio=1.0), Impairment(loss_ratio=1.0))
        visits.append(await visited(Settings(timeout_s=3.0, resolve_timeout_s=0.5), ZONE))
        return [
            (outcome.reason in silent, outcome.evidence.get("by_last_address", ""))
            for outcome in visits
        ]

    # Of two name servers the last one's reason is told.
    silent = {Reason.NAME_SERVER_TIMED_OUT, Reason.NAME_SERVER_FAILED}

    assert on_device(lab, run, (FIXED, MOBILE)) == [
        (False, ""),
        (True, "reached"),
        (True, "timed_out"),
    ]
