"""
Many links of one carrier do not lead beyond it: out of the country, or to other networks here.

Where several carriers lose a direction at once, each is told of its own circuits.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.outage import carrier_cases
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.rule import Case, Group, Sentences
from thongsuot_collector.incidents.trouble import Trouble
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_BETWEEN = " "
"""Stands in no carrier's name."""


def key(trouble: Trouble, picture: Picture) -> str | None:
    """Take faults beyond the carrier, by carrier and direction."""
    fault = trouble.fault.interval
    carrier = picture.carrier_of(trouble.subject) if trouble.subject.is_link else ""
    if fault.segment is not Segment.TRANSIT or not carrier:
        return None
    is_foreign = fault.symptom is Symptom.FOREIGN_TRANSIT_SILENT
    return f"{carrier}{_BETWEEN}{'foreign' if is_foreign else 'domestic'}"


def judge(group: str, troubles: Sequence[Trouble], picture: Picture) -> list[Case]:
    """Return the times when a carrier led nowhere in one direction."""
    return carrier_cases(group.partition(_BETWEEN)[0], troubles, picture)


RULE = Group(
    code="transit_outage",
    title=Text("Đường đi ra ngoài nhà mạng", "Routes beyond a carrier"),
    key=key,
    judge=judge,
    sentences=Sentences(
        headline=Text(
            "{carrier}: hướng {direction} gián đoạn trên {n}/{m} đường truyền",
            "{carrier}: {direction} routes out on {n} of {m} links",
        ),
        what=Text(
            "{n}/{m} đường truyền của {carrier} không đi được hướng {direction}{since}, tại "
            "{area}. Trong mạng của nhà mạng vẫn thông.",
            "{n} of {m} links of {carrier} have not reached {direction} networks{since}, in "
            "{area}. Inside the carrier's network they work.",
        ),
        do=Text(
            "Nhà mạng kiểm tra kết nối với các mạng khác, với trạm trung chuyển và hướng quốc tế.",
            "The carrier checks its connections to other networks, the exchange and abroad.",
        ),
    ),
)
