"""A device that is not heard."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, UP, wall_ns


def test_a_site_whose_last_line_may_have_gone_is_only_called_silent() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.run(60)
    made.cut_uplink("s0")
    made.run(300)
    assert [line[2:] for line in made.notification_lines()] == [
        ("started", "link_fault", "carrier:vnpt"),
        ("started", "agent_silent", "commune:s0"),
    ]


def test_silence_that_was_two_cut_lines_is_recorded_as_that_and_alarms_nobody_afterwards() -> None:
    made = healthy_city()
    made.run(32)
    made.cut_uplink("s0")
    made.run(34)
    made.report("s0", "fiber", CUT, onset_s=32)
    made.report("s0", "5g", CUT, onset_s=33)
    made.run(3_000)
    assert [line[3] for line in made.notification_lines()] == ["site_power"]
    made.report("s0", "5g", UP, onset_s=2_990)
    made.report("s0", "fiber", UP, onset_s=2_980)
    made.restore_uplink("s0")
    made.run(3_200)
    assert [line[1:] for line in made.notification_lines()] == [
        ("opened", "started", "site_power", "commune:s0"),
        ("resolved", "withdrawn", "site_power", "commune:s0"),
    ]
    faults = made.incidents("link_fault")
    assert [(fault.key, fault.opened_ns, fault.closed_ns) for fault in faults] == [
        ("s0/fiber", wall_ns(32), wall_ns(2_980)),
        ("s0/5g", wall_ns(33), wall_ns(2_990)),
    ]
