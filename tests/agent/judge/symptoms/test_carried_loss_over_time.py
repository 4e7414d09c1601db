"""What lookups and pages lost while a name server was silent, second by second."""

from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_schema.segment import Segment


def test_losses_while_a_name_server_was_silent_are_forgotten_at_its_end() -> None:
    dead = InjectedFault(
        start_s=60.0,
        end_s=200.0,
        at=Segment.CARRIER,
        targets=("resolver",),
        kinds=("dns",),
        loss=1.0,
    )
    world = SimulatedSite(injected=(dead,))
    world.run(190.0)
    link = world.memory.links["fixed"]
    assert link.resolver.fault is not None
    page = next(track for track in link.tracks.values() if track.kind == "http")
    page.carried_sent, page.carried_lost = 120, 9
    world.run(300.0)
    link = world.memory.links["fixed"]
    assert link.resolver.fault is None
    assert all(not track.carried_lost for track in link.tracks.values())
