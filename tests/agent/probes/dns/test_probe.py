import asyncio
import time

import dns.message
import dns.rcode
import msgspec
import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, MOBILE, PATIENT_S, anchor, on_device
from tests.agent.probing.name_server import Behaviour, ScriptedNameServer, failing, truncating, zone
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.dns.probe import PROBE, Settings
from thongsuot_agent.probes.dns.probe import run as run_dns
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag

pytestmark = [pytest.mark.lab, needs_lab]

NAME = "dichvucong.example"
TRUTH = zone(
    f"{NAME}. 300 A 203.0.113.80", f"{NAME}. 60 A 203.0.113.81", f"{NAME}. 90 AAAA 2001:db8:f::80"
)
PATIENT = Settings(timeout_s=PATIENT_S)
SHORT = Settings(timeout_s=0.3)
"""For questions that get no answer."""


def quiet(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
    del query, over_tcp
    return []


def noise(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
    del query, over_tcp
    return [b"x" * 40]


def cut_off(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
    return [TRUTH(query, over_tcp)[0][:-3]]


def target(*addresses: str, expect: tuple[str, ...] = ()) -> Target:
    lookup_target = anchor(*addresses, lookup=NAME)
    return Target(
        name=lookup_target.name,
        role=lookup_target.role,
        segment=lookup_target.segment,
        addresses=lookup_target.addresses,
        lookup=NAME,
        expect_addresses=expect,
    )


def measure(
    lab: Lab,
    behave: Behaviour,
    *,
    of: Target | None = None,
    family: Family = Family.IP4,
    settings: Settings | None = None,
    link: str = "fixed",
    with_tcp: bool = True,
) -> Finding:
    """Make one run against a name server at the anchor; it took no longer than we waited for it."""
    address = ANCHOR6 if family is Family.IP6 else ANCHOR4
    chosen = settings or PATIENT

    async def run(monitor: LinkMonitor) -> Finding:
        async with ScriptedNameServer(lab.node("anchor"), address, behave, with_tcp=with_tcp):
            began_s = time.monotonic()
            finding = await run_dns(monitor.links[link], of or target(), family, chosen)
            waited_s = time.monotonic() - began_s
        assert 0 < finding.values.get("dns_lookup_seconds", waited_s) <= waited_s
        return finding

    return on_device(lab, run, (FIXED, MOBILE))


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
@pytest.mark.parametrize("link", ["fixed", "mobile"])
def test_both_sorts_of_address_are_asked_for_at_once(lab: Lab, family: Family, link: str) -> None:
    finding = measure(lab, TRUTH, family=family, link=link)
    assert finding.outcome is Outcome.OK
    assert finding.values["dns_answers"] == 3
    assert finding.values["dns_ttl_seconds"] == 60
    assert "dns_lookup_seconds" in finding.values
    assert finding.doubts == ()
    assert finding.evidence["addresses"] == "203.0.113.80 203.0.113.81 2001:db8:f::80"
    headers = 4 * ((40 if family is Family.IP6 else 20) + 8)
    assert headers + 2 * (12 + len(NAME) + 6) < finding.cost_bytes < headers + 300


def test_the_time_is_that_of_the_wire(lab: Lab) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.05), Impairment(delay_s=0.01))
    finding = measure(lab, TRUTH)
    assert finding.values["dns_lookup_seconds"] >= 0.06


def test_the_links_own_resolver_is_asked(lab: Lab) -> None:
    spec = Spec(name="mobile", interface="wwan0", resolvers=("203.0.113.2",))

    async def run(monitor: LinkMonitor) -> Finding:
        async with ScriptedNameServer(lab.node("anchor"), "203.0.113.2", TRUTH):
            of = target("resolver")
            return await run_dns(monitor.links["mobile"], of, Family.IP4, PATIENT)

    assert on_device(lab, run, (spec,)).outcome is Outcome.OK


def test_an_answer_that_is_cut_off_is_asked_for_over_tcp(lab: Lab) -> None:
    finding = measure(lab, truncating(TRUTH))
    assert finding.outcome is Outcome.OK
    assert finding.values["dns_answers"] == 3
    assert QualityFlag.SOFTWARE_STAMP in finding.doubts
    assert finding.cost_bytes > 700


def test_no_tcp_after_a_truncated_answer_is_a_failure(lab: Lab) -> None:
    finding = measure(lab, truncating(TRUTH), with_tcp=False)
    assert finding.reason is Reason.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (dns.rcode.SERVFAIL, Reason.NAME_SERVER_FAILED),
        (dns.rcode.NXDOMAIN, Reason.NAME_NOT_FOUND),
        (dns.rcode.REFUSED, Reason.NAME_SERVER_REFUSED),
        (dns.rcode.NOTIMP, Reason.NAME_SERVER_FAILED),
    ],
)
def test_the_code_of_an_answer_is_the_reason_and_its_time_is_kept(
    lab: Lab, code: dns.rcode.Rcode, reason: Reason
) -> None:
    finding = measure(lab, failing(code))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, reason)
    assert finding.values["dns_lookup_seconds"] > 0


def test_a_name_with_one_sort_of_address_is_well_and_with_none_is_not(lab: Lab) -> None:
    assert measure(lab, zone(f"{NAME}. 300 A 203.0.113.80")).outcome is Outcome.OK
    finding = measure(lab, zone(f"{NAME}. 300 TXT nothing"))
    assert finding.reason is Reason.NAME_WITHOUT_ADDRESS


@pytest.mark.parametrize(
    ("address", "expect"),
    [
        ("127.0.0.1", ()),
        ("0.0.0.0", ()),
        ("169.254.7.7", ()),
        ("198.51.100.9", ("203.0.113.0/24", "2001:db8::/32")),
    ],
)
def test_an_address_that_cannot_be_true_is_forged(
    lab: Lab, address: str, expect: tuple[str, ...]
) -> None:
    finding = measure(lab, zone(f"{NAME}. 300 A {address}"), of=target(expect=expect))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.NAME_ANSWER_FORGED)
    assert address in finding.detail
    assert finding.values["dns_answers"] == 1


def test_an_address_as_expected_is_not_forged(lab: Lab) -> None:
    finding = measure(lab, TRUTH, of=target(expect=("203.0.113.80/28", "2001:db8:f::/64")))
    assert finding.outcome is Outcome.OK


def test_a_name_server_that_does_not_answer_times_out(lab: Lab) -> None:
    finding = measure(lab, quiet, settings=SHORT)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.NAME_SERVER_TIMED_OUT)
    assert finding.values == {}
    assert finding.cost_bytes > 0


def test_answers_to_other_questions_do_not_count_and_the_true_one_behind_them_does(
    lab: Lab,
) -> None:
    def liar(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
        (truth,) = TRUTH(query, over_tcp)
        other_identifier = bytes([truth[0] ^ 1]) + truth[1:]
        other_question = truth.replace(b"dichvucong", b"dichvucung")
        broken = truth[:-3]
        return [other_identifier, other_question, broken, b"", truth]

    finding = measure(lab, liar)
    assert finding.outcome is Outcome.OK
    assert finding.values["dns_answers"] == 3


def test_nothing_but_nonsense_is_an_invalid_response(lab: Lab) -> None:
    finding = measure(lab, cut_off, settings=SHORT)
    assert finding.reason is Reason.RESPONSE_INVALID
    finding = measure(lab, noise, settings=SHORT)
    assert finding.reason is Reason.NAME_SERVER_TIMED_OUT
    assert "another question" in finding.detail


def test_a_host_where_nobody_listens_refuses(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> Finding:
        return await run_dns(monitor.links["fixed"], target(), Family.IP4, PATIENT)

    finding = on_device(lab, run, (FIXED,))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.CONNECTION_REFUSED)


def test_a_link_without_a_route_is_unmeasured_and_asks_nobody(lab: Lab) -> None:
    lab.node("device").ip("route del default dev wwan0", "route del ::/0 dev wwan0")

    async def run(monitor: LinkMonitor) -> None:
        for family, address in ((Family.IP4, ANCHOR4), (Family.IP6, ANCHOR6)):
            async with ScriptedNameServer(lab.node("anchor"), address, TRUTH) as server:
                finding = await run_dns(monitor.links["mobile"], target(), family, SHORT)
                assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.NO_ROUTE)
                await run_dns(monitor.links["fixed"], target(), family, PATIENT)
                assert len(server.asked) == 2

    on_device(lab, run, (FIXED, MOBILE))


def test_a_starved_process_loses_and_lengthens_nothing(lab: Lab) -> None:
    """The server runs in the same loop: it answers first, and then the loop stands still."""

    def answer_and_stall(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
        asyncio.get_running_loop().call_soon(time.sleep, 1.0)
        return TRUTH(query, over_tcp)

    finding = measure(lab, answer_and_stall, settings=Settings(timeout_s=0.9, records=("a",)))
    assert finding.outcome is Outcome.OK
    assert finding.values["dns_lookup_seconds"] < 1.0, "the loop stood still longer than that"


@pytest.mark.parametrize(
    "wrong", [{"records": ()}, {"records": ("mx",)}, {"timeout_s": 0.0}, {"port": 0}]
)
def test_settings_that_cannot_be_run_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError, match=next(iter(wrong))):
        msgspec.convert(wrong, Settings)


def test_it_applies_to_name_servers_only() -> None:
    assert PROBE.applies(target())
    assert not PROBE.applies(anchor())
