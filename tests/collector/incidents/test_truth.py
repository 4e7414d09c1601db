"""Times, parties and counts of incidents are right and are never withdrawn."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.incidents.city import PORTAL, CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import (
    CUT,
    LOSSY,
    OUT,
    REFUSES,
    SOMEWHERE,
    UNJUDGED,
    UNPLUGGED,
    UP,
    VerdictTriple,
    wall_ns,
)
from tests.timing import examples
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.incidents.wording import describe
from thongsuot_collector.rules.loader import load
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SITES = ("s0", "s3", "s6", "s9")
"""Their fibres are all of one carrier."""

ROUTES_LOSSY: VerdictTriple = (State.DEGRADED, Segment.TRANSIT, Symptom.TRANSIT_LOSS)
TIMES_OUT: VerdictTriple = (State.DOWN, Segment.SERVICE, Symptom.SERVICE_TIMEOUT)


@given(
    outage_s=st.one_of(st.integers(4, 400), st.integers(4, 3_000)),
    back_s=st.integers(0, 10_000),
    lost=st.sampled_from([CUT, UNPLUGGED, OUT, SOMEWHERE]),
    stale_after_s=st.one_of(st.none(), st.integers(1, 120)),
)
@settings(max_examples=examples(60), deadline=None)
def test_an_outage_is_never_withdrawn_whatever_onset_its_end_reports(
    outage_s: int, back_s: int, lost: VerdictTriple, stale_after_s: int | None
) -> None:
    city = CityFixture(inventory(1, ("vnpt", "viettel")))
    city.start()
    city.run(30)
    city.run(33)
    city.report("s0", "fiber", lost, onset_s=30)
    if stale_after_s is not None and stale_after_s < outage_s:
        city.run(33 + stale_after_s)
        city.report("s0", "fiber", UNJUDGED, onset_s=30)
    city.run(33 + outage_s)
    city.report("s0", "fiber", UP, onset_s=max(2, 33 + outage_s - back_s))
    city.run(33 + outage_s + 60)
    incident = city.only("link_fault")
    assert incident.closure_code is ClosureCode.RESTORED
    assert incident.opened_ns == wall_ns(30)
    assert incident.closed_ns is not None
    assert incident.closed_ns > incident.opened_ns
    assert "withdrawn" not in {line[2] for line in city.notification_lines()}


def test_two_outages_of_a_carrier_within_two_minutes_are_two_notified_incidents() -> None:
    city = healthy_city()
    for site in SITES:
        city.report(site, "fiber", OUT)
    city.run(90)
    for site in SITES:
        city.report(site, "fiber", UP)
    city.run(150)
    for site in SITES:
        city.report(site, "fiber", OUT)
    city.run(300)
    first, second = city.incidents("carrier_outage")
    assert (first.opened_ns, first.closed_ns) == (wall_ns(30), wall_ns(90))
    assert (second.opened_ns, second.is_open) == (wall_ns(150), True)
    assert [line[1] for line in city.notification_lines()] == ["opened", "resolved", "opened"]
    assert city.notifications[0].incident.id != city.notifications[2].incident.id


def test_an_outage_does_not_begin_with_blips_that_were_over() -> None:
    city = healthy_city(sites=30)
    for place in range(5):
        site = f"s{3 * place}"
        city.report(site, "fiber", CUT)
        city.run(city.now_s + 2)
        city.report(site, "fiber", UP)
        city.run(city.now_s + 60)
    began_s = city.now_s
    for place in range(5, 10):
        city.report(f"s{3 * place}", "fiber", OUT)
    city.run(began_s + 60)
    outage = city.only("carrier_outage")
    assert outage.opened_ns == wall_ns(began_s)
    assert outage.sites == tuple(sorted(f"s{3 * place}" for place in range(5, 10)))


def test_a_circuit_that_fails_repeatedly_is_one_member() -> None:
    city = healthy_city()
    for site in SITES:
        city.report(site, "fiber", OUT)
    for _ in range(3):
        city.run(city.now_s + 60)
        city.report("s0", "fiber", UP)
        city.run(city.now_s + 60)
        city.report("s0", "fiber", OUT)
    city.run(city.now_s + 10)
    outage = city.only("carrier_outage")
    assert (outage.open_members, len(outage.members), outage.total) == (4, 4, 4)
    flapping = next(member for member in outage.members if member.subject.site == "s0")
    assert len(flapping.fault_ids) == 4
    assert [entry.event for entry in outage.history].count("is out again") == 3


def test_an_incident_has_one_title_from_its_opening_to_its_end() -> None:
    city = healthy_city(sites=30)
    for place in range(10):
        city.report(f"s{3 * place}", "fiber", OUT)
    city.run(100)
    for place in range(5):
        city.report(f"s{3 * place}", "fiber", UP)
    city.run(500)
    for place in range(5, 10):
        city.report(f"s{3 * place}", "fiber", UP)
    city.run(600)
    kinds = [str(event.record.kind) for event in city.notifications]
    assert kinds == ["opened", "updated", "resolved"]
    wordings = [
        describe(event.incident, load("carrier_outage"), city.directory, "en")
        for event in city.notifications
    ]
    assert {wording.headline for wording in wordings} == {"VNPT: 10 of 10 links failed together"}
    assert "5 of 10 links" in wordings[1].situation


def test_a_title_is_kept_where_the_symptom_changes_and_starts_again_for_another_party() -> None:
    city = healthy_city()
    city.report("s0", "fiber", LOSSY)
    city.run(60)
    city.report("s0", "fiber", CUT)
    city.run(100)
    city.report("s0", "fiber", UNPLUGGED)
    city.run(200)
    titles = [
        (
            str(event.record.party),
            describe(event.incident, load("link_fault"), city.directory, "en"),
        )
        for event in city.notifications
    ]
    carrier = [wording.headline for party, wording in titles if party == "carrier:vnpt"]
    commune = [wording.headline for party, wording in titles if party == "commune:s0"]
    assert len(carrier) == 3
    assert len(set(carrier)) == 1
    assert len(commune) == 1
    assert commune != carrier[:1]


def test_dead_links_and_lossy_links_did_not_fail_together() -> None:
    city = healthy_city()
    for site, verdict in zip(SITES, (OUT, OUT, LOSSY, LOSSY), strict=True):
        city.report(site, "fiber", verdict)
    city.run(200)
    assert city.incidents("carrier_outage") == []
    assert {line[3] for line in city.notification_lines()} == {"link_fault"}


def test_a_lossy_target_is_not_reported_as_unreachable() -> None:
    city = healthy_city()
    for site in SITES:
        city.report(site, "fiber", ROUTES_LOSSY)
    city.run(100)
    outage = city.only("transit_outage")
    english = describe(outage, load("transit_outage"), city.directory, "en")
    assert "have not reached" not in english.situation
    assert "degraded" in english.headline


def test_an_outage_that_begins_with_loss_and_ends_with_silence_stays_one() -> None:
    city = healthy_city()
    for site in SITES:
        city.report(site, "fiber", LOSSY)
    city.run(60)
    for site in SITES:
        city.report(site, "fiber", OUT)
        city.run(city.now_s + 5)
    city.run(200)
    outage = city.only("carrier_outage")
    assert (outage.state, outage.opened_ns, outage.is_open) == (State.DOWN, wall_ns(30), True)
    causes = [line[2] for line in city.notification_lines()]
    assert "withdrawn" not in causes


def test_an_outage_is_down_if_half_of_its_members_are() -> None:
    city = healthy_city()
    for site in SITES:
        city.report(site, "fiber", LOSSY)
    city.run(60)
    city.report(SITES[0], "fiber", OUT)
    assert city.only("carrier_outage").state is State.DEGRADED
    city.report(SITES[1], "fiber", OUT)
    assert city.only("carrier_outage").state is State.DOWN


def test_a_site_whose_links_are_all_of_one_carrier_is_not_sent_to_look_for_power() -> None:
    city = CityFixture(inventory(30, ("vnpt", "viettel"), radio=lambda _: "vnpt"))
    city.start()
    city.run(30)
    city.cut_uplink("s0")
    city.run(300)
    (line,) = city.notification_lines()
    assert line[3] == "agent_silent", "both links may have failed with their carrier's core"


def test_links_that_share_a_duct_are_one_witness() -> None:
    known_inventory = inventory(1, ("vnpt", "viettel"))
    assert CityFixture(known_inventory).registry.network_state.independent_ways_of("s0") == 0
    for shares, ways in (((), 2), (("duct 7",), 1)):
        shared = inventory(1, ("vnpt", "viettel"), shares=shares)
        city = CityFixture(shared)
        city.start()
        assert city.registry.network_state.independent_ways_of("s0") == ways


def test_a_service_that_one_carrier_alone_does_not_reach_is_nobodys_fault_yet() -> None:
    known_inventory = inventory(12, ("vnpt", "viettel"), radio=lambda n: ("vnpt", "viettel")[n % 2])
    city = CityFixture(known_inventory)
    city.start()
    city.run(30)
    for number in range(0, 12, 2):
        city.report(f"s{number}", f"/{PORTAL}", REFUSES)
    city.run(200)
    assert [line[1:] for line in city.notification_lines()] == [
        ("opened", "started", "service_down", "city")
    ]
    english = describe(city.only("service_down"), load("service_down"), city.directory, "en")
    assert "same carrier" in english.situation
    assert "cannot be told apart" in english.situation


def test_sites_that_see_a_service_fail_differently_are_not_said_to_see_the_same() -> None:
    city = healthy_city()
    for number, verdict in enumerate((REFUSES, TIMES_OUT, REFUSES, TIMES_OUT)):
        city.report(f"s{number}", f"/{PORTAL}", verdict)
    city.run(100)
    english = describe(city.only("service_down"), load("service_down"), city.directory, "en")
    assert "not all of them see the same" in english.situation


def test_two_faults_that_turn_out_to_be_one_are_merged_and_not_withdrawn() -> None:
    city = healthy_city()
    device = city.devices["s0"]
    city.report("s0", "fiber", CUT)
    city.run(60)
    up = device.script.change("fiber", UP, 40, 60)
    held = device.script.batch(device.pushed_s, 61, [up])
    device.pushed_s = 61
    city.run(90)
    again = device.script.change("fiber", CUT, 52, 90)
    late = device.script.batch(device.pushed_s, 91, [again])
    device.pushed_s = 91
    city.apply_summary(device, held)
    city.advance()
    city.run(140)
    city.apply_summary(device, late)
    city.advance()
    city.run(200)
    incidents = city.incidents("link_fault")
    assert "withdrawn" not in {str(incident.closure_code) for incident in incidents}
    for incident, following in pairwise(incidents):
        assert incident.opened_ns < following.opened_ns


def test_acknowledgement_and_dispute_of_an_ended_outage_do_not_carry_over_to_the_next_one() -> None:
    city = CityFixture(inventory(6, ("vnpt", "viettel")))
    city.start()
    city.run(30)
    city.report("s0", "fiber", CUT)
    city.run(60)
    first = city.only("link_fault")
    actions.acknowledge(city.registry, first.id, "lan", wall_ns(60))
    refusal = Dispute(party=first.party, reference="TT-1", reason="no", at_ns=wall_ns(61))
    actions.dispute(city.registry, first.id, refusal)
    city.report("s0", "fiber", UP)
    city.run(80)
    # What the device measures from now on arrives late: it was down again at second 80.
    city.cut_uplink("s0")
    city.report("s0", "fiber", CUT, onset_s=80)
    city.run(100)
    over = city.only("link_fault")
    assert over.closure_code is ClosureCode.RESTORED
    assert (over.acknowledgement is not None, over.dispute) == (True, refusal)
    city.restore_uplink("s0")
    city.run(101)
    again = city.only("link_fault")
    assert again.is_open
    assert (again.acknowledgement, again.dispute) == (None, None)
    assert {"acknowledged", "disputed", "open again"} <= {note.event for note in again.history}
