"""One service fails at many sites, over different carriers: it is the service."""

from collections.abc import Sequence

from thongsuot_collector.incidents.cluster import FaultCluster, find_clusters
from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import group_hold_s, most_common, representative_faults
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_SITES = 3
"""
Each has compared all of its links first, so each speaks for two carriers; three do not err alike.
"""


def group_key(trouble: Fault, _picture: NetworkState) -> str | None:
    """Take faults of services, by service."""
    return trouble.subject.service if trouble.subject.is_service else None


def assess(service: str, troubles: Sequence[Fault], picture: NetworkState) -> list[Candidate]:
    """Return the times when a service failed at more than one site."""
    counted = [one for one in troubles if not picture.is_excused(one)]
    total = len(picture.sites_with(service))
    least = max(2, min(_SITES, total))
    found = find_clusters(counted, picture.settings, lambda _chain: least)
    return [_candidate(service, one, total, picture) for one in found]


def _candidate(service: str, cluster: FaultCluster, total: int, picture: NetworkState) -> Candidate:
    phases = [one.main_phase.interval for one in representative_faults(cluster.faults)]
    dead = [one for one in phases if one.state is State.DOWN]
    is_down = 2 * len(dead) >= len(phases)
    symptom = Symptom(most_common(one.symptom for one in (dead if is_down else phases)))
    severity = Severity.CRITICAL if is_down else Severity.MAJOR
    if symptom is Symptom.CERTIFICATE_EXPIRING:
        severity = Severity.WARNING
    return Candidate(
        faults=cluster.faults,
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=State.DOWN if is_down else State.DEGRADED,
        segment=Segment.SERVICE,
        symptom=symptom,
        party=ResponsibleParty(Party.PORTAL, service),
        severity=severity,
        hold_s=group_hold_s(cluster.faults, picture),
        limit_s=0.0,
        total=total,
        is_certain=any(one.is_certain for one in cluster.faults),
    )


RULE = GroupRule(
    code="service_down",
    title=Text("Dịch vụ lỗi ở nhiều điểm", "A service fails at many sites"),
    group_key=group_key,
    assess=assess,
    sentences=RuleSentences(
        headline=Text(
            "{service}: {n}/{m} điểm không dùng được", "{service} fails at {n} of {m} sites"
        ),
        what=Text(
            "{n}/{m} điểm gặp cùng một lỗi với {service}{since}, qua nhiều nhà mạng khác nhau: "
            "{symptom}. Đường truyền của các điểm vẫn bình thường.",
            "{n} of {m} sites meet the same fault of {service}{since}, over different carriers: "
            "{symptom}. The sites' own links work.",
        ),
        do=Text(
            "Đơn vị vận hành kiểm tra hệ thống. Tại các điểm không cần sửa gì.",
            "The operator checks the service. There is nothing to repair at the sites.",
        ),
    ),
)
