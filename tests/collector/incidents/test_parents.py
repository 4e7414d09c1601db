"""Parents: an outage stands for the faults that it holds, while they go on."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, UP


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
