"""Words of statements, and the formats of their figures."""

from fractions import Fraction
from typing import Final

from thongsuot_collector.sla.calendar import MS_PER_S, Month, month_from
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.statement import exact
from thongsuot_collector.sla.terms import AreaKind
from thongsuot_schema.inventory.contract_terms import Day, Exclusion, Since
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.explanation import SYMPTOM_SENTENCES
from thongsuot_schema.words.figures import decimal_mark, number, with_percent_sign
from thongsuot_schema.words.language import Language, Text, capitalised
from thongsuot_schema.words.sentence import PLACEHOLDERS
from thongsuot_schema.words.states import LINK_STATES

TITLE: Final = Text("collector.sla.words.title")

TIME_CLASSES: Final[dict[TimeClass, Text]] = {
    TimeClass.UP: Text("collector.sla.words.time_classes.up"),
    TimeClass.DEGRADED: Text("collector.sla.words.time_classes.degraded"),
    TimeClass.DOWN: Text("collector.sla.words.time_classes.down"),
    TimeClass.MAINTENANCE: Text("collector.sla.words.time_classes.maintenance"),
    TimeClass.POWER: Text("collector.sla.words.time_classes.power"),
    TimeClass.CUSTOMER: Text("collector.sla.words.time_classes.customer"),
    TimeClass.UNKNOWN: Text("collector.sla.words.time_classes.unknown"),
    TimeClass.OUTSIDE: Text("collector.sla.words.time_classes.outside"),
}

SINCE: Final[dict[Since, Text]] = {
    Since.DETECTED: Text("collector.sla.words.since.detected"),
    Since.NOTIFIED: Text("collector.sla.words.since.notified"),
}

AREA_KINDS: Final[dict[AreaKind, Text]] = {
    AreaKind.WARD: Text("collector.sla.words.area_kinds.ward"),
    AreaKind.COMMUNE: Text("collector.sla.words.area_kinds.commune"),
    AreaKind.UNKNOWN: Text("collector.sla.words.area_kinds.unknown"),
}

EXCLUSIONS: Final[dict[Exclusion, Text]] = {
    Exclusion.MAINTENANCE: TIME_CLASSES[TimeClass.MAINTENANCE],
    Exclusion.POWER: TIME_CLASSES[TimeClass.POWER],
    Exclusion.CUSTOMER: TIME_CLASSES[TimeClass.CUSTOMER],
}

DAYS: Final[dict[Day, Text]] = {
    Day.MON: Text("collector.sla.words.days.mon"),
    Day.TUE: Text("collector.sla.words.days.tue"),
    Day.WED: Text("collector.sla.words.days.wed"),
    Day.THU: Text("collector.sla.words.days.thu"),
    Day.FRI: Text("collector.sla.words.days.fri"),
    Day.SAT: Text("collector.sla.words.days.sat"),
    Day.SUN: Text("collector.sla.words.days.sun"),
}

MET: Final[dict[bool | None, Text]] = {
    True: Text("collector.sla.words.met.yes"),
    False: Text("collector.sla.words.met.no"),
    None: Text("collector.sla.words.met.unknown"),
}

_LINE: Final = Text("collector.sla.words.line")
_BOX: Final = Text("collector.sla.words.box")
_THE_CARRIER: Final = Text("collector.sla.words.the_carrier")
_MONTH: Final = Text("collector.sla.words.month")
_PERCENT_PLACES: Final = 4
_HOUR_S: Final = 3_600


def month_title(month: str, language: Language) -> str:
    """Return "tháng 11/2026"."""
    named: Month = month_from(month)
    return _MONTH.read(language, month=f"{named.number:02}/{named.year}")


def moment(at_ms: int, language: Language) -> str:
    """Return "03/11/2026 10:00:00,250", in the time of Vietnam."""
    mark = decimal_mark(language)
    return f"{day_time(at_ms)}{mark}{at_ms % MS_PER_S:03}"


def day_time(at_ms: int) -> str:
    """Return "03/11/2026 10:00:00", truncated to the second."""
    return local(at_ms // MS_PER_S).strftime("%d/%m/%Y %H:%M:%S")


def length(length_ms: int, language: Language) -> str:
    """Return a duration exactly: "719:48:12,250", hours first."""
    whole_s, rest_ms = divmod(length_ms, MS_PER_S)
    mark = decimal_mark(language)
    return f"{whole_s // _HOUR_S}:{whole_s % _HOUR_S // 60:02}:{whole_s % 60:02}{mark}{rest_ms:03}"


def percent(share: Fraction | None, language: Language) -> str:
    """Return a share as "99,8762 %", truncated, not rounded: a missed target must not look met."""
    if share is None:
        return "–"
    scale = 10**_PERCENT_PLACES
    whole = share.numerator * 100 * scale // share.denominator
    return with_percent_sign(number(whole / scale, _PERCENT_PLACES, language), language)


def plain_percent(ratio: float, language: Language) -> str:
    """Return a target as it was agreed: "99,5 %"."""
    share = exact(ratio) * 100
    places = 0
    while places < _PERCENT_PLACES and (share * 10**places).denominator != 1:
        places += 1
    return with_percent_sign(number(float(share), places, language), language)


def cause(symptom: Symptom, time_class: TimeClass, language: Language) -> str:
    """Return the fault in a few words."""
    sentence = SYMPTOM_SENTENCES.get(symptom)
    if sentence is None:
        state = State.DOWN if time_class is TimeClass.DOWN else State.DEGRADED
        return LINK_STATES[state].read(language)
    line, box = _LINE.read(language), _BOX.read(language)
    places = dict.fromkeys(PLACEHOLDERS, "") | {
        "line": line,
        "Line": capitalised(line),
        "box": box,
        "Box": capitalised(box),
        "carrier": _THE_CARRIER.read(language),
    }
    return " ".join(sentence.headline.read(language, **places).split())
