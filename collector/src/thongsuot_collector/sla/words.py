"""Words of statements, in Vietnamese and English; and figures as a statement writes them."""

from collections import defaultdict
from fractions import Fraction
from typing import Final

from thongsuot_collector.sla.month import MS_PER_S, Month, month_from
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.statement import exact
from thongsuot_collector.sla.terms import AreaKind
from thongsuot_schema.inventory.model import Day, Exclusion, Since
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.explanation import SYMPTOM_SENTENCES
from thongsuot_schema.words.figures import number
from thongsuot_schema.words.language import Language, Text, capitalised
from thongsuot_schema.words.states import LINK_STATES

TITLE: Final = Text("Biên bản đối soát chất lượng dịch vụ", "Service level statement")

TIME_CLASSES: Final[dict[TimeClass, Text]] = {
    TimeClass.UP: Text("Hoạt động bình thường", "Working normally"),
    TimeClass.DEGRADED: Text("Kết nối chậm/chập chờn", "Slow or unstable"),
    TimeClass.DOWN: Text("Gián đoạn do nhà mạng", "Interrupted by the carrier's fault"),
    TimeClass.MAINTENANCE: Text("Bảo trì theo kế hoạch", "Planned work"),
    TimeClass.POWER: Text("Mất điện tại điểm", "No power at the point"),
    TimeClass.CUSTOMER: Text("Thiết bị, mạng nội bộ của điểm", "The point's own equipment"),
    TimeClass.UNKNOWN: Text("Không đủ số liệu", "Nothing known to judge by"),
    TimeClass.OUTSIDE: Text("Ngoài giờ của hợp đồng", "Outside the contract's hours"),
}

SINCE: Final[dict[Since, Text]] = {
    Since.DETECTED: Text("kể từ khi phát hiện", "from detection"),
    Since.NOTIFIED: Text("kể từ khi báo nhà mạng", "from when the carrier was told"),
}

AREA_KINDS: Final[dict[AreaKind, Text]] = {
    AreaKind.WARD: Text("phường", "ward"),
    AreaKind.COMMUNE: Text("xã", "commune"),
    AreaKind.UNKNOWN: Text("chưa rõ địa bàn", "area not known"),
}

EXCLUSIONS: Final[dict[Exclusion, Text]] = {
    Exclusion.MAINTENANCE: TIME_CLASSES[TimeClass.MAINTENANCE],
    Exclusion.POWER: TIME_CLASSES[TimeClass.POWER],
    Exclusion.CUSTOMER: TIME_CLASSES[TimeClass.CUSTOMER],
}

DAYS: Final[dict[Day, Text]] = {
    Day.MON: Text("thứ Hai", "Mon"),
    Day.TUE: Text("thứ Ba", "Tue"),
    Day.WED: Text("thứ Tư", "Wed"),
    Day.THU: Text("thứ Năm", "Thu"),
    Day.FRI: Text("thứ Sáu", "Fri"),
    Day.SAT: Text("thứ Bảy", "Sat"),
    Day.SUN: Text("Chủ nhật", "Sun"),
}

MET: Final[dict[bool | None, Text]] = {
    True: Text("Đạt", "Met"),
    False: Text("Không đạt", "Not met"),
    None: Text("Không đánh giá", "Not assessed"),
}

_LINE: Final = Text("đường truyền", "line")
_BOX: Final = Text("thiết bị mạng tại điểm", "the point's network box")
_PERCENT_PLACES: Final = 4
_HOUR_S: Final = 3_600


def month_title(month: str, language: Language) -> str:
    """Return "tháng 11/2026"."""
    named: Month = month_from(month)
    text = f"{named.number:02}/{named.year}"
    return f"tháng {text}" if language == "vi" else text


def moment(at_ms: int, language: Language) -> str:
    """Return "03/11/2026 10:00:00,250", in the time of Vietnam."""
    mark = "," if language == "vi" else "."
    return f"{day_time(at_ms)}{mark}{at_ms % MS_PER_S:03}"


def day_time(at_ms: int) -> str:
    """Return "03/11/2026 10:00:00", the second begun."""
    return local(at_ms // MS_PER_S).strftime("%d/%m/%Y %H:%M:%S")


def length(length_ms: int, language: Language) -> str:
    """Return a duration exactly: "719:48:12,250", hours first."""
    whole_s, rest_ms = divmod(length_ms, MS_PER_S)
    mark = "," if language == "vi" else "."
    return f"{whole_s // _HOUR_S}:{whole_s % _HOUR_S // 60:02}:{whole_s % 60:02}{mark}{rest_ms:03}"


def percent(share: Fraction | None, language: Language) -> str:
    """
    Return a share as "99,8762 %", cut off and not rounded: what is missed does not look met.
    """
    if share is None:
        return "–"
    scale = 10**_PERCENT_PLACES
    whole = share.numerator * 100 * scale // share.denominator
    text = number(whole / scale, _PERCENT_PLACES, language)
    return f"{text} %" if language == "vi" else f"{text}%"


def plain_percent(ratio: float, language: Language) -> str:
    """Return a target as it was agreed: "99,5 %"."""
    share = exact(ratio) * 100
    places = 0
    while places < _PERCENT_PLACES and (share * 10**places).denominator != 1:
        places += 1
    text = number(float(share), places, language)
    return f"{text} %" if language == "vi" else f"{text}%"


def cause(symptom: Symptom, time_class: TimeClass, language: Language) -> str:
    """Return what was wrong, in few words."""
    sentence = SYMPTOM_SENTENCES.get(symptom)
    if sentence is None:
        state = State.DOWN if time_class is TimeClass.DOWN else State.DEGRADED
        return LINK_STATES[state].read(language)
    line, box = _LINE.read(language), _BOX.read(language)
    places = defaultdict(str, line=line, Line=capitalised(line), box=box, Box=capitalised(box))
    places["carrier"] = "nhà mạng" if language == "vi" else "the carrier"
    return " ".join(sentence.headline.read(language).format_map(places).split())
