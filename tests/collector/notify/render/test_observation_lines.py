"""What a message says of the probes that fail: last good, first bad, how often by now."""

from msgspec.structs import replace

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, wall_ns
from thongsuot_collector.incidents.observation import ProbeObservation
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.sections import exact_time, observation_lines
from thongsuot_collector.rules.loader import load
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment


def probe(target: str, *, good: int, total: int) -> ProbeObservation:
    return ProbeObservation(
        kind="icmp",
        target=target,
        family=Family.IP4,
        last_good_ns=wall_ns(25),
        first_bad_ns=wall_ns(30),
        newest_ns=wall_ns(90),
        good=good,
        total=total,
    )


def context_of(*observations: ProbeObservation) -> MessageContext:
    """Return what is said of a cut fibre whose probes have seen this."""
    city = healthy_city()
    city.registry.observations_of = lambda _subject: observations
    city.report("s0", "fiber", CUT)
    city.run(60)
    (event,) = city.notifications
    return MessageContext(
        kind=event.record.kind,
        record=event.record,
        incident=event.incident,
        rule=load(event.incident.code),
        audience=event.record.party,
        comparison=comparison_of(event.incident, city.registry.network_state),
        directory=city.directory,
    )


def test_a_failing_probe_is_named_with_its_seconds_and_a_good_one_is_not() -> None:
    context = context_of(probe("core", good=0, total=14), probe("resolver", good=14, total=14))
    (line,) = observation_lines(context, "en")
    assert line.startswith("Ping to core (IPv4): ")
    assert exact_time(wall_ns(25)) in line
    assert exact_time(wall_ns(30)) in line
    assert line.endswith(f"0 of 14 good in the 60 s until {exact_time(wall_ns(90))}")
    (vietnamese,) = observation_lines(context, "vi")
    assert "0/14 lần đạt trong 60 giây" in vietnamese
    nothing = replace(context.incident, member_evidence=())
    assert observation_lines(replace(context, incident=nothing), "vi") == []


def test_a_dead_anchor_in_another_network_is_no_proof_against_a_carriers_line() -> None:
    targets = (
        Target(name="core", role=Role.ANCHOR, segment=Segment.CARRIER),
        Target(name="peer", role=Role.ANCHOR, segment=Segment.TRANSIT),
    )
    context = context_of(probe("peer", good=0, total=12), probe("core", good=7, total=14))
    known = replace(context.directory.inventory, targets=targets)
    context = replace(context, directory=InventoryDirectory(known))
    (line,) = observation_lines(context, "en")
    assert line.startswith("Ping to core (IPv4): ")
    (evidence,) = context.incident.member_evidence
    beyond = replace(evidence, segment=Segment.TRANSIT)
    incident = replace(context.incident, member_evidence=(beyond,))
    assert len(observation_lines(replace(context, incident=incident), "en")) == 2
