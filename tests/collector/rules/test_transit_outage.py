"""Routes beyond a carrier."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import VerdictTriple
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NO_ABROAD: VerdictTriple = (State.DEGRADED, Segment.TRANSIT, Symptom.INTERNATIONAL_TRANSIT_SILENT)


def test_routes_abroad_are_told_to_each_carrier_with_its_own_circuits() -> None:
    made = healthy_city()
    for number in range(12):
        made.report(f"s{number}", "fiber", NO_ABROAD)
    made.run(100)
    assert sorted(line[3:] for line in made.notification_lines()) == [
        ("transit_outage", "carrier:mobifone"),
        ("transit_outage", "carrier:viettel"),
        ("transit_outage", "carrier:vnpt"),
    ]
    assert {incident.total for incident in made.incidents("transit_outage")} == {4}
