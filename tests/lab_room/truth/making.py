"""Scenarios by hand: a small city, and faults in it."""

from dataclasses import replace

from tests.timing import IS_NIGHTLY
from thongsuot_lab.truth.fault import Course, Effect, FaultDirection, GeneratedFault, Touch
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.places import (
    AccessLine,
    NetworkPlace,
    PlaceKind,
    Premises,
    SimulatedCity,
    SimulatedPortal,
)
from thongsuot_lab.truth.scenario_run import PlayedScenario
from thongsuot_schema.verdict import Symptom

FIXED = AccessLine(
    name="fixed",
    carrier="north",
    box="s1.fixed",
    is_radio=False,
    is_metered=False,
    has_ip6=False,
    delay_s=0.002,
    jitter_s=0.0002,
    loss_ratio=0.0001,
)
MOBILE = AccessLine(
    name="mobile",
    carrier="south",
    box="s1.mobile",
    is_radio=True,
    is_metered=False,
    has_ip6=False,
    delay_s=0.01,
    jitter_s=0.002,
    loss_ratio=0.0005,
)
CITY = SimulatedCity(
    sites=(Premises(name="s1", lines=(FIXED, MOBILE)),),
    carriers=("north", "south"),
    portals=(
        SimulatedPortal(name="one", is_abroad=False, page_packets=12, answer_bytes=180),
        SimulatedPortal(name="two", is_abroad=False, page_packets=12, answer_bytes=180),
    ),
)
SITE = CITY.sites[0]


def fault(
    kind: PlaceKind,
    name: str,
    *,
    touch: Touch = Touch.ALL,
    effect: Effect = Effect.LOST,
    amount: float = 1.0,
    end_s: float = 260.0,
    is_counted: bool = False,
    course: Course = Course.STEADY,
    period_s: float = 0.0,
    on_share: float = 1.0,
) -> GeneratedFault:
    """Return a fault that begins in second 100."""
    return GeneratedFault(
        place=NetworkPlace(kind, name),
        touch=touch,
        effect=effect,
        direction=FaultDirection.BOTH,
        course=course,
        start_s=100.0,
        end_s=end_s,
        amount=amount,
        period_s=period_s,
        on_share=on_share,
        is_counted=is_counted,
    )


def scenario(
    *faults: GeneratedFault, until_s: float = 400.0, seed: int = 0, city: SimulatedCity = CITY
) -> Scenario:
    """Return a scenario of these faults."""
    return Scenario(seed=seed, index=0, city=city, faults=faults, until_s=until_s)


CUT = fault(PlaceKind.ACCESS, "s1.fixed")


def sampled(*seeds: int) -> tuple[int, ...]:
    """Return the first of these seeds, in a nightly run all of them."""
    return seeds if IS_NIGHTLY else seeds[:1]


SEEDS = sampled(1, 2, 3)

PAGES_S = 60.0
"""The longest interval of what notices a fault: after it the schedule meets a fault as before."""


def at_moments(
    made: Scenario, *, count: int, nightly: int, within_s: float = PAGES_S
) -> list[Scenario]:
    """
    Return a scenario at moments spread over an interval, each with noise of its own.

    What of the schedule meets a fault is chance, so a single moment proves little. Faults that are
    there from the beginning stay as they are.
    """
    moments = nightly if IS_NIGHTLY else count

    def later(fault: GeneratedFault, by_s: float) -> GeneratedFault:
        if not fault.start_s:
            return fault
        return replace(fault, start_s=fault.start_s + by_s, end_s=fault.end_s + by_s)

    return [
        replace(
            made,
            seed=number,
            faults=tuple(later(fault, number * within_s / moments) for fault in made.faults),
            until_s=made.until_s + number * within_s / moments,
        )
        for number in range(moments)
    ]


def city(*, is_metered: bool) -> SimulatedCity:
    """Return the small city with a standby line that has an allowance, or has none."""
    standby = replace(MOBILE, is_metered=is_metered)
    return replace(CITY, sites=(Premises(name="s1", lines=(FIXED, standby)),))


def parties(played: PlayedScenario) -> set[str]:
    """Return the notified parties."""
    return {message.party for message in played.messages}


def symptoms(played: PlayedScenario) -> set[Symptom]:
    """Return everything that was said of the site."""
    return {change.verdict.symptom for change in played.changes["s1"]}
