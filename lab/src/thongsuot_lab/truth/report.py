"""Report: sums of many assessments, in figures and as a table by place and effect."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from thongsuot_lab.truth.assessment import HARMLESS, WRONG, Assessment, HarmRecord, Worth

WRONG_GOAL, HARMLESS_GOAL, UNSEEN_GOAL = 0.005, 0.005, 0.02

PAGE_BEGIN, PAGE_END = "<!-- truth: generated -->", "<!-- truth: end -->"
"""The table is between these lines in a page of the documentation."""

SHOWN = 40
"""Printed failures; all of them can be played again."""


@dataclass(slots=True)
class TableRow:
    """One row of the table: the results for the faults of one place and effect."""

    faults: int = 0
    harmful: int = 0
    harm: int = 0
    unseen: int = 0
    worth: Counter[Worth] = field(default_factory=Counter)
    seen_s: list[float] = field(default_factory=list)


@dataclass(slots=True)
class TruthReport:
    """Sums of assessments."""

    assessments: list[Assessment] = field(default_factory=list)

    def add(self, assessment: Assessment) -> None:
        """Add one scenario."""
        self.assessments.append(assessment)

    @property
    def messages(self) -> Counter[Worth]:
        """The number of messages by value."""
        return Counter(
            judged.worth for assessment in self.assessments for judged in assessment.assessed
        )

    @property
    def harm_records(self) -> list[HarmRecord]:
        """All harm that had to be detected."""
        return [record for assessment in self.assessments for record in assessment.harm_records]

    @property
    def is_good(self) -> bool:
        """Whether the goals are met."""
        messages, harm_records = self.messages, self.harm_records
        total = sum(messages.values())
        unseen = sum(record.seen_s is None for record in harm_records)
        return (
            sum(messages[worth] for worth in WRONG) <= WRONG_GOAL * total
            and sum(messages[worth] for worth in HARMLESS) <= HARMLESS_GOAL * total
            and unseen <= UNSEEN_GOAL * len(harm_records)
        )

    def table_rows(self) -> dict[tuple[str, str], TableRow]:
        """Return the table by place, and touch with effect."""
        cells: dict[tuple[str, str], TableRow] = {}
        for assessment in self.assessments:
            for name, is_harmful in zip(assessment.faults, assessment.is_harmful, strict=True):
                cell = cells.setdefault(name, TableRow())
                cell.faults += 1
                cell.harmful += is_harmful
            for judged in assessment.assessed:
                name = ("none", "") if judged.fault is None else assessment.faults[judged.fault]
                cells.setdefault(name, TableRow()).worth[judged.worth] += 1
            for record in assessment.harm_records:
                cell = cells[assessment.faults[record.fault]]
                cell.harm += 1
                if record.seen_s is None:
                    cell.unseen += 1
                else:
                    cell.seen_s.append(record.seen_s)
        return dict(sorted(cells.items()))

    def summary(self) -> list[str]:
        """Return the figures, one per line."""
        messages, harm_records = self.messages, self.harm_records
        total = sum(messages.values())
        wrong = sum(messages[worth] for worth in WRONG)
        harmless = sum(messages[worth] for worth in HARMLESS)
        unseen = sum(record.seen_s is None for record in harm_records)
        seen_s = [record.seen_s for record in harm_records if record.seen_s is not None]
        cuts_s = [
            record.seen_s for record in harm_records if record.is_cut and record.seen_s is not None
        ]
        told_s = [record.told_s for record in harm_records if record.told_s is not None]
        aftermath = sum(len(assessment.aftermath) for assessment in self.assessments)
        unrest = sum(len(assessment.unrest) for assessment in self.assessments)
        faults = sum(len(assessment.faults) for assessment in self.assessments)
        return [
            f"scenarios        {len(self.assessments)} with {faults} faults",
            (
                f"harm             {len(harm_records)} sustained, {unseen} unseen "
                f"({_percent(unseen, len(harm_records))}; goal 2 % at most)"
            ),
            f"messages         {total}: " + ", ".join(f"{messages[r]} {r}" for r in Worth),
            f"wrong party      {_percent(wrong, total)} of messages (goal 0.5 % at most)",
            f"without harm     {_percent(harmless, total)} of messages (goal 0.5 % at most)",
            f"time to know     {_spread(seen_s)}",
            f"time to tell     {_spread(told_s)}",
            f"dead lines       known after {_spread(cuts_s)}",
            (
                f"healthy time     {unrest} changes while nothing was wrong, {aftermath} within "
                f"five minutes after an end"
            ),
        ]

    def table(self) -> list[str]:
        """Return the table by place and effect, in Markdown."""
        lines = [
            (
                "| place | what happens | faults | hurt | must be seen | unseen | right "
                "| cannot tell | vague | guessed | wrong party | no harm | no fault | over "
                "| known after, p50 |"
            ),
            "|---|---|" + "---:|" * 13,
        ]
        for (place, touch), cell in self.table_rows().items():
            counts = [cell.worth[worth] for worth in Worth]
            known = f"{_at(cell.seen_s, 0.5):.0f} s" if cell.seen_s else "–"
            figures = [cell.faults, cell.harmful, cell.harm, cell.unseen, *counts]
            lines.append(
                f"| {place} | {touch} | " + " | ".join(map(str, figures)) + f" | {known} |"
            )
        return lines

    def page(self, page: str, command: str, day: str) -> str:
        """Return a page of the documentation with these figures and this table inserted."""
        head, begin, rest = page.partition(PAGE_BEGIN)
        _, end, tail = rest.partition(PAGE_END)
        if not (begin and end):
            raise ValueError(f"the page has no lines {PAGE_BEGIN} and {PAGE_END}")
        figures = "\n".join(["```", *self.summary(), "```"])
        heading = f"`{command}`, {day}:"
        parts = [begin, heading, "", figures, "", *self.table(), end]
        return head + "\n".join(parts) + tail

    def failures(self) -> list[tuple[Assessment, list[str]]]:
        """Return the scenarios with failures."""
        failing = [(assessment, assessment.failures()) for assessment in self.assessments]
        return [(assessment, lines) for assessment, lines in failing if lines]

    def kinds(self) -> list[str]:
        """Return the most frequent failures by kind and place, in descending order."""
        counts: Counter[str] = Counter()
        for assessment in self.assessments:
            for judged in assessment.assessed:
                if judged.worth in WRONG | HARMLESS:
                    where = (
                        "-" if judged.fault is None else " ".join(assessment.faults[judged.fault])
                    )
                    words = " ".join(judged.message.words.split()[:3])
                    party = _role(judged.message.party)
                    counts[f"{judged.worth}: {where}: {party} told {words}"] += 1
            for record in assessment.harm_records:
                if record.seen_s is None:
                    counts[f"unseen: {' '.join(assessment.faults[record.fault])}"] += 1
        return [f"{number:5} {kind}" for kind, number in counts.most_common()]


def agreement(scenarios: int, unlike: int) -> str:
    """Return the number of scenarios with the same result in two engines, and their share."""
    alike = scenarios - unlike
    return f"{alike} of {scenarios} scenarios ({_percent(alike, scenarios)})"


def _role(party: str) -> str:
    return party.partition(":")[0]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _spread(values_s: Sequence[float]) -> str:
    if not values_s:
        return "nothing"
    return f"p50 {_at(values_s, 0.5):.1f} s, p95 {_at(values_s, 0.95):.1f} s of {len(values_s)}"


def _at(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    if len(ordered) == 1:
        return ordered[0]
    return quantiles(ordered, n=100, method="inclusive")[round(share * 100) - 1]
