"""
Statement lines: a statement as labelled lines, the same for the page, the PDF and the command line.

A line has a mark, so that others can refer to it: the arithmetic is shown on the statement.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import msgspec

from thongsuot_collector.sla.calendar import MS_PER_S
from thongsuot_collector.sla.periods import Period, TimeClass
from thongsuot_collector.sla.revision import IssuedStatement, RevisionChange
from thongsuot_collector.sla.statement import Statement, TimeTotals
from thongsuot_collector.sla.terms import FIXED, HOUR_S, Terms
from thongsuot_collector.sla.words import (
    AREA_KINDS,
    DAYS,
    EXCLUSIONS,
    MET,
    SINCE,
    TIME_CLASSES,
    length,
    moment,
    percent,
    plain_percent,
)
from thongsuot_schema.inventory.contract_terms import AssessmentPeriod, ServiceHours, Since
from thongsuot_schema.localizable import Readable
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import (
    Formatted,
    Language,
    Text,
    Verbatim,
    capitalised,
)
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.translations import REFERENCE

LISTED_CLASSES = (
    TimeClass.MAINTENANCE,
    TimeClass.POWER,
    TimeClass.CUSTOMER,
    TimeClass.UNKNOWN,
    TimeClass.DEGRADED,
)
"""The classes whose periods the statement lists, apart from the interruptions."""


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line: its mark, label, formula and value."""

    label: Readable
    value: Readable
    mark: str = ""
    formula: str = ""
    is_result: bool = False


def circuit_lines(issue: IssuedStatement) -> list[StatementLine]:
    """Return the lines that identify the circuit."""
    statement = issue.statement
    circuit, names, totals = statement.circuit, statement.names, statement.totals
    medium = circuit.medium.value
    word = (
        Text("collector.sla.lines.subscriber")
        if medium in MOBILE
        else Text("collector.sla.lines.circuit")
    )
    line = Formatted(lambda language: capitalised(medium_words(medium).line.read(language)))
    return [
        StatementLine(label=word, value=Verbatim(circuit.name)),
        StatementLine(label=Text("collector.sla.lines.carrier"), value=Verbatim(names.carrier)),
        StatementLine(label=Text("collector.sla.lines.kind_of_line"), value=line),
        StatementLine(
            label=Text("collector.sla.lines.service_point"),
            value=Verbatim(", ".join(filter(None, (names.site, names.commune)))),
        ),
        StatementLine(
            label=Text("collector.sla.lines.begins"),
            value=_moment(totals.from_ms),
        ),
        StatementLine(
            label=Text("collector.sla.lines.ends"),
            value=_moment(totals.until_ms),
        ),
    ]


def terms_lines(terms: Terms) -> Iterator[StatementLine]:
    """Yield the terms of the circuit, and their source."""
    yield StatementLine(label=Text("collector.sla.lines.basis_label"), value=_basis(terms))
    if terms.availability_ratio is not None:
        window = (
            Text("collector.sla.lines.by_the_month")
            if terms.window is AssessmentPeriod.MONTH
            else Text("collector.sla.lines.by_the_quarter")
        )
        since = SINCE[terms.downtime_since]
        target = Formatted(
            lambda language: plain_percent(terms.availability_ratio or 0.0, language)
        )
        yield StatementLine(
            label=Text("collector.sla.lines.least_availability"),
            value=Text(
                "collector.sla.lines.least_availability_of",
                target=target,
                window=window,
                since=since,
            ),
        )
        least = Formatted(lambda language: plain_percent(terms.coverage_ratio, language))
        label = Text("collector.sla.lines.least_coverage")
        value = Text("collector.sla.lines.least_coverage_of", least=least)
        yield StatementLine(label=label, value=value)
    yield StatementLine(label=Text("collector.sla.lines.hours"), value=_clock(terms))
    classes = [EXCLUSIONS[exclusion] for exclusion in terms.excludes]
    classes.append(TIME_CLASSES[TimeClass.UNKNOWN])
    yield StatementLine(
        label=Text("collector.sla.lines.not_counted"),
        value=Formatted(lambda language: "; ".join(text.read(language) for text in classes)),
    )
    if terms.repair_s is not None:
        area, since = AREA_KINDS[terms.area], SINCE[terms.repair_since]
        limit = Formatted(lambda language: _hours(terms.repair_s or 0.0, language))
        share = Formatted(lambda language: plain_percent(terms.repair_ratio or 1.0, language))
        yield StatementLine(
            label=Text("collector.sla.lines.time_to_restore"),
            value=Text(
                "collector.sla.lines.repair_limit", limit=limit, area=area, share=share, since=since
            ),
        )


def total_lines(statement: Statement) -> Iterator[StatementLine]:
    """Yield the arithmetic of the month; the known share comes first."""
    totals = statement.totals
    time_classes = totals.by_class
    total = totals.until_ms - totals.from_ms
    known = Text("collector.sla.lines.coverage")
    yield _percent_line("", known, totals.coverage, "(a − b − f) : (a − b)")
    yield _duration_line("a", Text("collector.sla.lines.total"), total)
    left_out = (
        ("b", TimeClass.OUTSIDE),
        ("c", TimeClass.MAINTENANCE),
        ("d", TimeClass.POWER),
        ("e", TimeClass.CUSTOMER),
        ("f", TimeClass.UNKNOWN),
    )
    for mark, time_class in left_out:
        text = TIME_CLASSES[time_class]
        label = Text("collector.sla.lines.not_counted_of", time_class=text)
        yield _duration_line(mark, label, time_classes[time_class])
    label = Text("collector.sla.lines.time_that_counts")
    yield _duration_line("g", label, totals.service_ms, "a − b − c − d − e − f")
    down = Text("collector.sla.lines.downtime")
    yield _duration_line("h", _since(down, Since.DETECTED), totals.down_ms(Since.DETECTED))
    yield _duration_line("i", _since(down, Since.NOTIFIED), totals.down_ms(Since.NOTIFIED))
    label = Text("collector.sla.lines.degraded")
    yield _duration_line("k", label, time_classes[TimeClass.DEGRADED])
    available = Text("collector.sla.lines.availability")
    for mark, formula, since in (
        ("l", "(g − h) : g", Since.DETECTED),
        ("m", "(g − i) : g", Since.NOTIFIED),
    ):
        yield _percent_line(mark, _since(available, since), totals.availability(since), formula)
    yield from _counts(statement)


def result_lines(statement: Statement) -> Iterator[StatementLine]:
    """Yield the assessed figures, and whether they meet the terms."""
    terms, assessed = statement.terms, statement.assessed
    if terms.window is AssessmentPeriod.QUARTER:
        yield from _quarter(assessed, terms.downtime_since)
    share = assessed.availability(terms.downtime_since)
    met = MET[statement.is_available_enough]
    target = terms.availability_ratio
    if target is None:
        value = Text("collector.sla.lines.no_target_of_availability", met=met)
    elif not statement.is_known_enough:
        value = _too_little_known(statement)
    else:
        value = Text(
            "collector.sla.lines.availability_and_target",
            met=met,
            share=Formatted(lambda language: percent(share, language)),
            target=Formatted(lambda language: plain_percent(target, language)),
        )
    yield StatementLine(label=Text("collector.sla.lines.availability"), value=value, is_result=True)
    yield StatementLine(
        label=Text("collector.sla.lines.time_to_restore"),
        value=_repairs(statement),
        is_result=True,
    )


def listed_periods(statement: Statement, time_class: TimeClass) -> list[Period]:
    """Return the periods of one class, in order; those of one planned work merged."""
    periods = [period for period in statement.periods if period.time_class is time_class]
    if time_class is not TimeClass.MAINTENANCE:
        return periods
    merged: list[Period] = []
    for period in periods:
        last = merged[-1] if merged else None
        if last is not None and (last.until_ms, last.work) == (period.from_ms, period.work):
            merged[-1] = msgspec.structs.replace(last, until_ms=period.until_ms)
        else:
            merged.append(period)
    return merged


GENERATED: Final = Text("collector.sla.lines.generated")
"""The statement contains data generated for a demonstration."""


def method_notes(statement: Statement) -> tuple[Text, ...]:
    """Return the method of calculation, as sentences."""
    calm = Formatted(lambda language: duration(statement.calm_ms // MS_PER_S, language))
    made_up = (GENERATED,) if statement.is_generated else ()
    return (
        *made_up,
        Text("collector.sla.lines.method.classes"),
        Text("collector.sla.lines.method.interruptions", calm=calm),
        Text("collector.sla.lines.method.cut_off"),
    )


def change_text(change: RevisionChange) -> Readable:
    """Return one change of a revision, as a sentence."""
    if change.subject == "interruption" and change.at_ms is not None:
        at = _moment(change.at_ms)
        label = Text("collector.sla.lines.changed.interruption", at=at)
    elif change.subject in set(TimeClass):
        label = TIME_CLASSES[TimeClass(change.subject)]
    else:
        label = _CHANGED[change.subject]
    if change.before is None and change.after is None:
        return label
    is_count = change.subject in {"begun", "rows", "disputes", "switch_overs"}
    return Text(
        "collector.sla.lines.changed_from_to",
        label=label,
        before=_amount(change.before, is_count=is_count),
        after=_amount(change.after, is_count=is_count),
    )


def _amount(amount: int | None, *, is_count: bool) -> Readable:
    if amount is None:
        return Text("collector.sla.lines.none")
    return Verbatim(str(amount)) if is_count else _length(amount)


def _length(length_ms: int) -> Readable:
    return Formatted(lambda language: length(length_ms, language))


def _moment(at_ms: int) -> Readable:
    return Formatted(lambda language: moment(at_ms, language))


_CHANGED = {
    "told": Text("collector.sla.lines.changed.told"),
    "begun": Text("collector.sla.lines.changed.begun"),
    "terms": Text("collector.sla.lines.changed.terms"),
    "circuit": Text("collector.sla.lines.changed.circuit"),
    "rows": Text("collector.sla.lines.changed.rows"),
    "disputes": Text("collector.sla.lines.changed.disputes"),
    "switch_overs": Text("collector.sla.lines.changed.switch_overs"),
}


def _counts(statement: Statement) -> Iterator[StatementLine]:
    before = len(statement.interruptions) - statement.begun
    begun: Readable = Verbatim(str(statement.begun))
    if before:
        begun = Text("collector.sla.lines.begun_before", begun=statement.begun, before=before)
    yield StatementLine(
        mark="n",
        label=Text("collector.sla.lines.begun"),
        value=begun,
    )
    for marks, since in (("op", Since.DETECTED), ("qr", Since.NOTIFIED)):
        durations_ms = statement.restores_ms(since)
        formula = (
            f"{length(sum(durations_ms), REFERENCE)} : {len(durations_ms)}" if durations_ms else ""
        )
        mean = Text("collector.sla.lines.mean_time_to_restore")
        longest = Text("collector.sla.lines.longest_time_to_restore")
        if durations_ms:
            mean_ms = sum(durations_ms) // len(durations_ms)
            yield _duration_line(marks[0], _since(mean, since), mean_ms, formula)
            yield _duration_line(marks[1], _since(longest, since), max(durations_ms))
        else:
            yield StatementLine(mark=marks[0], label=_since(mean, since), value=Verbatim("–"))
            yield StatementLine(mark=marks[1], label=_since(longest, since), value=Verbatim("–"))


def _quarter(assessed: TimeTotals, since: Since) -> Iterator[StatementLine]:
    label = Text("collector.sla.lines.quarter.service")
    yield _duration_line("s", label, assessed.service_ms)
    label = Text("collector.sla.lines.quarter.downtime")
    yield _duration_line("t", _since(label, since), assessed.down_ms(since))
    share = assessed.availability(since)
    label = Text("collector.sla.lines.quarter.availability")
    yield _percent_line("u", label, share, "(s − t) : s")


def _repairs(statement: Statement) -> Readable:
    terms, late = statement.terms, statement.late_repairs
    met = MET[statement.is_repaired_enough]
    done = len(statement.restores_ms(terms.repair_since))
    if late is None:
        return Text("collector.sla.lines.no_target_of_repair", met=met)
    if not done:
        since = SINCE[terms.repair_since]
        return Text("collector.sla.lines.nothing_restored", met=met, since=since)
    if not statement.is_known_enough:
        return _too_little_known(statement)
    return Text("collector.sla.lines.repaired_in_time", met=met, good=done - late, count=done)


def _too_little_known(statement: Statement) -> Text:
    known, least = statement.assessed.coverage, statement.terms.coverage_ratio
    return Text(
        "collector.sla.lines.too_little_known",
        met=MET[None],
        known=Formatted(lambda language: percent(known, language)),
        least=Formatted(lambda language: plain_percent(least, language)),
    )


def _basis(terms: Terms) -> Readable:
    regulation = terms.regulation
    if terms.contract and regulation:
        return Text(
            "collector.sla.lines.basis.contract_and_regulation",
            contract=terms.title,
            regulation=regulation,
        )
    if terms.contract:
        return Text("collector.sla.lines.basis.contract", contract=terms.title)
    if regulation == FIXED:
        return Verbatim(FIXED)
    if not regulation:
        return Text("collector.sla.lines.basis.no_contract")
    return Text("collector.sla.lines.basis.regulation_alone", regulation=regulation)


def _clock(terms: Terms) -> Readable:
    if terms.clock is ServiceHours.ALWAYS:
        return Text("collector.sla.lines.clock.always")
    hours, free = ", ".join(terms.office_hours), ", ".join(terms.holidays)
    days = Formatted(
        lambda language: ", ".join(DAYS[day].read(language) for day in terms.office_days)
    )
    if not free:
        return Text("collector.sla.lines.clock.office", hours=hours, days=days)
    return Text("collector.sla.lines.clock.office_but_holidays", hours=hours, days=days, free=free)


def _hours(seconds: float, language: Language) -> str:
    hours = seconds / HOUR_S
    if hours != int(hours):
        return duration(seconds, language)
    return Text("collector.sla.lines.whole_hours", hours=int(hours)).read(language)


def _duration_line(mark: str, label: Readable, amount_ms: int, formula: str = "") -> StatementLine:
    return StatementLine(mark=mark, label=label, formula=formula, value=_length(amount_ms))


def _percent_line(
    mark: str, label: Readable, share: Fraction | None, formula: str
) -> StatementLine:
    value = Formatted(lambda language: percent(share, language))
    return StatementLine(mark=mark, label=label, formula=formula, value=value)


def _since(label: Text, since: Since) -> Readable:
    return Text("collector.sla.lines.counted_since", label=label, since=SINCE[since])
