"""Large packets: handshakes stall on all that is asked over one link, and not over another."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import two_links
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.services import large_packets
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.verdict import Symptom

FIXED, MOBILE = LinkMemory(name="fixed"), LinkMemory(name="mobile")
GOOD, BAD = Health.GOOD, Health.BAD
STALL = Reason.TLS_TIMED_OUT


def over(
    link: LinkMemory,
    health: Health,
    *,
    family: Family = Family.IP4,
    reason: Reason = STALL,
    slow_runs: int = 0,
) -> ServiceOverLink:
    track = Track(kind="http", target="motcua", family=family, slow_runs=slow_runs)
    if health is not GOOD:
        track.failures, track.reason = 2, reason
    return ServiceOverLink(link, {family: health}, {family: track})


def both(link: LinkMemory, ip4: Health, ip6: Health) -> ServiceOverLink:
    parts = [over(link, ip4), over(link, ip6, family=Family.IP6)]
    return ServiceOverLink(
        link,
        {family: health for part in parts for family, health in part.health.items()},
        {family: track for part in parts for family, track in part.tracks.items()},
    )


def is_found(services: dict[str, tuple[ServiceOverLink, list[ServiceOverLink]]]) -> bool:
    """Return whether large packets are lost, by each service over the link and over others."""
    at = LinkContext(Memory(), FIXED, two_links().links["fixed"], Settings())
    fault = large_packets(
        at,
        [here for here, _ in services.values()],
        {name: elsewhere for name, (_, elsewhere) in services.items()},
    )
    if fault is None:
        return False
    # Where, new flows near the site tell (test_near_flows); here there are none.
    assert (fault.segment, fault.symptom) == (None, Symptom.LARGE_PACKETS_CAUSE_UNKNOWN)
    return True


def test_one_service_that_stalls_here_and_works_there_is_enough() -> None:
    assert is_found({"motcua": (over(FIXED, BAD), [over(MOBILE, GOOD)])})


@pytest.mark.parametrize(
    "elsewhere",
    [
        over(MOBILE, BAD),
        over(MOBILE, GOOD, slow_runs=1),
        over(MOBILE, GOOD, family=Family.IP6),
    ],
    ids=["stalls there too", "is slow there too", "is another family there"],
)
def test_one_service_alone_proves_nothing_unless_it_works_there(elsewhere: ServiceOverLink) -> None:
    assert not is_found({"motcua": (over(FIXED, BAD), [elsewhere])})


def test_two_services_that_stall_need_no_other_link() -> None:
    assert is_found({"motcua": (over(FIXED, BAD), []), "thue": (over(FIXED, BAD), [])})


def test_a_service_that_stalls_over_every_link_is_none_of_the_two() -> None:
    assert not is_found(
        {"motcua": (over(FIXED, BAD), []), "thue": (over(FIXED, BAD), [over(MOBILE, BAD)])}
    )


def test_where_one_service_works_here_large_packets_pass() -> None:
    assert not is_found(
        {"motcua": (over(FIXED, BAD), [over(MOBILE, GOOD)]), "thue": (over(FIXED, GOOD), [])}
    )


def test_a_refusal_is_not_a_stall() -> None:
    refused = over(FIXED, BAD, reason=Reason.CONNECTION_REFUSED)
    assert not is_found({"motcua": (refused, [over(MOBILE, GOOD)])})


def is_found_beside(other: ServiceOverLink, facts: LinkFacts = FACTS_OK) -> bool:
    """Return whether one portal that stalls over this link alone is enough beside another."""
    link = LinkMemory(name="fixed", facts=facts)
    at = LinkContext(Memory(links={"fixed": link}), link, two_links().links["fixed"], Settings())
    for track in other.tracks.values():
        link.tracks[SeriesKey("http", "dichvucong", track.family)] = track
    here = [over(link, BAD), other]
    elsewhere = {"motcua": [over(MOBILE, GOOD)], "dichvucong": [over(MOBILE, GOOD)]}
    return large_packets(at, here, elsewhere) is not None


def test_one_stalling_service_is_not_enough_while_another_is_undecided() -> None:
    unheard = ServiceOverLink(FIXED, {}, {})
    assert not is_found_beside(unheard)
    assert not is_found_beside(over(FIXED, Health.DOUBTFUL))
    assert is_found_beside(over(FIXED, BAD))


def test_one_stalling_service_is_not_enough_beside_one_that_refuses() -> None:
    """A refusal shows nothing of large packets: only one service has any to pass."""
    assert not is_found_beside(over(FIXED, BAD, reason=Reason.CONNECTION_REFUSED))


def test_a_service_that_cannot_be_measured_is_not_waited_for() -> None:
    unheard = ServiceOverLink(FIXED, {}, {})
    without_ip4 = structs.replace(FACTS_OK, has_address4=False)
    assert is_found_beside(unheard, without_ip4)
    only6 = Track(kind="http", target="dichvucong", family=Family.IP4, failures=2)
    only6.reason = Reason.NAME_WITHOUT_ADDRESS
    assert is_found_beside(ServiceOverLink(FIXED, {}, {Family.IP4: only6}))


@pytest.mark.parametrize(("ip4", "ip6"), [(BAD, GOOD), (GOOD, BAD)])
def test_large_packets_are_judged_in_each_family_separately(ip4: Health, ip6: Health) -> None:
    assert is_found({"motcua": (both(FIXED, ip4, ip6), [both(MOBILE, GOOD, GOOD)])})
