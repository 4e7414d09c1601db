"""
Assessment: compares the product's messages about a scenario with the oracle and the citizen.

Nobody is notified about a fault that harms no citizen; harm is detected; the notified party is that
of the place; if nothing can distinguish two parties, reporting that is right and naming one is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from thongsuot_lab.truth.fault import Course, Effect, GeneratedFault, Touch
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.harm import Grade, Harm, is_slow
from thongsuot_lab.truth.oracle import is_concerned, owners, suspects
from thongsuot_lab.truth.places import PlaceKind

AFTERMATH_S = 75.0
"""
The time in which an ended fault may still be notified: holds are up to a minute, pushes 15 s apart.
"""

OVER_S = 300.0
"""A later message is not about a present fault."""

SEEN_LATE_S = 30.0
"""Harm detected up to this long after its end counts as detected."""

ROUNDING_S = 0.05
"""Times come from clocks in nanoseconds."""

CITY = "city"


class Worth(StrEnum):
    """The value of a message."""

    RIGHT = "right"
    CANNOT_TELL = "cannot tell"
    """It rightly states that the party cannot be determined; or it goes to the site first."""
    VAGUE = "vague"
    """It states that although the party could be determined: neither wrong nor helpful."""
    GUESSED = "guessed"
    """It names the right party, which no measurement can show."""
    WRONG_PARTY = "wrong party"
    NO_HARM = "no harm"
    """The party of the place is notified about a harmless fault."""
    NO_FAULT = "no fault"
    """Nothing was wrong there."""
    OVER = "over"
    """The party of the place is notified about a fault that ended some minutes ago."""


WRONG = frozenset({Worth.WRONG_PARTY, Worth.NO_FAULT})
HARMLESS = frozenset({Worth.NO_HARM, Worth.NO_FAULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message to a party, independent of the product. ``subjects``: site, line, portal."""

    at_s: float
    party: str
    subjects: tuple[tuple[str, str, str], ...]
    is_unlocated: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPeriod:
    """A period in which a line, a portal, or one over the other was reported as faulty."""

    site: str
    line: str
    portal: str
    from_s: float
    to_s: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedMessage:
    """One message and its value; ``fault`` is the place of its fault."""

    message: SentMessage
    worth: Worth
    fault: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmRecord:
    """Harm over one line that must be detected, and the time that it took; ``None``: it was not."""

    site: str
    line: str
    fault: int
    from_s: float
    to_s: float
    seen_s: float | None
    told_s: float | None
    is_cut: bool
    """Whether the line was simply dead, which is detected soonest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """
    Everything about one scenario.

    ``unrest`` are periods that began without a fault, ``aftermath`` those that began some minutes
    after the end of one.
    """

    name: str
    text: str
    assessed: tuple[AssessedMessage, ...]
    harm_records: tuple[HarmRecord, ...]
    unrest: tuple[VerdictPeriod, ...]
    aftermath: tuple[VerdictPeriod, ...]
    faults: tuple[tuple[str, str], ...]
    """The kind of place, and the affected traffic with the effect, of each fault."""
    is_harmful: tuple[bool, ...]

    def failures(self) -> list[str]:
        """Return the failures, one line each."""
        lines = [
            f"{assessment.worth}: {assessment.message.party} at {assessment.message.at_s:.0f} s: "
            f"{assessment.message.words}"
            for assessment in self.assessed
            if assessment.worth in WRONG | HARMLESS
        ]
        lines += [
            f"unseen: {record.site}/{record.line} from {record.from_s:.0f} to {record.to_s:.0f} s"
            for record in self.harm_records
            if record.seen_s is None
        ]
        return lines


def assess(
    scenario: Scenario,
    harms: Mapping[tuple[str, str], Harm],
    messages: Sequence[SentMessage],
    periods: Sequence[VerdictPeriod],
) -> Assessment:
    """Compare the product's messages and verdicts with the truth."""
    faults = scenario.faults
    assessed = tuple(_judged(scenario, harms, message) for message in messages)
    return Assessment(
        name=scenario.name,
        text=str(scenario),
        assessed=assessed,
        harm_records=tuple(_harm_records(scenario, harms, periods, assessed)),
        unrest=tuple(s for s in periods if not _is_explained(scenario, s, OVER_S)),
        aftermath=tuple(
            period
            for period in periods
            if not _is_explained(scenario, period, AFTERMATH_S)
            and _is_explained(scenario, period, OVER_S)
        ),
        faults=tuple(
            (fault.place.kind.value, f"{fault.touch.value} {fault.effect.value}")
            for fault in faults
        ),
        is_harmful=tuple(
            _grade(scenario, harms, fault, _all(scenario)) is not Grade.NONE for fault in faults
        ),
    )


def _judged(
    scenario: Scenario, harms: Mapping[tuple[str, str], Harm], message: SentMessage
) -> AssessedMessage:
    for after_s, is_over in ((AFTERMATH_S, False), (OVER_S, True)):
        around = [
            (number, fault)
            for number, fault in enumerate(scenario.faults)
            if fault.start_s - ROUNDING_S <= message.at_s <= fault.end_s + after_s
            and any(_concerns(scenario, fault, subject) for subject in message.subjects)
        ]
        if around:
            return _worth_of(scenario, harms, message, around, is_over=is_over)
    return AssessedMessage(message=message, worth=Worth.NO_FAULT, fault=None)


def _worth_of(
    scenario: Scenario,
    harms: Mapping[tuple[str, str], Harm],
    message: SentMessage,
    around: Sequence[tuple[int, GeneratedFault]],
    *,
    is_over: bool,
) -> AssessedMessage:
    judged = [(_worth(scenario, fault, message), number) for number, fault in around]
    judged.sort(key=lambda judgement: _BEST.index(judgement[0]))
    worth, number = judged[0]
    grades = [_grade(scenario, harms, fault, message.subjects) for _, fault in around]
    if all(grade is Grade.NONE for grade in grades):
        worth = Worth.NO_HARM
    elif is_over and worth is not Worth.WRONG_PARTY:
        worth = Worth.OVER
    return AssessedMessage(message=message, worth=worth, fault=number)


_BEST = list(Worth)


def _worth(scenario: Scenario, fault: GeneratedFault, message: SentMessage) -> Worth:
    whose, possible = owners(scenario.city, fault), suspects(scenario.city, fault)
    is_open = len(possible - whose) > 0
    if message.party in whose:
        is_guess = is_open and not message.party.startswith("commune:")
        return Worth.GUESSED if is_guess else Worth.RIGHT
    if message.party in possible and message.party.startswith("commune:"):
        return Worth.CANNOT_TELL
    if message.is_unlocated or message.party == CITY:
        return Worth.CANNOT_TELL if is_open else Worth.VAGUE
    return Worth.WRONG_PARTY


def _all(scenario: Scenario) -> list[tuple[str, str, str]]:
    return [(site.name, line.name, "") for site, line in scenario.city.lines()]


def _concerns(scenario: Scenario, fault: GeneratedFault, subject: tuple[str, str, str]) -> bool:
    name, link, portal = subject
    site = scenario.city.site(name)
    lines = [line for line in site.lines if link in {"", line.name}]
    return any(is_concerned(scenario.city, fault, site, line, portal) for line in lines)


def _grade(
    scenario: Scenario,
    harms: Mapping[tuple[str, str], Harm],
    fault: GeneratedFault,
    subjects: Sequence[tuple[str, str, str]],
) -> Grade:
    """Return the worst effect of a fault on the subjects of a message."""
    worst = Grade.NONE
    for name, link, portal in subjects:
        site = scenario.city.site(name)
        for line in site.lines:
            if link not in {"", line.name}:
                continue
            if not is_concerned(scenario.city, fault, site, line, portal):
                continue
            harm = harms.get((name, line.name))
            # Without a citizen the harm is unknown, so the message does not count as unnecessary.
            grade = Grade.SOME if harm is None else harm.grade(fault.start_s, fault.end_s, portal)
            worst = max(worst, grade, key=list(Grade).index)
    return worst


def _harm_records(
    scenario: Scenario,
    harms: Mapping[tuple[str, str], Harm],
    periods: Sequence[VerdictPeriod],
    assessed: Sequence[AssessedMessage],
) -> list[HarmRecord]:
    """Return all harm that must be detected, by line and fault."""
    harm_records: list[HarmRecord] = []
    for number, fault in enumerate(scenario.faults):
        for (name, link), harm in harms.items():
            site = scenario.city.site(name)
            if not harm.is_demanded:
                continue
            if not is_concerned(scenario.city, fault, site, site.line(link)):
                continue
            stretch = harm.sustained(fault.start_s, fault.end_s)
            if stretch is None or any(s.site == name and s.line == link for s in harm_records):
                continue
            onset_s = _onset_s(harm, fault)
            seen = [
                max(0.0, period.from_s - onset_s)
                for period in periods
                if period.site == name
                and period.line in {"", link}
                and period.from_s <= stretch[1] + SEEN_LATE_S
                and period.to_s >= stretch[0]
            ]
            worth = [
                assessment.message.at_s - onset_s
                for assessment in assessed
                if assessment.worth not in WRONG | HARMLESS
                and assessment.fault == number
                and any(s[0] == name and s[1] in {"", link} for s in assessment.message.subjects)
            ]
            harm_records.append(
                HarmRecord(
                    site=name,
                    line=link,
                    fault=number,
                    from_s=stretch[0],
                    to_s=stretch[1],
                    seen_s=min(seen, default=None),
                    told_s=min(worth, default=None),
                    is_cut=_is_cut(fault),
                )
            )
    return harm_records


def _is_cut(fault: GeneratedFault) -> bool:
    is_dead = fault.touch is Touch.ALL and fault.effect is Effect.LOST and fault.amount == 1.0
    return is_dead and fault.course is Course.STEADY and fault.place.kind is PlaceKind.ACCESS


def _onset_s(harm: Harm, fault: GeneratedFault) -> float:
    """
    Return the time of the first bad visit: a fault cannot be detected before it has an effect.
    """
    spoilt = (v.at_s for v in harm.visits if v.at_s >= fault.start_s - 0.5 and is_slow(v))
    return min(next(spoilt, fault.start_s), fault.end_s)


def _is_explained(scenario: Scenario, period: VerdictPeriod, after_s: float) -> bool:
    return any(
        fault.start_s - ROUNDING_S <= period.from_s <= fault.end_s + after_s
        and _concerns(scenario, fault, (period.site, period.line, period.portal))
        for fault in scenario.faults
    )
