"""
Principles of the judge, each tried on a network that knows nothing of it.

A case here was judged wrongly before the principle that it stands for was kept.
"""

from dataclasses import replace

import pytest

from tests.lab_room.truth.making import (
    CITY,
    CUT,
    FIXED,
    MOBILE,
    SEEDS,
    city,
    fault,
    parties,
    sampled,
    scenario,
    symptoms,
)
from thongsuot_lab.truth.assessment import Worth
from thongsuot_lab.truth.device import NS_PER_S, SimulatedDevice, boot_ns
from thongsuot_lab.truth.fault import Course, Effect, FaultDirection, Touch
from thongsuot_lab.truth.healthy import healthy_day, shortened
from thongsuot_lab.truth.oracle import is_concerned
from thongsuot_lab.truth.places import PlaceKind, Premises
from thongsuot_lab.truth.scenario_run import play
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("is_counted", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("line", ["fixed", "mobile"])
def test_a_queue_that_holds_answers_past_their_time_is_not_a_dead_line(
    line: str, is_counted: bool, seed: int
) -> None:
    """The last answers before the silence were slower than usual: a queue was growing."""
    load = fault(
        PlaceKind.LAN,
        f"s1.{line}",
        effect=Effect.OWN_LOAD,
        amount=1.2,
        is_counted=is_counted,
        end_s=400.0,
    )
    played = play(scenario(load, seed=seed, until_s=600.0))
    assert not any(party.startswith("carrier:") for party in parties(played)), played.messages


@pytest.mark.parametrize("seed", sampled(1, 2, 4))
def test_a_core_that_dies_during_a_download_is_dead_though_it_limited_echoes(seed: int) -> None:
    """Pages that came out of the queue are evidence only as long as they keep coming."""
    cut_s = 150.0
    policed = fault(PlaceKind.CORE, "south", touch=Touch.ICMP, effect=Effect.POLICED, amount=3.0)
    load = fault(
        PlaceKind.LAN,
        "s1.mobile",
        effect=Effect.OWN_LOAD,
        amount=0.5,
        is_counted=True,
        end_s=cut_s,
    )
    day = scenario(
        replace(policed, start_s=0.0),
        replace(load, direction=FaultDirection.DOWN),
        replace(fault(PlaceKind.CORE, "south"), start_s=cut_s),
        seed=seed,
        until_s=cut_s + 30.0,
    )
    dead = [
        change
        for change in play(day).changes["s1"]
        if change.verdict.symptom is Symptom.CARRIER_SILENT and not change.verdict.service
    ]
    assert dead
    assert abs(dead[0].onset_boottime_ns - boot_ns(cut_s)) <= 5 * NS_PER_S


@pytest.mark.parametrize("seed", SEEDS)
def test_packets_that_a_slow_line_carries_too_late_count_against_the_queue_alone(seed: int) -> None:
    """The pages came too late: neither large packets were lost nor did a carrier block services."""
    load = fault(PlaceKind.LAN, "s1.mobile", effect=Effect.OWN_LOAD, amount=1.2, end_s=400.0)
    symptoms_given = symptoms(play(scenario(load, seed=seed, until_s=600.0)))
    assert Symptom.LARGE_PACKETS_LOST not in symptoms_given
    assert Symptom.CARRIER_PARTIAL_OUTAGE not in symptoms_given
    assert Symptom.RESOLVER_SLOW not in symptoms_given


@pytest.mark.parametrize("seed", SEEDS)
def test_a_box_that_loses_by_turns_is_the_sites_however_often_its_gateway_is_silent(
    seed: int,
) -> None:
    """A gateway that answers some echoes is a witness, and so are pages that arrived."""
    lossy = fault(
        PlaceKind.BOX,
        "s1.mobile",
        amount=0.35,
        end_s=430.0,
        course=Course.DUTY,
        period_s=28.7,
        on_share=0.57,
    )
    played = play(scenario(lossy, seed=seed, until_s=640.0))
    assert parties(played) <= {"commune:s1"}, played.messages


@pytest.mark.parametrize("seed", sampled(4, 5, 6))
@pytest.mark.parametrize(
    ("place", "party"),
    [(PlaceKind.ACCESS, "carrier:north"), (PlaceKind.LAN, "commune:s1")],
    ids=["line", "LAN"],
)
def test_a_line_dead_for_a_second_of_ten_is_detected_however_often_it_is_probed(
    place: PlaceKind, party: str, seed: int
) -> None:
    """A blip counts as one loss, but many blips are a fault."""
    blips = fault(place, "s1.fixed", end_s=400.0, course=Course.BURSTS, period_s=10.0, on_share=0.1)
    played = play(scenario(blips, seed=seed, until_s=560.0))
    assert all(record.seen_s is not None for record in played.assessment.harm_records)
    assert parties(played) == {party}


@pytest.mark.parametrize("seed", SEEDS)
def test_interception_by_turns_on_a_lan_is_not_a_partial_outage_of_the_carrier(seed: int) -> None:
    """A page that works again at that moment is not one that times out."""
    by_turns = fault(
        PlaceKind.LAN,
        "s1.fixed",
        touch=Touch.TLS,
        effect=Effect.INTERCEPTED,
        end_s=440.0,
        course=Course.DUTY,
        period_s=46.4,
        on_share=0.49,
    )
    played = play(scenario(by_turns, seed=seed, until_s=600.0))
    assert Symptom.CARRIER_PARTIAL_OUTAGE not in symptoms(played)


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_all_packets_lost_at_the_exchange_is_held_against_no_portal(seed: int) -> None:
    lossy = fault(PlaceKind.HOME, "exchange", amount=0.5, end_s=394.0)
    played = play(scenario(lossy, seed=seed, until_s=560.0, city=city(is_metered=True)))
    assert not any(party.startswith("portal:") for party in parties(played)), played.messages


@pytest.mark.parametrize("seed", SEEDS)
def test_a_transfer_that_nobody_counts_after_one_that_was_counted_is_not_the_carriers(
    seed: int,
) -> None:
    """The line stays slow, and the device's counters no longer explain it."""
    counted = fault(
        PlaceKind.LAN, "s1.fixed", effect=Effect.OWN_LOAD, amount=0.4, end_s=300.0, is_counted=True
    )
    other = replace(counted, start_s=295.0, end_s=560.0, is_counted=False, salt=7)
    played = play(scenario(counted, other, seed=seed, until_s=760.0))
    assert not any(party.startswith("carrier:") for party in parties(played)), played.messages


def test_loss_that_is_over_is_no_evidence_of_one_that_begins() -> None:
    growing = fault(PlaceKind.BOX, "s1.fixed", amount=0.2, end_s=205.0, course=Course.DRIFTING)
    played = play(scenario(growing, until_s=420.0))
    late = [message for message in played.messages if message.kind == "opened"]
    assert all(message.at_s < 280.0 for message in late), late
    assert parties(played) <= {"commune:s1"}


def test_a_metered_line_is_looked_at_until_its_loss_is_over() -> None:
    """
    By pages, which accused it: lookups do not acquit a line that lost TCP alone. Where every page
    stalls it looks like lost large packets, of which one page an hour would tell the end.
    """
    lossy = fault(PlaceKind.CORE, "south", touch=Touch.TCP, amount=0.5, end_s=330.0)
    fixed, standby = replace(FIXED, carrier="south"), replace(MOBILE, is_metered=True)
    one_carrier = replace(CITY, sites=(Premises(name="s1", lines=(fixed, standby)),))
    played = play(scenario(lossy, until_s=900.0, city=one_carrier))
    verdicts = [c.verdict for c in played.changes["s1"] if c.verdict.link == "mobile"]
    verdicts = [verdict for verdict in verdicts if not verdict.service]
    assert {v.symptom for v in verdicts} & {
        Symptom.ACCESS_LOSS,
        Symptom.TRANSIT_LOSS,
        Symptom.LARGE_PACKETS_LOST,
    }
    assert verdicts[-1].state is State.UP


def test_a_portal_that_works_again_is_up_also_where_a_metered_line_alone_is_left() -> None:
    """Once, the verdict from before the cut stood until the other line was back (5201:413)."""
    forged = fault(PlaceKind.PORTAL, "one", touch=Touch.TLS, effect=Effect.INTERCEPTED, end_s=230.0)
    cut = replace(CUT, start_s=140.0, end_s=600.0)
    played = play(scenario(forged, cut, until_s=560.0, city=city(is_metered=True)))
    site = [c for c in played.changes["s1"] if c.verdict.service == "one" and not c.verdict.link]
    assert {change.verdict.state for change in site} >= {State.DOWN, State.UP}
    assert site[-1].verdict.state is State.UP
    assert site[-1].decided_boottime_ns < boot_ns(320.0)


def test_drops_by_the_sites_own_counted_transfer_are_no_loss_of_its_lan() -> None:
    """An uncounted transfer, then a counted one: the commune was once notified for an hour."""
    day = replace(shortened(healthy_day(5302, 9)), until_s=1_100.0)
    changes = SimulatedDevice(day, day.city.sites[0]).run()
    assert Symptom.LAN_CONGESTED in {change.verdict.symptom for change in changes}
    assert Symptom.LAN_LOSS not in {change.verdict.symptom for change in changes}


@pytest.mark.parametrize("effect", [Effect.REFUSED, Effect.RESET])
def test_a_portal_that_refuses_one_carrier_is_a_relation_of_two_also_beside_a_metered_line(
    effect: Effect,
) -> None:
    """The page opened for this comparison is the first over the metered line; it is tried twice."""
    refusing = fault(PlaceKind.PEERING, "north-one", touch=Touch.TCP, effect=effect, end_s=260.0)
    played = play(scenario(refusing, city=city(is_metered=True)))
    assert Symptom.SERVICE_UNREACHABLE_OVER_LINK in symptoms(played)
    assert all(record.seen_s is not None for record in played.assessment.harm_records)


def test_the_usual_duration_of_a_page_is_known_before_its_second_minute() -> None:
    slow = fault(PlaceKind.PEERING, "north-one", effect=Effect.DELAYED, amount=0.4, end_s=260.0)
    slow = replace(slow, start_s=92.0, direction=FaultDirection.UP)
    played = play(scenario(slow, city=city(is_metered=True)))
    assert Symptom.SERVICE_SLOW in symptoms(played)


@pytest.mark.parametrize("seed", sampled(1, 2, 3, 4, 5))
def test_nobody_is_notified_of_a_loss_far_out_that_no_page_shows(seed: int) -> None:
    thin = fault(PlaceKind.HOME, "exchange", amount=0.03, end_s=480.0)
    played = play(scenario(thin, seed=seed, until_s=600.0))
    assert Worth.NO_HARM not in {judged.worth for judged in played.assessment.assessed}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_family_that_comes_and_goes_is_no_loss_of_the_line(seed: int) -> None:
    """Browsers use the other family (RFC 8305), so nobody is affected."""
    by_turns = fault(
        PlaceKind.ACCESS,
        "s1.fixed",
        touch=Touch.IP6,
        end_s=440.0,
        course=Course.DUTY,
        period_s=13.6,
        on_share=0.69,
    )
    lines = replace(FIXED, has_ip6=True), replace(MOBILE, has_ip6=True)
    both = replace(CITY, sites=(Premises(name="s1", lines=lines),))
    played = play(scenario(by_turns, seed=seed, until_s=640.0, city=both))
    assert Symptom.IPV6_DOWN in symptoms(played)
    assert Symptom.ACCESS_LOSS not in symptoms(played)


@pytest.mark.parametrize(
    ("place", "party"),
    [(PlaceKind.LAN, "commune:s1"), (PlaceKind.ACCESS, "carrier:north")],
    ids=["LAN", "line"],
)
def test_where_large_packets_are_lost_is_reported_by_those_to_the_gateway(
    place: PlaceKind, party: str
) -> None:
    lost = replace(fault(place, "s1.fixed", touch=Touch.LARGE, end_s=330.0), least_bytes=1200)
    assert parties(play(scenario(lost))) == {party}


@pytest.mark.parametrize(
    ("place", "name", "party"),
    [(PlaceKind.BOX, "s1.fixed", "commune:s1"), (PlaceKind.CORE, "north", "carrier:north")],
    ids=["box", "core"],
)
def test_the_owner_of_a_full_connection_table_is_found_by_new_flows_to_the_first_router(
    place: PlaceKind, name: str, party: str
) -> None:
    full = fault(place, name, touch=Touch.NEW_FLOWS, end_s=330.0)
    assert parties(play(scenario(full))) == {party}


def test_a_core_that_breaks_tls_alone_concerns_no_site_of_another_carrier() -> None:
    """A message about such a site refers to the fault near it, however late it comes."""
    redirecting = fault(PlaceKind.CORE, "south", touch=Touch.TLS, effect=Effect.REDIRECTED)
    site = CITY.sites[0]
    assert not is_concerned(CITY, redirecting, site, site.line("fixed"))


def test_a_fault_of_ip6_concerns_no_line_that_has_none() -> None:
    """So no message about such a line can be right or wrong because of it."""
    dead = fault(PlaceKind.PORTAL, "one", touch=Touch.IP6)
    played = play(scenario(dead, CUT))
    assert {judged.worth for judged in played.assessment.assessed} == {Worth.RIGHT}
    assert {judged.fault for judged in played.assessment.assessed} == {1}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_way_that_loses_large_packets_by_turns_is_held_against_no_portal(seed: int) -> None:
    """Another service is opened at the same moment and is just as slow."""
    stalls = fault(
        PlaceKind.HOME,
        "exchange",
        touch=Touch.LARGE,
        end_s=290.0,
        course=Course.DUTY,
        period_s=20.3,
        on_share=0.42,
    )
    played = play(scenario(replace(stalls, least_bytes=1200), seed=seed, until_s=480.0))
    assert not any(party.startswith("portal:") for party in parties(played)), played.messages
    assert Symptom.SERVICE_SLOW in symptoms(played)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_that_is_intermittently_slow_is_notified(seed: int) -> None:
    slow = fault(
        PlaceKind.PORTAL,
        "one",
        effect=Effect.DELAYED,
        amount=2.5,
        end_s=290.0,
        course=Course.DUTY,
        period_s=20.3,
        on_share=0.42,
    )
    assert parties(play(scenario(slow, seed=seed, until_s=480.0))) == {"portal:one"}


@pytest.mark.parametrize("start_s", [6.0, 10.0])
def test_a_portal_that_is_slow_before_the_second_line_has_opened_it_is_told_of_it(
    start_s: float,
) -> None:
    """As after a power cut: a page that was never quick over a line has no usual time there."""
    slow = fault(PlaceKind.PORTAL, "one", effect=Effect.DELAYED, amount=0.3, end_s=400.0)
    played = play(scenario(replace(slow, start_s=start_s), until_s=600.0))
    assert parties(played) == {"portal:one"}, played.messages
    assert not played.assessment.failures()
    over_mobile = [
        change
        for change in played.changes["s1"]
        if (change.verdict.link, change.verdict.service) == ("mobile", "one")
    ]
    assert [change.verdict.state for change in over_mobile] == ["up", "degraded", "up"]
    assert over_mobile[-1].onset_boottime_ns > over_mobile[-2].decided_boottime_ns
