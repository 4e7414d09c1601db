"""
The matrix in a hurry: intervals and patience of a fifth, and fewer wishes fulfilled than made.

Four portals of two addresses each, asked at the same moments over both links: what dies between two
runs must not look like one link's trouble.
"""

import msgspec
import pytest

from tests.agent.judge.expect import changes_of, states_of
from tests.agent.judge.inventories import ACCESS, FIXED, MOBILE, TARGETS, anchor, portal
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.settings import Hysteresis, Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

SHARE = 0.2
START_S = 30.0
END_S = 80.0
BOTH = ("fixed", "mobile")
PORTALS = ("dichvucong", "motcua", "dancu", "thanhtoan")
ADDRESSES = ("198.51.100.2", "198.51.100.3")
DOMESTIC = ("zone", "exchange", "peer", *PORTALS)
PROBES = tuple(
    ProbeSchedule(kind=kind, every_s=every_s)
    for kind, every_s in (("icmp", 1.5), ("dns", 3.0), ("http", 5.0), ("host", 2.0))
)


class ProbeBudget:
    """As many wishes a second as a schedule grants, and a burst of them at once."""

    def __init__(self, per_s: float) -> None:
        self._per_s, self._left, self._at_s = per_s, 64.0, 0.0
        self.world: SimulatedSite | None = None

    def __call__(self, confirmation: ConfirmationProbe) -> bool:
        del confirmation
        assert self.world is not None
        now_s = self.world.now_s
        self._left = min(64.0, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def hasty_settings() -> Settings:
    own = msgspec.to_builtins(Settings())
    for name, value in own.items():
        if isinstance(getattr(Settings(), name), Hysteresis):
            for key in ("confirm_s", "clear_s"):
                value[key] *= SHARE
            value["every_s"] = max(1.0, value["every_s"] * SHARE)
    own.update(service_wait_s=4.0, service_slow_s=1.0, stale_s=8.0)
    own.update(
        {key: own[key] * SHARE for key in own if key.startswith("flap_") and key[-2:] == "_s"}
    )
    return msgspec.convert(own, Settings)


def hasty(seed: int, per_s: float, *faults: InjectedFault) -> SimulatedSite:
    mobile = msgspec.structs.replace(MOBILE, allowance_bytes=None)
    more = (anchor("peer", Segment.TRANSIT), *(portal(name) for name in PORTALS[2:]))
    site_probes = site_probes_from((FIXED, mobile), (*TARGETS, *ACCESS, *more), PROBES)
    budget = ProbeBudget(per_s)
    world = SimulatedSite(
        seed=seed,
        site_probes=site_probes,
        settings=hasty_settings(),
        injected=faults,
        is_fulfilled=budget,
        addresses=ADDRESSES,
        timeout_s={"icmp": 1.0, "dns": 1.0, "http": 3.0, "host": 1.0},
    )
    budget.world = world
    return world


def fault(at: Segment, **more: object) -> InjectedFault:
    settings: dict[str, object] = {"start_s": START_S, "end_s": END_S, "at": at, "loss": 1.0}
    return InjectedFault(**{**settings, **more})  # type: ignore[arg-type]


def portal_fault(reason: Reason, **more: object) -> InjectedFault:
    return fault(
        Segment.SERVICE,
        links=BOTH,
        kinds=("http",),
        targets=("motcua",),
        reason=reason,
        **more,
    )


ROWS = {
    "cut": (fault(Segment.ACCESS), {Segment.ACCESS}),
    "both cut": (fault(Segment.ACCESS, links=BOTH), {Segment.ACCESS}),
    "core": (fault(Segment.CARRIER, links=BOTH), {Segment.CARRIER}),
    "exchange": (fault(Segment.TRANSIT, links=BOTH, targets=DOMESTIC), {Segment.TRANSIT}),
    "foreign": (fault(Segment.TRANSIT, links=BOTH, targets=("abroad", "far")), {Segment.TRANSIT}),
    "half": (
        fault(Segment.CARRIER, targets=("zone", "abroad", "peer", "motcua")),
        {Segment.CARRIER},
    ),
    # This site opens no new flows to its gateway, so that it may be the LAN as well.
    "black hole": (fault(Segment.SERVICE, kinds=("http",), reason=Reason.TLS_TIMED_OUT), set()),
    "hangs": (portal_fault(Reason.TIMED_OUT), {Segment.SERVICE}),
    "refuses": (portal_fault(Reason.CONNECTION_REFUSED), {Segment.SERVICE}),
    "stalls": (portal_fault(Reason.TLS_TIMED_OUT), {Segment.SERVICE}),
    "name gone": (portal_fault(Reason.NAME_NOT_FOUND), {Segment.SERVICE}),
    "address": (portal_fault(Reason.TIMED_OUT, address=ADDRESSES[0]), {Segment.SERVICE}),
}


@pytest.mark.parametrize("per_s", [24.0, 6.0])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("seed", SEEDS)
def test_with_faster_probing_still_only_the_party_at_fault_is_named(
    row: str, seed: int, per_s: float
) -> None:
    broken, segments = ROWS[row]
    shifted = InjectedFault(**{**vars_of(broken), "start_s": START_S + seed % 50 / 10})  # type: ignore[arg-type]
    world = hasty(seed, per_s, shifted)
    world.run(140.0)
    named = {change.verdict.segment for change in world.changes} - {None}
    assert named == segments
    for link in BOTH:
        assert states_of(world, link)[-1] is State.UP
        for service in PORTALS:
            assert states_of(world, link, service)[-1] is State.UP


def vars_of(broken: InjectedFault) -> dict[str, object]:
    return {name: getattr(broken, name) for name in broken.__dataclass_fields__}


@pytest.mark.parametrize("row", ["exchange", "foreign"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_silent_target_is_known_though_half_of_the_time_outs_are_doubted(
    row: str, seed: int
) -> None:
    # As on a machine with too many agents: when something breaks all ask, and timers run late.
    broken, segments = ROWS[row]
    world = hasty(seed, 24.0, broken)
    world.doubt = lambda at_s: (at_s + seed / 7) % 3.0 < 1.5
    world.run(END_S + 60.0)
    named = {change.verdict.segment for change in world.changes} - {None}
    assert named == segments
    for link in BOTH:
        blamed = next(c for c in changes_of(world, link) if c.verdict.segment in segments)
        assert site_seconds(blamed.decided_boottime_ns) - START_S < 20.0
        assert states_of(world, link)[-1] is State.UP
