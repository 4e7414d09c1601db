"""Parents: an outage stands for the faults that it holds, while they go on."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, UP, wall_ns
from thongsuot_collector.incidents.merging import is_leading
from thongsuot_collector.incidents.reducer import advance_in_steps
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.timeline.subject import Subject


def test_a_fault_that_ends_while_its_outage_continues_no_longer_belongs_to_it() -> None:
    city = healthy_city()
    city.run(100)
    for site in ("s0", "s3", "s6", "s9"):
        city.report(site, "fiber", CUT)
    city.run(160)
    outage = city.only("carrier_outage")

    def fault_of(site: str) -> tuple[bool, tuple[str, ...]]:
        (incident,) = (
            incident
            for incident in city.incidents("link_fault")
            if incident.members[0].subject.site == site
        )
        return incident.is_open, incident.parents

    assert fault_of("s0") == (True, (outage.id,))
    city.report("s0", "fiber", UP)
    city.run(260)
    assert city.only("carrier_outage").is_open
    assert fault_of("s0") == (False, ())
    assert fault_of("s3") == (True, (outage.id,))


def leading(registry: IncidentRegistry) -> dict[Subject, list[str]]:
    """Return the leading incidents of each ongoing fault, as the pages show them."""
    shown: dict[Subject, list[str]] = {
        fault.subject: []
        for fault in registry.faults.values()
        if fault.is_ongoing and not fault.is_gone
    }
    for incident in registry.active_incidents():
        if is_leading(registry, incident):
            for member in incident.members:
                if member.end_ns is None and member.subject in shown:
                    shown[member.subject].append(incident.id)
    return shown


def test_a_fault_is_in_one_leading_incident_after_every_step_of_a_pass() -> None:
    """
    Pages are made between two steps: when an outage ends but for one line, that line's own incident
    must not stay hidden behind it, and when one begins nothing is shown twice.
    """
    city = healthy_city()
    city.run(100)
    cut = ("s0", "s3", "s6", "s9")
    steps = 0
    for states in (dict.fromkeys(cut, CUT), dict.fromkeys(cut[:3], UP)):
        for site, state in states.items():
            city.push_verdict(site, "fiber", state)
        for _ in range(120):
            city.now_s += 1
            for device in city.devices.values():
                if city.now_s - device.pushed_s >= city.push_s:
                    city.push(device, [])
                city.rewrites.extend(device.timeline.tick(city.present(), city.timeline_settings))
            rewrites, city.rewrites = city.rewrites, []
            for _ in advance_in_steps(city.registry, rewrites, wall_ns(city.now_s)):
                steps += 1
                for subject, names in leading(city.registry).items():
                    assert len(names) == 1, (steps, subject, names)
    assert steps > 0
    outage, alone = city.only("carrier_outage"), Subject("s9", "fiber")
    assert not outage.is_open
    (name,) = leading(city.registry)[alone]
    assert city.registry.incidents[name].code == "link_fault"
