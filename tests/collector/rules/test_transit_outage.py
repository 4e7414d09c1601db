"""Routes beyond a carrier."""

from tests.collector.incidents.town import town
from tests.collector.timeline.life import Said
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NO_ABROAD: Said = (State.DEGRADED, Segment.TRANSIT, Symptom.FOREIGN_TRANSIT_SILENT)


def test_routes_abroad_are_told_to_each_carrier_with_its_own_circuits() -> None:
    made = town()
    for number in range(12):
        made.say(f"s{number}", "fiber", NO_ABROAD)
    made.run(100)
    assert sorted(line[3:] for line in made.lines()) == [
        ("transit_outage", "carrier:mobifone"),
        ("transit_outage", "carrier:viettel"),
        ("transit_outage", "carrier:vnpt"),
    ]
    assert {one.total for one in made.incidents("transit_outage")} == {4}
