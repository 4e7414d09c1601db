"""Many links of one carrier failed within minutes: one incident with its circuits."""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_collector.rules import carrier_resolver
from thongsuot_schema.segment import Segment
from thongsuot_schema.words.language import Text


def group_key(trouble: Fault, picture: NetworkState) -> str | None:
    """
    Take a fault of the line or of the carrier's core, by carrier.

    And the silence of a device at a site that has no other carrier: it could not report it.
    """
    if trouble.subject.is_device:
        return picture.only_carrier_of(trouble.subject.site) or None
    if not trouble.subject.is_link:
        return None
    fault = trouble.main_phase.interval
    if fault.segment not in {Segment.ACCESS, Segment.CARRIER}:
        return None
    if fault.symptom in carrier_resolver.SYMPTOMS:
        return None
    return picture.carrier_of(trouble.subject) or None


def assess(carrier: str, troubles: Sequence[Fault], picture: NetworkState) -> list[Candidate]:
    """Return the outages of a carrier."""
    return carrier_candidates(carrier, troubles, picture)


RULE = GroupRule(
    code="carrier_outage",
    title=Text("Sự cố diện rộng của nhà mạng", "Outage of a carrier"),
    group_key=group_key,
    assess=assess,
    sentences=RuleSentences(
        headline=Text(
            "{carrier}: {n}/{m} đường truyền cùng gặp sự cố",
            "{carrier}: {n} of {m} links failed together",
        ),
        what=Text(
            "{n}/{m} đường truyền của {carrier} cùng gặp sự cố{since}, tại {area}. Lỗi ở mạng của "
            "nhà mạng, không phải ở từng điểm.",
            "{n} of {m} links of {carrier} have failed together{since}, in {area}. The fault is "
            "in the carrier's network, not at the points.",
        ),
        do=Text(
            "Nhà mạng kiểm tra mạng truy nhập và mạng lõi chung của các mã kênh trong danh sách.",
            "The carrier checks the access and core network that the listed circuits share.",
        ),
    ),
)
