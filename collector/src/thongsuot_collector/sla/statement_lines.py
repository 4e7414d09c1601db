"""
Statement lines: a statement as labelled lines, the same for the page, the PDF and the command line.

A line has a mark, so that others can name it: the arithmetic is on the statement.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import msgspec

from thongsuot_collector.sla.month import MS_PER_S
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
from thongsuot_schema.inventory.model import AssessmentPeriod, ServiceHours, Since
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import LANGUAGES, Language, Text, capitalised
from thongsuot_schema.words.media import MOBILE, medium_words

LISTED_CLASSES = (
    TimeClass.MAINTENANCE,
    TimeClass.POWER,
    TimeClass.CUSTOMER,
    TimeClass.UNKNOWN,
    TimeClass.DEGRADED,
)
"""The classes whose stretches the statement lists, apart from the interruptions."""


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    One line: how others name it, what it is, how it follows from others, and what it comes to.
    """

    label: Text
    value: Text
    mark: str = ""
    formula: str = ""
    is_result: bool = False


def same_text(vi: str, en: str | None = None) -> Text:
    """Return a text in both languages; the same where it is only one."""
    return Text(vi, vi if en is None else en)


def circuit_lines(issue: IssuedStatement) -> list[StatementLine]:
    """Return what the statement is about."""
    made = issue.statement
    circuit, names, totals = made.circuit, made.names, made.totals
    medium = circuit.medium.value
    word = Text("Mã thuê bao", "Subscriber") if medium in MOBILE else Text("Mã kênh", "Circuit")
    line = _texts(lambda language: capitalised(medium_words(medium).line.read(language)))
    return [
        StatementLine(label=word, value=same_text(circuit.name)),
        StatementLine(label=Text("Nhà mạng", "Carrier"), value=same_text(names.carrier)),
        StatementLine(label=Text("Loại đường truyền", "Kind of line"), value=line),
        StatementLine(
            label=Text("Điểm phục vụ", "Service point"),
            value=same_text(", ".join(filter(None, (names.site, names.commune)))),
        ),
        StatementLine(
            label=Text("Từ", "From"),
            value=Text(moment(totals.from_ms, "vi"), moment(totals.from_ms, "en")),
        ),
        StatementLine(
            label=Text("Đến (không gồm)", "Until before"),
            value=Text(moment(totals.until_ms, "vi"), moment(totals.until_ms, "en")),
        ),
    ]


def terms_lines(terms: Terms) -> Iterator[StatementLine]:
    """Yield what the circuit is held to, and by what."""
    yield StatementLine(label=Text("Căn cứ", "Basis"), value=_basis(terms))
    if terms.availability_ratio is not None:
        window = (
            Text("tính theo tháng", "by the month")
            if terms.window is AssessmentPeriod.MONTH
            else Text("tính theo quý", "by the quarter")
        )
        since = SINCE[terms.downtime_since]
        target = _texts(lambda language: plain_percent(terms.availability_ratio or 0.0, language))
        yield StatementLine(
            label=Text("Độ khả dụng tối thiểu", "Availability, at least"),
            value=Text(
                f"{target.vi}, {window.vi}, gián đoạn tính {since.vi}",
                f"{target.en}, {window.en}, downtime counted {since.en}",
            ),
        )
        least = _texts(lambda language: plain_percent(terms.coverage_ratio, language))
        label = Text("Chỉ kết luận khi có số liệu", "Assessed only if known")
        value = Text(f"ít nhất {least.vi} thời gian", f"for at least {least.en} of the time")
        yield StatementLine(label=label, value=value)
    yield StatementLine(label=Text("Thời gian phục vụ", "Hours"), value=_clock(terms))
    names = [EXCLUSIONS[exclusion] for exclusion in terms.excludes]
    unknown = TIME_CLASSES[TimeClass.UNKNOWN]
    yield StatementLine(
        label=Text("Loại trừ", "Not counted"),
        value=Text(
            "; ".join([*(name.vi for name in names), unknown.vi]),
            "; ".join([*(name.en for name in names), unknown.en]),
        ),
    )
    if terms.repair_s is not None:
        area, since = AREA_KINDS[terms.area], SINCE[terms.repair_since]
        limit = _texts(lambda language: _hours(terms.repair_s or 0.0, language))
        share = _texts(lambda language: plain_percent(terms.repair_ratio or 1.0, language))
        yield StatementLine(
            label=Text("Thời gian khắc phục", "Time to restore"),
            value=Text(
                f"Không quá {limit.vi} ({area.vi}), ít nhất {share.vi} số lần, tính {since.vi}",
                f"At most {limit.en} ({area.en}), in at least {share.en} of cases, {since.en}",
            ),
        )


def total_lines(statement: Statement) -> Iterator[StatementLine]:
    """Yield the arithmetic of the month; of how much of it anything is known stands first."""
    totals = statement.totals
    time_classes = totals.by_class
    total = totals.until_ms - totals.from_ms
    known = Text("Tỷ lệ thời gian có số liệu", "Share of the time that is known")
    yield _percent_line("", known, totals.coverage, "(a − b − f) : (a − b)")
    yield _duration_line("a", Text("Tổng thời gian của kỳ", "The whole time"), total)
    left_out = (
        ("b", TimeClass.OUTSIDE),
        ("c", TimeClass.MAINTENANCE),
        ("d", TimeClass.POWER),
        ("e", TimeClass.CUSTOMER),
        ("f", TimeClass.UNKNOWN),
    )
    for mark, time_class in left_out:
        text = TIME_CLASSES[time_class]
        label = Text(f"Loại trừ: {text.vi}", f"Not counted: {text.en}")
        yield _duration_line(mark, label, time_classes[time_class])
    label = Text("Thời gian xét chất lượng", "Time that counts")
    yield _duration_line("g", label, totals.service_ms, "a − b − c − d − e − f")
    down = Text("Thời gian gián đoạn", "Downtime")
    yield _duration_line("h", _since(down, Since.DETECTED), totals.down_ms(Since.DETECTED))
    yield _duration_line("i", _since(down, Since.NOTIFIED), totals.down_ms(Since.NOTIFIED))
    label = Text("Chậm/chập chờn (có trong g)", "Slow or unstable (part of g)")
    yield _duration_line("k", label, time_classes[TimeClass.DEGRADED])
    available = Text("Độ khả dụng", "Availability")
    for mark, formula, since in (
        ("l", "(g − h) : g", Since.DETECTED),
        ("m", "(g − i) : g", Since.NOTIFIED),
    ):
        yield _percent_line(mark, _since(available, since), totals.availability(since), formula)
    yield from _counts(statement)


def result_lines(statement: Statement) -> Iterator[StatementLine]:
    """Yield what is held against the terms, and whether it keeps to them."""
    terms, assessed = statement.terms, statement.assessed
    if terms.window is AssessmentPeriod.QUARTER:
        yield from _quarter(assessed, terms.downtime_since)
    share = assessed.availability(terms.downtime_since)
    met = MET[statement.is_available_enough]
    target = terms.availability_ratio
    if target is None:
        value = Text(
            f"{met.vi}: không có chỉ tiêu độ khả dụng cho đường truyền này",
            f"{met.en}: no target of availability for this line",
        )
    elif not statement.is_known_enough:
        value = _texts(lambda language: _too_little_known(statement, language))
    else:
        word = Text("chỉ tiêu", "target")
        value = _texts(
            lambda language: (
                f"{met.read(language)}: {percent(share, language)} "
                f"({word.read(language)} {plain_percent(target, language)})"
            )
        )
    yield StatementLine(label=Text("Độ khả dụng", "Availability"), value=value, is_result=True)
    yield StatementLine(
        label=Text("Thời gian khắc phục", "Time to restore"),
        value=_repairs(statement),
        is_result=True,
    )


def listed_periods(statement: Statement, time_class: TimeClass) -> list[Period]:
    """Return the stretches of one class, in order; those of one planned work as one."""
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


def method_notes(statement: Statement) -> tuple[Text, ...]:
    """Return how it is reckoned, as sentences."""
    calm = _texts(lambda language: duration(statement.calm_ms // MS_PER_S, language))
    return (
        Text(
            "Mỗi mili giây của kỳ được tính vào đúng một mục; cộng các dòng của tệp CSV cho đúng "
            "các số trên. Giờ Việt Nam (UTC+7); thời lượng ghi giờ:phút:giây.",
            "Each millisecond of the time is counted in exactly one class; the rows of the CSV "
            "file add up to the figures above. Time of Vietnam (UTC+7); hours:minutes:seconds.",
        ),
        Text(
            f"Một lần gián đoạn kết thúc khi đường truyền hoạt động lại đủ {calm.vi}. Thời gian "
            "không tính xen giữa không kết thúc lần đó và không được cộng vào.",
            f"An interruption is over when the line has worked again for {calm.en}. Time that is "
            "not counted neither ends an interruption nor is part of its length.",
        ),
        Text(
            "Độ khả dụng được cắt bớt, không làm tròn; khi so với chỉ tiêu thì dùng số chính xác.",
            "Availability is cut off, not rounded; it is held against the target exactly.",
        ),
    )


def change_text(change: RevisionChange) -> Text:
    """Return one thing that a revision says otherwise, as a sentence."""
    at_ms = change.at_ms
    if change.subject == "interruption" and at_ms is not None:
        at = _texts(lambda language: moment(at_ms, language))
        label = Text(f"Lần gián đoạn bắt đầu {at.vi}", f"The interruption that began {at.en}")
    elif change.subject in set(TimeClass):
        label = TIME_CLASSES[TimeClass(change.subject)]
    else:
        label = _CHANGED[change.subject]
    if change.before is None and change.after is None:
        return label
    is_count = change.subject in {"begun", "rows"}

    def value(amount: int | None, language: Language) -> str:
        if amount is None:
            return "không có" if language == "vi" else "none"
        return str(amount) if is_count else length(amount, language)

    return Text(
        f"{label.vi}: từ {value(change.before, 'vi')} thành {value(change.after, 'vi')}",
        f"{label.en}: from {value(change.before, 'en')} to {value(change.after, 'en')}",
    )


_CHANGED = {
    "told": Text("Gián đoạn kể từ khi báo nhà mạng", "Downtime from when the carrier was told"),
    "begun": Text("Số lần gián đoạn", "Interruptions"),
    "terms": Text("Điều khoản đã thay đổi", "The terms have changed"),
    "circuit": Text("Thông tin kênh đã thay đổi", "What the circuit is has changed"),
    "rows": Text("Số dòng của tệp CSV", "Rows of the CSV file"),
}


def _too_little_known(statement: Statement, language: Language) -> str:
    met = MET[statement.is_available_enough].read(language)
    known = percent(statement.assessed.coverage, language)
    least = plain_percent(statement.terms.coverage_ratio, language)
    if language == "vi":
        return f"{met}: có số liệu {known} thời gian, chưa đủ để kết luận (cần {least})"
    return f"{met}: {known} of the time is known, too little to conclude ({least} needed)"


def _counts(statement: Statement) -> Iterator[StatementLine]:
    before = len(statement.interruptions) - statement.begun
    carried = Text(f" (và {before} lần từ tháng trước)", f" (and {before} from before)")
    yield StatementLine(
        mark="n",
        label=Text("Số lần gián đoạn bắt đầu trong tháng", "Interruptions begun in the month"),
        value=Text(
            f"{statement.begun}{carried.vi if before else ''}",
            f"{statement.begun}{carried.en if before else ''}",
        ),
    )
    for marks, since in (("op", Since.DETECTED), ("qr", Since.NOTIFIED)):
        durations_ms = statement.restores_ms(since)
        formula = f"{length(sum(durations_ms), 'vi')} : {len(durations_ms)}" if durations_ms else ""
        mean = Text("Thời gian khắc phục trung bình", "Mean time to restore")
        longest = Text("Thời gian khắc phục dài nhất", "Longest time to restore")
        if durations_ms:
            mean_ms = sum(durations_ms) // len(durations_ms)
            yield _duration_line(marks[0], _since(mean, since), mean_ms, formula)
            yield _duration_line(marks[1], _since(longest, since), max(durations_ms))
        else:
            yield StatementLine(mark=marks[0], label=_since(mean, since), value=same_text("–"))
            yield StatementLine(mark=marks[1], label=_since(longest, since), value=same_text("–"))


def _quarter(assessed: TimeTotals, since: Since) -> Iterator[StatementLine]:
    label = Text("Quý đến hết kỳ: thời gian xét", "Quarter so far: time that counts")
    yield _duration_line("s", label, assessed.service_ms)
    label = Text("Quý đến hết kỳ: gián đoạn", "Quarter so far: downtime")
    yield _duration_line("t", _since(label, since), assessed.down_ms(since))
    share = assessed.availability(since)
    label = Text("Quý đến hết kỳ: độ khả dụng", "Quarter so far: availability")
    yield _percent_line("u", label, share, "(s − t) : s")


def _repairs(statement: Statement) -> Text:
    terms, late = statement.terms, statement.late_repairs
    met = MET[statement.is_repaired_enough]
    done = len(statement.restores_ms(terms.repair_since))
    if late is None:
        return Text(
            f"{met.vi}: không có chỉ tiêu khắc phục cho đường truyền này",
            f"{met.en}: no target of repair for this line",
        )
    if not done:
        return Text(
            f"{met.vi}: không có lần khắc phục nào tính {SINCE[terms.repair_since].vi}",
            f"{met.en}: nothing was restored that counts {SINCE[terms.repair_since].en}",
        )
    return Text(
        f"{met.vi}: {done - late}/{done} lần đúng hạn",
        f"{met.en}: {done - late} of {done} in time",
    )


def _basis(terms: Terms) -> Text:
    if terms.contract:
        rest = Text(f"; ngoài ra theo {terms.regulation}", f"; otherwise {terms.regulation}")
        return Text(
            f"Hợp đồng {terms.title}{rest.vi if terms.regulation else ''}",
            f"Contract {terms.title}{rest.en if terms.regulation else ''}",
        )
    if terms.regulation == FIXED:
        return same_text(FIXED)
    none = Text(
        "chưa khai báo hợp đồng; không quy định độ khả dụng",
        "no contract entered; it sets no availability",
    )
    if not terms.regulation:
        return Text("Chưa khai báo hợp đồng", "No contract entered")
    return Text(f"{terms.regulation}: {none.vi}", f"{terms.regulation}: {none.en}")


def _clock(terms: Terms) -> Text:
    if terms.clock is ServiceHours.ALWAYS:
        return Text("24 giờ mỗi ngày, 7 ngày mỗi tuần", "24 hours a day, 7 days a week")
    hours = ", ".join(terms.office_hours)
    days = _texts(lambda language: ", ".join(DAYS[day].read(language) for day in terms.office_days))
    free = ", ".join(terms.holidays)
    return Text(
        f"{hours}; {days.vi}" + (f"; trừ {free}" if free else ""),
        f"{hours}; {days.en}" + (f"; except {free}" if free else ""),
    )


def _hours(seconds: float, language: Language) -> str:
    hours = seconds / HOUR_S
    if hours != int(hours):
        return duration(seconds, language)
    return f"{int(hours)} {'giờ' if language == 'vi' else 'h'}"


def _duration_line(mark: str, label: Text, amount_ms: int, formula: str = "") -> StatementLine:
    value = _texts(lambda language: length(amount_ms, language))
    return StatementLine(mark=mark, label=label, formula=formula, value=value)


def _percent_line(mark: str, label: Text, share: Fraction | None, formula: str) -> StatementLine:
    value = _texts(lambda language: percent(share, language))
    return StatementLine(mark=mark, label=label, formula=formula, value=value)


def _since(label: Text, since: Since) -> Text:
    words = SINCE[since]
    return Text(f"{label.vi} {words.vi}", f"{label.en} {words.en}")


def _texts(read: Callable[[Language], str]) -> Text:
    vi, en = (read(language) for language in LANGUAGES)
    return Text(vi, en)
