"""A carrier's name servers."""

from tests.collector.incidents.town import town
from tests.collector.timeline.life import Said
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

MUTE_RESOLVER: Said = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SILENT)


def test_a_carriers_name_servers_are_one_incident_of_their_own() -> None:
    made = town()
    for site in ("s0", "s3", "s6", "s9"):
        made.say(site, "fiber", MUTE_RESOLVER)
    made.run(100)
    assert made.lines() == [(33, "opened", "started", "carrier_resolver", "carrier:vnpt")]
