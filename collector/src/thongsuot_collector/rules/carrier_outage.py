"""Many links of one carrier failed together: one incident with its circuits."""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import DEGRADED, RESOLVER_SYMPTOMS, carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.segment import Segment
from thongsuot_schema.words.language import Text


def group_key(fault: Fault, network: NetworkState) -> str | None:
    """
    Take a fault of the line or of the carrier's core, by carrier.

    And the silence of a device at a site that has no other carrier: it could not report it.
    """
    if fault.subject.is_device:
        return network.only_carrier_of(fault.subject.site) or None
    if not fault.subject.is_link:
        return None
    interval = fault.main_phase.interval
    if interval.segment not in {Segment.ACCESS, Segment.CARRIER}:
        return None
    if interval.symptom in RESOLVER_SYMPTOMS:
        return None
    return network.carrier_of(fault.subject) or None


def assess(carrier: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the outages of a carrier."""
    return carrier_candidates(carrier, faults, network)


RULE = GroupRule(
    code="carrier_outage",
    title=Text("Sự cố diện rộng của nhà mạng", "Outage of a carrier"),
    precedence=40,
    group_key=group_key,
    assess=assess,
    covers=("link_fault", "site_power", "agent_silent"),
    sentences=RuleSentences(
        headline=Text(
            "{carrier}: {n}/{m} đường truyền cùng gặp sự cố",
            "{carrier}: {n} of {m} links failed together",
        ),
        situation=Text(
            "{n}/{m} đường truyền của {carrier} cùng gặp sự cố{since}, tại {area}. Lỗi ở mạng của "
            "nhà mạng, không phải ở từng điểm.",
            "{n} of {m} links of {carrier} have failed together{since}, in {area}. The fault is "
            "in the carrier's network, not at the points.",
        ),
        do=Text(
            "Nhà mạng kiểm tra mạng truy nhập và mạng lõi chung của các mã kênh trong danh sách.",
            "The carrier checks the access and core network that the listed circuits share.",
        ),
        variants={
            DEGRADED: RuleSentences(
                headline=Text(
                    "{carrier}: {n}/{m} đường truyền cùng kém chất lượng",
                    "{carrier}: {n} of {m} links degraded together",
                ),
                situation=Text(
                    "{n}/{m} đường truyền của {carrier} cùng kém chất lượng{since}, tại {area}: "
                    "{symptom}. Lỗi ở mạng của nhà mạng, không phải ở từng điểm.",
                    "{n} of {m} links of {carrier} have been degraded together{since}, in {area}: "
                    "{symptom}. The fault is in the carrier's network, not at the points.",
                ),
                do=Text(
                    "Nhà mạng kiểm tra tải và chất lượng mạng truy nhập và mạng lõi chung của các "
                    "mã kênh trong danh sách.",
                    "The carrier checks load and quality of the access and core network that the "
                    "listed circuits share.",
                ),
            ),
        },
    ),
)
