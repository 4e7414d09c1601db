"""One service fails at many sites, over different carriers: it is the service."""

from collections.abc import Sequence

from thongsuot_collector.incidents.cluster import Cluster, clusters
from thongsuot_collector.incidents.outage import group_hold_s, most_common, speaking
from thongsuot_collector.incidents.party import Responsible, Severity
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.rule import Case, Group, Sentences
from thongsuot_collector.incidents.trouble import Trouble
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_SITES = 3
"""
Each has compared all of its links first, so each speaks for two carriers; three do not err alike.
"""


def key(trouble: Trouble, _picture: Picture) -> str | None:
    """Take faults of services, by service."""
    return trouble.subject.service if trouble.subject.is_service else None


def judge(service: str, troubles: Sequence[Trouble], picture: Picture) -> list[Case]:
    """Return the times when a service failed at more than one site."""
    counted = [one for one in troubles if not picture.is_excused(one)]
    total = len(picture.sites_with(service))
    least = max(2, min(_SITES, total))
    found = clusters(counted, picture.settings, lambda _chain: least)
    return [_case(service, one, total, picture) for one in found]


def _case(service: str, cluster: Cluster, total: int, picture: Picture) -> Case:
    phases = [one.fault.interval for one in speaking(cluster.troubles)]
    dead = [one for one in phases if one.state is State.DOWN]
    is_down = 2 * len(dead) >= len(phases)
    symptom = Symptom(most_common(one.symptom for one in (dead if is_down else phases)))
    severity = Severity.CRITICAL if is_down else Severity.MAJOR
    if symptom is Symptom.CERTIFICATE_EXPIRING:
        severity = Severity.WARNING
    return Case(
        troubles=cluster.troubles,
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=State.DOWN if is_down else State.DEGRADED,
        segment=Segment.SERVICE,
        symptom=symptom,
        party=Responsible(Party.PORTAL, service),
        severity=severity,
        hold_s=group_hold_s(cluster.troubles, picture),
        limit_s=0.0,
        total=total,
        is_certain=any(one.is_certain for one in cluster.troubles),
    )


RULE = Group(
    code="service_down",
    title=Text("Dịch vụ lỗi ở nhiều điểm", "A service fails at many sites"),
    key=key,
    judge=judge,
    sentences=Sentences(
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
