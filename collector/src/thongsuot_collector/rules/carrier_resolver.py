"""A carrier's name servers fail for many of its links."""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

SYMPTOMS = frozenset(
    {Symptom.RESOLVER_SILENT, Symptom.RESOLVER_SLOW, Symptom.RESOLVER_FORGED_ANSWER}
)


def group_key(trouble: Fault, picture: NetworkState) -> str | None:
    """Take faults of name servers, by carrier."""
    if not trouble.subject.is_link or trouble.main_phase.interval.symptom not in SYMPTOMS:
        return None
    return picture.carrier_of(trouble.subject) or None


def assess(carrier: str, troubles: Sequence[Fault], picture: NetworkState) -> list[Candidate]:
    """Return the failures of a carrier's name servers."""
    return carrier_candidates(carrier, troubles, picture)


RULE = GroupRule(
    code="carrier_resolver",
    title=Text("Máy chủ tên miền của nhà mạng", "A carrier's name servers"),
    group_key=group_key,
    assess=assess,
    sentences=RuleSentences(
        headline=Text("Máy chủ tên miền của {carrier} lỗi", "Name servers of {carrier} fail"),
        what=Text(
            "Máy chủ tên miền (DNS) của {carrier} lỗi{since} trên {n}/{m} đường truyền, tại "
            "{area}. Các đường truyền vẫn thông, nhưng trang web không mở được.",
            "The name servers (DNS) of {carrier} have been failing{since} on {n} of {m} links, in "
            "{area}. The links themselves work, but pages do not open.",
        ),
        do=Text(
            "Nhà mạng kiểm tra máy chủ tên miền cấp cho các mã kênh trong danh sách.",
            "The carrier checks the name servers assigned to the listed circuits.",
        ),
    ),
)
