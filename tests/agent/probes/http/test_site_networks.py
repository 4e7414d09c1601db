"""
Whose page a collector may have fetched: by whatever name, none of the device itself and none of a
box beside it. Real name servers, and a web server on the box that must not be visited.
"""

from dataclasses import replace

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, MOBILE, on_device
from tests.agent.probes.http.visiting import FIXED, HOST, PATIENT, portal
from tests.agent.probes.web_server import ScriptedWebServer, page
from tests.agent.probing.name_server import ScriptedNameServer, zone
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.http.probe import HttpProbe, Settings
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

pytestmark = [pytest.mark.lab, needs_lab]

BOX4 = "192.168.1.1"
"""The carrier's box on the device's network."""


def visit_named(
    lab: Lab,
    answer: str | tuple[str, ...],
    *,
    server_at: str,
    node: str = "ont",
    family: Family = Family.IP4,
    named_by_device: bool = False,
    redirect: str = "",
    settings: Settings | None = None,
) -> tuple[Finding, list[str]]:
    """Visit a portal whose name has ``answer``; return the finding, and who visited the server."""
    resolver = ANCHOR6 if family is Family.IP6 else ANCHOR4

    async def run(monitor: LinkMonitor) -> tuple[Finding, list[str]]:
        services = ProbeServices(links=lambda: monitor.links, is_own_url=lambda _: named_by_device)
        respond = page("", "302 Found", f"Location: {redirect}") if redirect else page()
        async with (
            ScriptedNameServer(
                lab.node("anchor"),
                resolver,
                zone(*((answer,) if isinstance(answer, str) else answer)),
            ),
            ScriptedWebServer(lab.node(node), server_at, 80, respond) as server,
        ):
            finding = await HttpProbe(services)(
                monitor.links["fixed"], portal(f"http://{HOST}/"), family, settings or PATIENT
            )
            return finding, server.visitors

    return on_device(lab, run, (FIXED, MOBILE))


def test_a_name_of_a_collectors_that_stands_for_the_box_on_the_lan_is_not_visited(lab: Lab) -> None:
    finding, visitors = visit_named(lab, f"{HOST}. 300 A {BOX4}", server_at=BOX4)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.NAME_ANSWER_FORGED)
    assert BOX4 in finding.detail
    assert visitors == []


def test_the_devices_own_settings_may_name_the_box_on_the_lan(lab: Lab) -> None:
    finding, visitors = visit_named(
        lab, f"{HOST}. 300 A {BOX4}", server_at=BOX4, named_by_device=True
    )
    assert finding.outcome is Outcome.OK
    assert len(visitors) == 1


def test_one_address_in_the_lan_among_public_ones_is_enough_to_visit_none(lab: Lab) -> None:
    both = (f"{HOST}. 300 A {ANCHOR4}", f"{HOST}. 300 A {BOX4}")
    for order in (both, both[::-1]):
        finding, visitors = visit_named(lab, order, server_at=BOX4)
        assert finding.reason is Reason.NAME_ANSWER_FORGED
        assert visitors == []


def test_a_neighbour_with_a_public_address_is_one_of_the_site_too(lab: Lab) -> None:
    lab.node("ont").ip("addr add 198.51.100.1/24 dev lan")
    lab.node("device").ip("addr add 198.51.100.10/24 dev fix0")
    finding, visitors = visit_named(lab, f"{HOST}. 300 A 198.51.100.1", server_at="198.51.100.1")
    assert finding.reason is Reason.NAME_ANSWER_FORGED
    assert visitors == []


def test_a_public_name_is_visited_as_before(lab: Lab) -> None:
    finding, visitors = visit_named(
        lab, f"{HOST}. 300 A {ANCHOR4}", server_at=ANCHOR4, node="anchor"
    )
    assert finding.outcome is Outcome.OK
    assert len(visitors) == 1
    finding, _ = visit_named(
        lab,
        f"{HOST}. 300 AAAA {ANCHOR6}",
        server_at=ANCHOR6,
        node="anchor",
        family=Family.IP6,
    )
    assert finding.outcome is Outcome.OK


@pytest.mark.parametrize(
    "place", [f"http://{BOX4}/reboot", "http://127.0.0.1:8080/", "http://[::1]/"]
)
def test_no_redirect_leads_into_the_site(lab: Lab, place: str) -> None:
    finding, visitors = visit_named(
        lab,
        f"{HOST}. 300 A {ANCHOR4}",
        server_at=ANCHOR4,
        node="anchor",
        redirect=place,
        settings=replace(PATIENT, max_redirects=3),
    )
    assert (finding.reason, finding.values["http_status_number"]) == (Reason.STATUS_UNEXPECTED, 302)
    assert finding.evidence["redirect"] == place
    assert len(visitors) == 1
