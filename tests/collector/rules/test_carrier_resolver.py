"""A carrier's name servers."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import VerdictTriple
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

MUTE_RESOLVER: VerdictTriple = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SILENT)


def test_a_carriers_name_servers_are_one_incident_of_their_own() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", MUTE_RESOLVER)
    made.run(100)
    assert made.notification_lines() == [
        (33, "opened", "started", "carrier_resolver", "carrier:vnpt")
    ]
