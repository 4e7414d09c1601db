"""The matrix, service: the portal's own faults, told from those of the way and of the device."""

import pytest

from tests.agent.judge.expect import assert_found, blamed, changes_of, said, segments
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.site import one_link, two_links
from tests.agent.judge.world import Trouble, World
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0

DAY_S = 86_400.0
WALL_S = 1_790_000_000.0

FAILURES = [
    (Reason.CONNECTION_REFUSED, Symptom.SERVICE_REFUSES),
    (Reason.CONNECTION_RESET, Symptom.SERVICE_REFUSES),
    (Reason.TIMED_OUT, Symptom.SERVICE_TIMES_OUT),
    (Reason.RESPONSE_TIMED_OUT, Symptom.SERVICE_TIMES_OUT),
    (Reason.TLS_TIMED_OUT, Symptom.SERVICE_TIMES_OUT),
    (Reason.TLS_HANDSHAKE_FAILED, Symptom.SERVICE_ERROR),
    (Reason.STATUS_UNEXPECTED, Symptom.SERVICE_ERROR),
    (Reason.BODY_UNEXPECTED, Symptom.SERVICE_WRONG_CONTENT),
    (Reason.CERTIFICATE_EXPIRED, Symptom.CERTIFICATE_EXPIRED),
    (Reason.CERTIFICATE_NAME_MISMATCH, Symptom.CERTIFICATE_WRONG),
    (Reason.CERTIFICATE_UNTRUSTED, Symptom.CERTIFICATE_WRONG),
    (Reason.NAME_NOT_FOUND, Symptom.SERVICE_NAME_GONE),
    (Reason.NAME_WITHOUT_ADDRESS, Symptom.SERVICE_NAME_GONE),
    (Reason.NAME_SERVER_FAILED, Symptom.SERVICE_NAME_GONE),
]


def failing(reason: Reason, **more: object) -> Trouble:
    settings: dict[str, object] = {
        "start_s": START_S,
        "end_s": 400.0,
        "links": (),
        "at": Segment.SERVICE,
        "kinds": ("http",),
        "targets": ("motcua",),
        "reason": reason,
    }
    return Trouble(**{**settings, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("with_other_link", [True, False])
@pytest.mark.parametrize(("reason", "symptom"), FAILURES)
def test_a_portal_that_fails_over_every_link_is_at_fault_itself(
    reason: Reason, symptom: Symptom, with_other_link: bool
) -> None:
    plan = two_links() if with_other_link else one_link()
    world = World(troubles=(failing(reason),), plan=plan)
    world.run(800.0)
    expected = (State.DOWN, Segment.SERVICE, symptom)
    # A web request is made every 60 s; a time-out takes 10 s, and three may have to be waited for.
    for link in ("fixed", ""):
        assert_found(world, expected, since_s=START_S, intervals=20.0, link=link, service="motcua")
        assert said(world, link, "motcua")[-2:] == [State.DOWN, State.UP]
    assert said(world, "fixed") == [State.UP]
    assert said(world, "", "dichvucong") == [State.UP]
    assert blamed(world) == {Party.PORTAL}


@pytest.mark.parametrize(
    "reason", [Reason.TIMED_OUT, Reason.CONNECTION_REFUSED, Reason.CERTIFICATE_UNTRUSTED]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_that_fails_over_one_link_alone_is_not_at_fault(seed: int, reason: Reason) -> None:
    world = World(seed=seed, troubles=(failing(reason, links=("fixed",)),))
    world.run(800.0)
    assert segments(world, "fixed", "motcua") == {Segment.CARRIER}
    assert said(world, "mobile", "motcua")[-1] is State.UP
    assert said(world, "", "motcua") == [State.UP], "the site reaches it"
    assert blamed(world) == {Party.CARRIER}


def test_a_destination_that_one_link_does_not_reach_makes_that_link_degraded() -> None:
    world = World(troubles=(failing(Reason.TIMED_OUT, links=("fixed",)),))
    world.run(800.0)
    expected = (State.DEGRADED, Segment.CARRIER, Symptom.CARRIER_PARTLY_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=14.0)
    assert said(world, "fixed") == [State.UP, State.DEGRADED, State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_dead_address_of_several_is_degraded(seed: int) -> None:
    dead = failing(Reason.TIMED_OUT, address="198.51.100.2", end_s=900.0)
    world = World(seed=seed, troubles=(dead,), addresses=("198.51.100.2", "198.51.100.3"))
    world.run(600.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_PARTLY_DEAD)
    assert_found(world, expected, since_s=START_S, intervals=20.0, link="", service="motcua")
    assert blamed(world) == {Party.PORTAL}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_with_several_addresses_that_is_dead_is_down(seed: int) -> None:
    world = World(
        seed=seed,
        troubles=(failing(Reason.CONNECTION_REFUSED),),
        addresses=("198.51.100.2", "198.51.100.3"),
    )
    world.run(350.0)
    assert changes_of(world, "", "motcua")[-1].verdict.state is State.DOWN
    assert blamed(world) == {Party.PORTAL}


def test_one_failed_request_is_no_fault() -> None:
    blip = failing(Reason.TIMED_OUT, start_s=89.0, end_s=92.0)
    world = World(troubles=(blip,))
    world.run(600.0)
    assert said(world, "", "motcua") == [State.UP]
    assert said(world, "fixed", "motcua") == [State.UP]


@pytest.mark.parametrize(("days", "state"), [(5.0, State.DEGRADED), (30.0, State.UP)])
def test_a_certificate_that_runs_out_soon_is_announced(days: float, state: State) -> None:
    world = World(wall_s=WALL_S, expiry_s={"motcua": WALL_S + days * DAY_S})
    world.run(400.0)
    for link in ("fixed", "mobile", ""):
        assert said(world, link, "motcua") == [state]
    if state is State.DEGRADED:
        expected = (State.DEGRADED, Segment.SERVICE, Symptom.CERTIFICATE_EXPIRING)
        assert_found(world, expected, since_s=0.0, intervals=7.0, link="", service="motcua")


def test_an_untrusted_clock_announces_no_certificate() -> None:
    world = World(wall_s=None, expiry_s={"motcua": WALL_S + 5 * DAY_S})
    world.run(400.0)
    assert said(world, "", "motcua") == [State.UP]


@pytest.mark.parametrize("reason", [Reason.CERTIFICATE_EXPIRED, Reason.CERTIFICATE_NOT_YET_VALID])
def test_a_clock_that_is_years_off_makes_no_portal_a_fault(reason: Reason) -> None:
    wrong = failing(reason, start_s=0.0, targets=(), end_s=300.0)
    world = World(wall_s=None, troubles=(wrong,))
    world.run(290.0)
    assert said(world, "", "motcua") == []
    assert blamed(world) == set()
    # The collector has corrected the clock.
    world.run(600.0)
    assert said(world, "", "motcua")[-1] is State.UP
    assert blamed(world) == set()


def test_a_slow_portal_is_its_own_fault_when_every_link_says_so() -> None:
    slow = Trouble(
        start_s=1500.0,
        end_s=2400.0,
        links=(),
        at=Segment.SERVICE,
        kinds=("http",),
        targets=("motcua",),
        delay_s=2.0,
    )
    world = World(troubles=(slow,))
    world.run(3600.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW)
    assert_found(world, expected, since_s=1500.0, intervals=60.0, link="", service="motcua")
    assert said(world, "", "motcua") == [State.UP, State.DEGRADED, State.UP]
    assert said(world, "", "dichvucong") == [State.UP]


def test_a_slow_portal_is_found_though_the_line_was_slow_when_it_was_learned() -> None:
    line = Trouble(start_s=60.0, end_s=900.0, links=("fixed",), delay_s=1.2)
    slow = Trouble(
        start_s=1500.0,
        end_s=2400.0,
        links=(),
        at=Segment.SERVICE,
        kinds=("http",),
        targets=("motcua",),
        delay_s=2.0,
    )
    world = World(troubles=(line, slow))
    world.run(3600.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW)
    assert_found(world, expected, since_s=1500.0, intervals=60.0, link="", service="motcua")
    assert said(world, "", "motcua") == [State.UP, State.DEGRADED, State.UP]


def test_a_portal_without_ipv6_is_an_ordinary_portal() -> None:
    from thongsuot_schema.result import Family

    only4 = failing(Reason.NAME_WITHOUT_ADDRESS, start_s=0.0, end_s=1e9, families=(Family.IP6,))
    world = World(troubles=(only4,))
    world.run(600.0)
    assert said(world, "", "motcua") == [State.UP]


def test_a_portal_that_is_dead_in_one_family_is_degraded() -> None:
    from thongsuot_schema.result import Family

    dead = failing(Reason.CONNECTION_REFUSED, families=(Family.IP6,))
    world = World(troubles=(dead,))
    world.run(380.0)
    expected = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_PARTLY_DEAD)
    assert_found(world, expected, since_s=START_S, intervals=13.0, link="", service="motcua")
    assert blamed(world) == {Party.PORTAL}
