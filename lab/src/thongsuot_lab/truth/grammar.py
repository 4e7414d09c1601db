"""
Grammar: faults generated from a seed, as place x direction x affected traffic x effect x course in
time.

``scenario(seed, index)`` is a pure function: the same numbers give the same city and the same
faults. ``RULES`` is the whole grammar; a fault that it cannot generate is not an explanation
either, so the oracle uses it to find the places that could have produced the same observations.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from thongsuot_lab.truth.fault import (
    ANSWERS,
    Course,
    Effect,
    FaultDirection,
    GeneratedFault,
    Touch,
)
from thongsuot_lab.truth.places import (
    AccessLine,
    PlaceKind,
    Premises,
    SimulatedCity,
    SimulatedPortal,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A city, its faults, and how long it is watched."""

    seed: int
    index: int
    city: SimulatedCity
    faults: tuple[GeneratedFault, ...]
    until_s: float

    @property
    def name(self) -> str:
        """The two numbers with which it is played again."""
        return f"{self.seed}:{self.index}"

    def __str__(self) -> str:
        lines = ", ".join(
            f"{site.name}({' '.join(_line_text(line) for line in site.lines)})"
            for site in self.city.sites
        )
        faults = " + ".join(map(str, self.faults)) or "healthy"
        return f"{self.name} {faults} | {lines} | {self.until_s:.0f}s"


def _line_text(line: AccessLine) -> str:
    metered = f"/metered {line.allowance_bytes / 1e6:.0f} MB" if line.is_metered else ""
    return f"{line.name}={line.carrier}{metered}" + ("/ip6" if line.has_ip6 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How long faults last: one that occurs once, and any other."""

    once_s: tuple[float, float] = (3.0, 40.0)
    other_s: tuple[float, float] = (90.0, 420.0)


LOCAL = frozenset({PlaceKind.LAN, PlaceKind.BOX, PlaceKind.ACCESS})
"""Places that belong to one site alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrammarRule:
    """A possible fault at a kind of place: affected traffic, effect, and its amounts."""

    touch: Touch
    effect: Effect
    amounts: tuple[float, ...] = (1.0,)
    weight: float = 1.0


_SHARES = (0.03, 0.06, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.0, 1.0)
_DELAYS_S = (0.06, 0.2, 0.4, 0.8, 1.5)
_QUEUES_S = (0.25, 0.6, 1.2)


def _rule(touch: Touch, effect: Effect, *amounts: float, weight: float = 1.0) -> GrammarRule:
    return GrammarRule(touch=touch, effect=effect, amounts=amounts or (1.0,), weight=weight)


RULES: dict[PlaceKind, tuple[GrammarRule, ...]] = {
    PlaceKind.LAN: (
        _rule(Touch.ALL, Effect.LOST, *_SHARES, weight=2),
        _rule(Touch.ALL, Effect.UNPLUGGED, weight=2),
        _rule(Touch.ALL, Effect.DELAYED, 0.2, 0.6),
        _rule(Touch.ALL, Effect.OWN_LOAD, *_QUEUES_S, weight=3),
        _rule(Touch.LARGE, Effect.LOST),
        _rule(Touch.TLS, Effect.INTERCEPTED),
    ),
    PlaceKind.BOX: (
        _rule(Touch.ALL, Effect.LOST, *_SHARES, weight=2),
        _rule(Touch.ALL, Effect.UNREACHABLE),
        _rule(Touch.NEW_FLOWS, Effect.LOST, 0.3, 0.6, 1.0),
    ),
    PlaceKind.ACCESS: (
        _rule(Touch.ALL, Effect.LOST, *_SHARES, weight=5),
        _rule(Touch.ALL, Effect.DELAYED, *_DELAYS_S),
        _rule(Touch.ALL, Effect.QUEUED, *_QUEUES_S),
        _rule(Touch.ICMP, Effect.LOST, 0.2, 0.5, 1.0),
        _rule(Touch.ICMP, Effect.POLICED, 0.5, 1.0, 2.0),
        _rule(Touch.ICMP, Effect.DELAYED, 0.3, 1.3),
        _rule(Touch.UDP, Effect.LOST, 0.2, 0.5, 1.0),
        _rule(Touch.UDP, Effect.POLICED, 0.5, 1.0),
        _rule(Touch.TCP, Effect.LOST, 0.1, 0.2, 0.5, 1.0),
        _rule(Touch.TCP, Effect.POLICED, 6.0, 15.0),
        _rule(Touch.LARGE, Effect.LOST),
        _rule(Touch.IP4, Effect.LOST),
        _rule(Touch.IP6, Effect.LOST),
    ),
    PlaceKind.CORE: (
        _rule(Touch.ALL, Effect.LOST, *_SHARES, weight=3),
        _rule(Touch.ALL, Effect.DELAYED, *_DELAYS_S),
        _rule(Touch.ICMP, Effect.LOST, 0.5, 1.0),
        _rule(Touch.ICMP, Effect.POLICED, 0.5, 1.0),
        _rule(Touch.UDP, Effect.LOST, 0.5, 1.0),
        _rule(Touch.TCP, Effect.LOST, 0.2, 0.5, 1.0),
        _rule(Touch.NEW_FLOWS, Effect.LOST, 0.3, 0.6, 1.0),
        _rule(Touch.LARGE, Effect.LOST),
        _rule(Touch.IP6, Effect.LOST),
        _rule(Touch.TLS, Effect.INTERCEPTED),
        _rule(Touch.TLS, Effect.RESET),
        _rule(Touch.TLS, Effect.REDIRECTED),
    ),
    PlaceKind.RESOLVER: (
        _rule(Touch.ALL, Effect.LOST, 0.2, 0.5, 1.0),
        _rule(Touch.DNS, Effect.DELAYED, 0.4, 1.2, 3.0),
        _rule(Touch.DNS, Effect.LOST, 0.3, 1.0),
        _rule(Touch.DNS, Effect.REFUSED),
        _rule(Touch.DNS, Effect.REWRITTEN),
        _rule(Touch.DNS_AAAA, Effect.LOST),
        _rule(Touch.DNS_LARGE, Effect.LOST),
        _rule(Touch.ICMP, Effect.LOST),
    ),
    PlaceKind.PEERING: (
        _rule(Touch.ALL, Effect.LOST, 0.2, 0.5, 1.0),
        _rule(Touch.ALL, Effect.DELAYED, 0.4, 1.5),
        _rule(Touch.TCP, Effect.REFUSED),
        _rule(Touch.TCP, Effect.RESET),
        _rule(Touch.TLS, Effect.RESET),
    ),
    PlaceKind.HOME: (
        _rule(Touch.ALL, Effect.LOST, *_SHARES, weight=2),
        _rule(Touch.ALL, Effect.DELAYED, *_DELAYS_S),
        _rule(Touch.ICMP, Effect.LOST, 0.5, 1.0),
        _rule(Touch.LARGE, Effect.LOST),
    ),
    PlaceKind.ABROAD: (
        _rule(Touch.ALL, Effect.LOST, *_SHARES, weight=2),
        _rule(Touch.ALL, Effect.DELAYED, *_DELAYS_S),
        _rule(Touch.ICMP, Effect.LOST, 0.5, 1.0),
    ),
    PlaceKind.PORTAL: (
        _rule(Touch.ALL, Effect.LOST, 0.2, 0.5, 1.0, 1.0),
        _rule(Touch.ALL, Effect.DELAYED, 0.8, 2.5),
        _rule(Touch.TCP, Effect.REFUSED),
        _rule(Touch.TCP, Effect.RESET),
        _rule(Touch.TLS, Effect.INTERCEPTED),
        _rule(Touch.TLS, Effect.REWRITTEN),
        _rule(Touch.IP6, Effect.LOST),
        _rule(Touch.LARGE, Effect.LOST),
    ),
}
"""All possible faults, by place."""

_PLACES: tuple[tuple[PlaceKind, float], ...] = (
    (PlaceKind.LAN, 3.0),
    (PlaceKind.BOX, 2.0),
    (PlaceKind.ACCESS, 6.0),
    (PlaceKind.CORE, 4.0),
    (PlaceKind.RESOLVER, 2.0),
    (PlaceKind.PEERING, 1.5),
    (PlaceKind.HOME, 1.0),
    (PlaceKind.ABROAD, 1.0),
    (PlaceKind.PORTAL, 2.0),
)

_LARGEST_BYTES = {Touch.LARGE: (1200, 1400), Touch.DNS_LARGE: (512,)}
_CARRIERS = ("song-hong", "cuu-long", "dong-nai")
_SITES = 4
ALLOWANCES_BYTES = (300_000_000, 1_000_000_000, 2_000_000_000)
"""
Monthly allowances of a metered line: too small for the default profile, so that probes are less
frequent; enough for it; and the recommended one.
"""


def scenario(seed: int, index: int) -> Scenario:
    """Return the scenario of two numbers."""
    dice = random.Random(f"thongsuot {seed} {index}")
    city = _city(dice)
    count = dice.choices((0, 1, 2), weights=(0.06, 0.72, 0.22))[0]
    begin_s = dice.uniform(90.0, 150.0)
    faults: list[GeneratedFault] = []
    for _ in range(count):
        fault = draw_fault(dice, city, begin_s)
        faults.append(fault)
        begin_s += dice.uniform(5.0, 0.9 * (fault.end_s - fault.start_s) + 10.0)
    last_s = max((fault.end_s for fault in faults), default=400.0)
    return Scenario(seed=seed, index=index, city=city, faults=tuple(faults), until_s=last_s + 180.0)


def with_metered_lines(drawn: Scenario) -> Scenario:
    """Return a scenario with an allowance on every second line, as most real points have."""
    sites = tuple(
        replace(site, lines=(site.lines[0], *(replace(x, is_metered=True) for x in site.lines[1:])))
        for site in drawn.city.sites
    )
    return replace(drawn, city=replace(drawn.city, sites=sites))


def _city(dice: random.Random) -> SimulatedCity:
    portals = [
        SimulatedPortal(name="dichvucong", is_abroad=False, page_packets=22, answer_bytes=180),
        SimulatedPortal(name="motcua", is_abroad=False, page_packets=14, answer_bytes=900),
    ]
    if dice.random() < 0.5:
        portals.append(
            SimulatedPortal(name="tracuu", is_abroad=True, page_packets=10, answer_bytes=220)
        )
    return SimulatedCity(
        sites=tuple(_premises(dice, f"s{number + 1}") for number in range(_SITES)),
        carriers=_CARRIERS,
        portals=tuple(portals),
    )


def _premises(dice: random.Random, name: str) -> Premises:
    fixed = dice.choice(_CARRIERS)
    others = [carrier for carrier in _CARRIERS if carrier != fixed]
    mobile = fixed if dice.random() < 0.2 else dice.choice(others)
    has_one_box = dice.random() < 0.15
    # With a generator of its own, or every other draw of a seed would change.
    allowance_bytes = random.Random(f"allowance {name} {mobile} {dice.getstate()[1][:4]}").choice(
        ALLOWANCES_BYTES
    )
    return Premises(
        name=name,
        lines=(
            AccessLine(
                name="fixed",
                carrier=fixed,
                box=f"{name}.fixed",
                is_radio=False,
                is_metered=False,
                has_ip6=dice.random() < 0.6,
                delay_s=dice.uniform(0.001, 0.004),
                jitter_s=0.0002,
                loss_ratio=0.0001,
            ),
            AccessLine(
                name="mobile",
                carrier=mobile,
                box=f"{name}.fixed" if has_one_box else f"{name}.mobile",
                is_radio=True,
                is_metered=dice.random() < 0.5,
                has_ip6=dice.random() < 0.5,
                delay_s=dice.uniform(0.007, 0.015),
                jitter_s=0.003,
                loss_ratio=0.0005,
                allowance_bytes=allowance_bytes,
            ),
        ),
    )


def draw_fault(
    dice: random.Random, city: SimulatedCity, begin_s: float, lengths: Lengths | None = None
) -> GeneratedFault:
    """Return the next random fault for a city."""
    lengths = lengths or Lengths()
    kinds = [kind for kind, _ in _PLACES]
    kind = dice.choices(kinds, weights=[weight for _, weight in _PLACES])[0]
    place = dice.choice([place for place in city.places if place.kind is kind])
    rules: Sequence[GrammarRule] = RULES[kind]
    rule = dice.choices(rules, weights=[rule.weight for rule in rules])[0]
    direction = FaultDirection.BOTH
    if rule.effect not in ANSWERS and rule.touch not in {Touch.DNS, Touch.DNS_AAAA}:
        direction = dice.choice(
            (FaultDirection.UP, FaultDirection.DOWN, FaultDirection.BOTH, FaultDirection.BOTH)
        )
    if rule.touch is Touch.DNS_LARGE:
        direction = FaultDirection.DOWN
    course = _course(dice, rule)
    length_s = dice.uniform(*(lengths.once_s if course is Course.ONCE else lengths.other_s))
    period_s, on_share = _rhythm(dice, course)
    return GeneratedFault(
        place=place,
        touch=rule.touch,
        effect=rule.effect,
        direction=direction,
        course=course,
        start_s=round(begin_s, 1),
        end_s=round(begin_s + length_s, 1),
        amount=dice.choice(rule.amounts),
        period_s=period_s,
        on_share=on_share,
        least_bytes=dice.choice(_LARGEST_BYTES.get(rule.touch, (0,))),
        is_counted=rule.effect is Effect.OWN_LOAD and dice.random() < 0.5,
        salt=dice.randrange(1 << 30),
    )


def _course(dice: random.Random, rule: GrammarRule) -> Course:
    courses = {Course.STEADY: 0.5, Course.ONCE: 0.12, Course.DUTY: 0.13, Course.BURSTS: 0.15}
    if rule.effect in {Effect.LOST, Effect.DELAYED, Effect.QUEUED}:
        courses[Course.DRIFTING] = 0.1
    return dice.choices(list(courses), weights=list(courses.values()))[0]


def _rhythm(dice: random.Random, course: Course) -> tuple[float, float]:
    """Return period and share: minutes for a duty cycle, a second or so for a burst."""
    if course is Course.DUTY:
        return round(dice.uniform(8.0, 70.0), 1), round(dice.uniform(0.2, 0.7), 2)
    if course is Course.BURSTS:
        period_s = dice.uniform(4.0, 25.0)
        return round(period_s, 1), round(dice.uniform(0.2, 2.5) / period_s, 3)
    return 0.0, 1.0
