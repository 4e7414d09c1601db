"""What a message says of the probes that fail: last good, first bad, how often by now."""

import msgspec

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, wall_ns
from thongsuot_collector.incidents.observation import Observation
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.sections import exact_time, observation_lines
from thongsuot_collector.rules.loader import load
from thongsuot_schema.result import Family


def probe(target: str, *, good: int, total: int) -> Observation:
    return Observation(
        kind="icmp",
        target=target,
        family=Family.IP4,
        last_good_ns=wall_ns(25),
        first_bad_ns=wall_ns(30),
        newest_ns=wall_ns(90),
        good=good,
        total=total,
    )


def test_a_failing_probe_is_named_with_its_seconds_and_a_good_one_is_not() -> None:
    city = healthy_city()
    city.registry.observations_of = lambda _subject: (
        probe("core", good=0, total=14),
        probe("resolver", good=14, total=14),
    )
    city.report("s0", "fiber", CUT)
    city.run(60)
    (event,) = city.notifications
    context = MessageContext(
        kind=event.record.kind,
        record=event.record,
        incident=event.incident,
        rule=load(event.incident.code),
        audience=event.record.party,
        comparison=comparison_of(event.incident, city.registry.network_state),
        directory=city.directory,
    )
    (line,) = observation_lines(context, "en")
    assert line.startswith("ICMP core IPv4: ")
    assert exact_time(wall_ns(25)) in line
    assert exact_time(wall_ns(30)) in line
    assert line.endswith(f"0 of 14 good in the 60 s until {exact_time(wall_ns(90))}")
    (vietnamese,) = observation_lines(context, "vi")
    assert "0/14 lần đạt trong 60 giây" in vietnamese
    nothing = msgspec.structs.replace(event.incident, member_evidence=())
    assert observation_lines(msgspec.structs.replace(context, incident=nothing), "vi") == []
