from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.agent.probes.counter.offices import (
    FIXED_HOP,
    MOBILE,
    MOBILE_HOP,
    PORTAL,
    CountedOffice,
    dual_wan,
    in_office,
)
from tests.agent.probes.web_server import page
from tests.timing import MS
from thongsuot_agent.probes.counter.probe import PROBE, RETRY_S, Settings
from thongsuot_agent.probes.http.probe import PROBE as HTTP_PROBE
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding

PATIENT = Settings(timeout_s=300.0, resolve_timeout_s=120.0)
SHORT = Settings(timeout_s=2000 * MS, resolve_timeout_s=500 * MS)
"""For what gets no answer."""


@pytest.fixture
def office() -> Iterator[Lab]:
    """An office whose box can go out by the 5G line as well."""
    with Lab(dual_wan()) as running:
        yield running


def failover(lab: Lab) -> None:
    """The box of the office sends everything by its second line from now on."""
    lab.node("ont").run(["ip", "route", "replace", "default", "via", "192.168.8.1"])


def failback(lab: Lab) -> None:
    """And back."""
    lab.node("ont").run(["ip", "route", "replace", "default", "via", FIXED_HOP])


async def until_it_opens(office: CountedOffice) -> Finding:
    """Open the page again and again until it comes; the box takes the new way when it does."""
    while True:
        finding = await office.visit(SHORT)
        if finding.outcome is Outcome.OK:
            return finding


def test_it_runs_for_portals_alone_and_tries_again_soon() -> None:
    assert PROBE.per_site
    assert PROBE.retry_s == RETRY_S
    assert PROBE.applies(PORTAL)
    with_text = Settings(body_limit_bytes=1000)
    assert PROBE.cost_bytes(PORTAL, Settings()) < HTTP_PROBE.cost_bytes(
        PORTAL, HTTP_PROBE.settings()
    )
    assert PROBE.timeout_s(with_text) > with_text.timeout_s


@pytest.mark.parametrize("proxy", ["203.0.113.9:3128", "https://203.0.113.9:3128", "http://a:1"])
def test_a_proxy_that_is_not_an_address_is_refused(proxy: str) -> None:
    with pytest.raises(ValueError, match=r"ADDRESS|does not appear to be"):
        Settings(proxy=proxy)


@pytest.mark.lab
@needs_lab
def test_a_page_is_opened_by_the_box_of_the_office_and_the_link_is_seen(office: Lab) -> None:
    async def work(device: CountedOffice) -> None:
        finding = await device.visit(PATIENT)
        assert finding.outcome is Outcome.OK
        assert (
            0 < finding.values["counter_resolve_seconds"] < finding.values["counter_open_seconds"]
        )
        assert finding.values["counter_status_number"] == 200
        assert finding.values["counter_on_backup"] == 0
        assert "counter_switch_over_seconds" not in finding.values
        assert finding.evidence["link"] == "fixed"
        assert finding.evidence["seen_by"] == "first_hop"
        assert finding.evidence["gateway"] == "192.168.1.1"
        assert device.charged == {}

    in_office(office, page(), work)


@pytest.mark.lab
@needs_lab
def test_a_box_that_goes_over_to_5g_is_seen_there_and_the_time_it_took_is_measured(
    office: Lab,
) -> None:
    async def work(device: CountedOffice) -> None:
        assert (await device.visit(PATIENT)).outcome is Outcome.OK
        office.cut("ont--internet")
        dead = await device.visit(SHORT)
        assert dead.outcome is Outcome.FAILED
        assert dead.reason is Reason.NAME_SERVER_TIMED_OUT
        failover(office)
        finding = await until_it_opens(device)
        assert finding.evidence["link"] == "mobile"
        assert finding.evidence["from_link"] == "fixed"
        assert finding.values["counter_on_backup"] == 1
        # At least what the run that failed waited for the name servers.
        assert finding.values["counter_switch_over_seconds"] >= SHORT.resolve_timeout_s
        office.clear()
        failback(office)
        back = await until_it_opens(device)
        assert (back.evidence["from_link"], back.evidence["link"]) == ("mobile", "fixed")
        assert back.values["counter_switch_over_seconds"] >= 0

    in_office(office, page(), work)


@pytest.mark.lab
@needs_lab
def test_a_device_that_is_the_router_follows_its_own_table(office: Lab) -> None:
    async def work(device: CountedOffice) -> None:
        router = replace(PATIENT, device_is_router=True, resolvers=("203.0.113.1",))
        assert (await device.visit(router)).evidence["link"] == "fixed"
        node = office.node("device")
        node.run(["ip", "route", "replace", "default", "via", "192.168.8.1", "dev", "wwan0"])
        node.run(["ip", "route", "flush", "cache"])
        finding = await device.visit(router)
        assert finding.outcome is Outcome.OK
        assert finding.evidence["link"] == "mobile"
        assert finding.values["counter_on_backup"] == 1

    in_office(office, page(), work)


@pytest.mark.lab
@needs_lab
def test_over_a_metered_link_the_page_is_opened_rarely_and_paid_for(office: Lab) -> None:
    metered = MOBILE.__class__(
        name="mobile",
        interface="wwan0",
        medium=MOBILE.medium,
        resolvers=MOBILE.resolvers,
        allowance_bytes=10**9,
    )

    async def work(device: CountedOffice) -> None:
        failover(office)
        first = await until_it_opens(device)
        assert first.evidence["link"] == "mobile"
        paid = device.charged["mobile"]
        assert paid >= first.cost_bytes
        again = await device.visit(PATIENT)
        assert again.reason is Reason.BUDGET_SPENT
        assert 0 < again.cost_bytes < first.cost_bytes
        assert device.charged["mobile"] == paid + again.cost_bytes

    in_office(office, page(), work, mobile=metered)


@pytest.mark.lab
@needs_lab
def test_a_portal_that_is_broken_is_distinguished_from_a_way_that_is_dead(office: Lab) -> None:
    async def work(device: CountedOffice) -> None:
        finding = await device.visit(PATIENT)
        assert finding.reason is Reason.STATUS_UNEXPECTED
        assert finding.evidence["answered"] == "yes"
        assert finding.evidence["link"] == "fixed"

    in_office(office, page(status="503 Service Unavailable"), work)


@pytest.mark.lab
@needs_lab
def test_a_port_without_a_cable_measures_nothing(office: Lab) -> None:
    async def work(device: CountedOffice) -> None:
        office.node("device").run(["ip", "link", "set", "fix0", "down"])
        finding = await device.visit(PATIENT)
        assert finding.outcome is Outcome.UNMEASURED
        assert finding.reason is Reason.INTERFACE_DOWN

    in_office(office, page(), work)


@pytest.mark.lab
@needs_lab
def test_two_links_behind_one_router_of_a_carrier_are_not_told_apart(office: Lab) -> None:
    async def work(device: CountedOffice) -> None:
        device.monitor.links["mobile"].first_hops = device.monitor.links["fixed"].first_hops
        finding = await device.visit(PATIENT)
        assert finding.outcome is Outcome.OK
        assert "link" not in finding.evidence
        assert "counter_on_backup" not in finding.values
        assert MOBILE_HOP not in finding.evidence.values()

    in_office(office, page(), work)
