"""What a learned first router tells of an outage, second by second."""

from tests.agent.judge.expect import last_change
from tests.agent.judge.inventories import FIXED, GATEWAY, PROBES, RESOLVER, TARGETS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from tests.agent.judge.test_paths import FIRST_HOP
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom


def test_the_learned_router_tells_the_line_from_the_core() -> None:
    bare = (GATEWAY, RESOLVER, *(target for target in TARGETS if target.segment is Segment.TRANSIT))
    for at, without, with_it in (
        (Segment.ACCESS, Symptom.ACCESS_SILENT, Symptom.ACCESS_SILENT),
        (Segment.CARRIER, Symptom.ACCESS_SILENT, Symptom.CARRIER_SILENT),
    ):
        for targets, expected in ((bare, without), ((*bare, FIRST_HOP), with_it)):
            world = SimulatedSite(
                site_probes=site_probes_from((FIXED,), targets, PROBES),
                injected=(InjectedFault(start_s=60.0, end_s=200.0, at=at, loss=1.0),),
            )
            world.run(110.0)
            assert last_change(world, "fixed").verdict.symptom is expected, (at, len(targets))
