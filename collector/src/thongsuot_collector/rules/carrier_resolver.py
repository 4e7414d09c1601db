"""A carrier's name servers fail for many of its links."""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import RESOLVER_SYMPTOMS, carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_SLOW = "slow"


def group_key(fault: Fault, network: NetworkState) -> str | None:
    """Take faults of name servers, by carrier."""
    if not fault.subject.is_link:
        return None
    if fault.main_phase.interval.symptom not in RESOLVER_SYMPTOMS:
        return None
    return network.carrier_of(fault.subject) or None


def assess(carrier: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the failures of a carrier's name servers."""
    return [
        msgspec.structs.replace(candidate, variant=_SLOW)
        if candidate.symptom is Symptom.RESOLVER_SLOW
        else msgspec.structs.replace(candidate, variant="")
        for candidate in carrier_candidates(carrier, faults, network)
    ]


RULE = GroupRule(
    code="carrier_resolver",
    title=Text("Máy chủ tên miền của nhà mạng", "A carrier's name servers"),
    precedence=30,
    group_key=group_key,
    assess=assess,
    covers=("link_fault",),
    sentences=RuleSentences(
        headline=Text("Máy chủ tên miền của {carrier} lỗi", "Name servers of {carrier} fail"),
        situation=Text(
            "Máy chủ tên miền (DNS) của {carrier} lỗi{since} trên {n}/{m} đường truyền, tại "
            "{area}. Các đường truyền vẫn thông, nhưng trang web không mở được.",
            "The name servers (DNS) of {carrier} have been failing{since} on {n} of {m} links, in "
            "{area}. The links themselves work, but pages do not open.",
        ),
        do=Text(
            "Nhà mạng kiểm tra máy chủ tên miền cấp cho các mã kênh trong danh sách.",
            "The carrier checks the name servers assigned to the listed circuits.",
        ),
        variants={
            _SLOW: RuleSentences(
                headline=Text(
                    "Máy chủ tên miền của {carrier} chậm", "Name servers of {carrier} are slow"
                ),
                situation=Text(
                    "Máy chủ tên miền (DNS) của {carrier} trả lời chậm{since} trên {n}/{m} đường "
                    "truyền, tại {area}. Trang web mở chậm; các đường truyền vẫn thông.",
                    "The name servers (DNS) of {carrier} have been answering slowly{since} on {n} "
                    "of {m} links, in {area}. Pages open slowly; the links themselves work.",
                ),
                do=Text(
                    "Nhà mạng kiểm tra tải của máy chủ tên miền cấp cho các mã kênh trong danh "
                    "sách.",
                    "The carrier checks the load of the name servers assigned to the listed "
                    "circuits.",
                ),
            ),
        },
    ),
)
