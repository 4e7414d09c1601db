"""Watches: a service that comes and goes is asked every few seconds, on a credit."""

import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import judged_link, pages
from thongsuot_agent.judge.events import ConfirmationProbe, LinkFacts
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory, ServiceComparison, ServiceMemory
from thongsuot_agent.judge.service_watch import begin_watch, control_probes, watch_probes
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.interface import CABLE_UNPLUGGED
from thongsuot_schema.result import Family

# As documented: the code's own figures would follow any change of them.
CREDIT_S = 240.0
EVERY_S = 4.0
LASTS_S = 60.0


NOW_NS = 1_000 * NS_PER_S
BOTH = LinkFacts(
    present=True,
    carrier=True,
    has_address4=True,
    has_route4=True,
    has_address6=True,
    has_route6=True,
)


def link_contexts() -> list[LinkContext]:
    links = {name: LinkMemory(name=name, facts=BOTH) for name in ("fixed", "mobile")}
    memory, probes = Memory(links=links), two_links()
    return [LinkContext(memory, links[name], probes.links[name], Settings()) for name in links]


def watched(*, credit_s: float = CREDIT_S) -> ServiceMemory:
    service = ServiceMemory(name="motcua")
    begin_watch(service, NOW_NS)
    service.watch.credit_s, service.watch.earned_ns = credit_s, NOW_NS
    return service


def asks(service: ServiceMemory, now_ns: int) -> bool:
    return bool(watch_probes(service, link_contexts(), now_ns))


def test_a_watch_asks_in_each_family_over_what_costs_nothing_and_works() -> None:
    over = link_contexts()
    asked = watch_probes(watched(), over, NOW_NS)
    assert {(probe.kind, probe.link, probe.target) for probe in asked} == {
        ("http", "fixed", "motcua")
    }
    assert {probe.family for probe in asked} == {Family.IP4, Family.IP6}
    over[0].link.facts_slot.fault = CABLE_UNPLUGGED
    assert watch_probes(watched(), over, NOW_NS) == ()


@pytest.mark.parametrize(
    ("age_s", "is_asked"), [(0.0, True), (LASTS_S - 0.001, True), (LASTS_S, False)]
)
def test_a_watch_lasts_a_minute(age_s: float, *, is_asked: bool) -> None:
    assert asks(watched(), NOW_NS + ns(age_s)) is is_asked
    compared = watched()
    compared.comparison = ServiceComparison(opened_ns=NOW_NS, due_ns=NOW_NS)
    assert not asks(compared, NOW_NS + ns(age_s)), "it is asked anyway"


def test_a_watch_asks_every_four_seconds_and_pays_for_it() -> None:
    service = watched(credit_s=10.0)
    assert asks(service, NOW_NS)
    assert service.watch.credit_s == pytest.approx(10.0 - EVERY_S)
    assert not asks(service, NOW_NS + ns(EVERY_S) - 1)
    assert asks(service, NOW_NS + ns(EVERY_S))
    assert service.watch.credit_s == pytest.approx(10.0 - 2 * EVERY_S + EVERY_S * 0.02)


@pytest.mark.parametrize(("credit_s", "is_asked"), [(EVERY_S, True), (EVERY_S - 0.1, False)])
def test_without_credit_nothing_is_asked(credit_s: float, *, is_asked: bool) -> None:
    assert asks(watched(credit_s=credit_s), NOW_NS) is is_asked


def test_the_credit_is_full_at_first_and_is_never_more_than_that() -> None:
    service = watched(credit_s=0.0)
    service.watch.earned_ns = None
    assert asks(service, NOW_NS)
    assert service.watch.credit_s == CREDIT_S - EVERY_S
    service.watch.credit_s, service.watch.earned_ns = CREDIT_S, 0
    assert asks(service, NOW_NS + ns(EVERY_S))
    assert service.watch.credit_s == CREDIT_S - EVERY_S


@pytest.mark.parametrize(
    ("asked_of", "other"), [("a", "b"), ("b", "c"), ("c", "a")], ids=["a", "b", "the last"]
)
def test_the_next_service_by_name_is_asked_the_same_beside_one_that_is_watched(
    asked_of: str, other: str
) -> None:
    at = judged_link(*(pages(name) for name in ("a", "b", "c")))
    memory = at.memory
    memory.services = {name: ServiceMemory(name=name) for name in ("c", "a", "b")}
    asked = [
        ConfirmationProbe(kind="http", link="fixed", target=asked_of, family=family)
        for family in (Family.IP4, Family.IP6)
    ]
    controls = control_probes(memory, memory.services[asked_of], asked)
    assert [(probe.target, probe.family) for probe in controls] == [(other, Family.IP4)]
    memory.services[other].comparison = ServiceComparison(opened_ns=1, due_ns=2)
    assert control_probes(memory, memory.services[asked_of], asked) == ()
    memory.services = {asked_of: memory.services[asked_of]}
    assert control_probes(memory, memory.services[asked_of], asked) == (), "there is no other"
