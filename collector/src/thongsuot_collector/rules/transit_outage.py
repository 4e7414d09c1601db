"""
Many links of one carrier do not lead beyond it: out of the country, or to other networks here.

Where several carriers lose a direction at once, each is told of its own circuits.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_BETWEEN = " "
"""Stands in no carrier's name."""


def group_key(trouble: Fault, picture: NetworkState) -> str | None:
    """Take faults beyond the carrier, by carrier and direction."""
    fault = trouble.main_phase.interval
    carrier = picture.carrier_of(trouble.subject) if trouble.subject.is_link else ""
    if fault.segment is not Segment.TRANSIT or not carrier:
        return None
    is_foreign = fault.symptom is Symptom.INTERNATIONAL_TRANSIT_SILENT
    return f"{carrier}{_BETWEEN}{'foreign' if is_foreign else 'domestic'}"


def assess(group: str, troubles: Sequence[Fault], picture: NetworkState) -> list[Candidate]:
    """Return the times when a carrier led nowhere in one direction."""
    return carrier_candidates(group.partition(_BETWEEN)[0], troubles, picture)


RULE = GroupRule(
    code="transit_outage",
    title=Text("Đường đi ra ngoài nhà mạng", "Routes beyond a carrier"),
    group_key=group_key,
    assess=assess,
    sentences=RuleSentences(
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
