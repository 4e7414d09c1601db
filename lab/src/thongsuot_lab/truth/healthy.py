"""
Healthy days: a site with ordinary noise, 5G that fades and a load of its own, without any fault.

Every line loses a packet now and then and has varying delays (``network``). On top, a day has a
dozen fades of the radio, two blips of the fibre, twenty transfers of the site's own that fill a
line to some part (half of them through the device, whose counters show it), and on one day in five
a carrier that answers only some echoes a second. None of it is a fault of a carrier.
"""

import random
from dataclasses import dataclass, replace

from thongsuot_lab.truth.centre import messages_of
from thongsuot_lab.truth.device import SimulatedDevice
from thongsuot_lab.truth.fault import Course, Effect, FaultDirection, GeneratedFault, Touch
from thongsuot_lab.truth.grammar import Scenario, scenario
from thongsuot_lab.truth.places import NetworkPlace, PlaceKind
from thongsuot_lab.truth.scenario_run import verdict_periods_of

DAY_S = 86_400.0
FADES, BLIPS, TRANSFERS = 12, 2, 20
DEAF_SHARE = 0.2
"""Share of the days on which a carrier limits echoes."""
QUIET_S = 240.0
"""The quiet that remains between noise in a shortened day: more than any verdict takes to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthyDay:
    """The output for one site in one day: messages by party, and verdicts other than ``up``."""

    name: str
    messages: tuple[str, ...]
    periods: tuple[str, ...]


def healthy_day(seed: int, index: int) -> Scenario:
    """Return one healthy day of one site."""
    dice = random.Random(f"healthy {seed} {index}")
    city = scenario(seed, index).city
    site = city.sites[0]
    fixed, mobile = (f"{site.name}.{line.name}" for line in site.lines)
    faults: list[GeneratedFault] = []
    for _ in range(FADES):
        slow = _noise(
            dice, (PlaceKind.ACCESS, mobile), Effect.DELAYED, dice.uniform(0.03, 0.12), (5.0, 60.0)
        )
        lossy = replace(slow, effect=Effect.LOST, amount=dice.uniform(0.005, 0.03))
        faults += [slow, lossy]
    for _ in range(BLIPS):
        faults.append(_noise(dice, (PlaceKind.ACCESS, fixed), Effect.LOST, 1.0, (0.2, 1.5)))
    for _ in range(TRANSFERS):
        queue_s, name = dice.uniform(0.03, 0.5), dice.choice((fixed, fixed, mobile))
        load = _noise(dice, (PlaceKind.LAN, name), Effect.OWN_LOAD, queue_s, (10.0, 600.0))
        direction = dice.choice((FaultDirection.UP, FaultDirection.DOWN))
        faults.append(replace(load, direction=direction, is_counted=dice.random() < 0.5))
    if dice.random() < DEAF_SHARE:
        core = dice.choice(site.lines).carrier
        deaf = _noise(dice, (PlaceKind.CORE, core), Effect.POLICED, 3.0, (DAY_S, DAY_S))
        faults.append(replace(deaf, touch=Touch.ICMP, start_s=0.0, end_s=DAY_S))
    return Scenario(seed=seed, index=index, city=city, faults=tuple(faults), until_s=DAY_S)


def shortened(day: Scenario, quiet_s: float = QUIET_S) -> Scenario:
    """
    Return a day with all of its noise and less quiet in between.

    Every fade, blip and transfer keeps its length and its place among the others; longer stretches
    without any are cut to ``quiet_s``. That is no easier for a judge: noise that follows so soon
    meets the remains of earlier noise.
    """
    whole = [fault for fault in day.faults if fault.end_s - fault.start_s >= day.until_s]
    noise = [fault for fault in day.faults if fault not in whole]
    cut_s, ends_s, moved = 0.0, 0.0, []
    for fault in sorted(noise, key=lambda fault: fault.start_s):
        cut_s += max(0.0, fault.start_s - ends_s - quiet_s)
        ends_s = max(ends_s, fault.end_s)
        start_s, end_s = fault.start_s - cut_s, fault.end_s - cut_s
        moved.append(replace(fault, start_s=start_s, end_s=end_s))
    return replace(day, faults=(*moved, *whole), until_s=ends_s - cut_s + quiet_s)


def play_healthy_day(seed: int, index: int, *, is_shortened: bool = False) -> HealthyDay:
    """Simulate one healthy day."""
    day = healthy_day(seed, index)
    day = shortened(day) if is_shortened else day
    site = day.city.sites[0]
    device = SimulatedDevice(day, site)
    changes = device.run()
    return HealthyDay(
        name=day.name,
        messages=tuple(
            f"{message.party} at {message.at_s:.0f} s: {message.code} {message.state} "
            f"{message.symptom}"
            for message in messages_of(day, {site.name: changes}, {site.name: device.failures})
            if message.kind == "opened"
        ),
        periods=tuple(
            f"{period.line} {period.portal} {period.words} {period.from_s:.0f}-{period.to_s:.0f} s"
            for period in verdict_periods_of(site.name, changes, day.until_s)
        ),
    )


def _noise(
    dice: random.Random,
    place: tuple[PlaceKind, str],
    effect: Effect,
    amount: float,
    length_s: tuple[float, float],
) -> GeneratedFault:
    start_s = dice.uniform(0.0, DAY_S - 600.0)
    return GeneratedFault(
        place=NetworkPlace(*place),
        touch=Touch.ALL,
        effect=effect,
        direction=FaultDirection.BOTH,
        course=Course.STEADY,
        start_s=start_s,
        end_s=start_s + dice.uniform(*length_s),
        amount=amount,
        salt=dice.randrange(1 << 30),
    )
