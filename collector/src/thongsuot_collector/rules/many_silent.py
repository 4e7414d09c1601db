"""
Many devices stopped reporting together: an area without electricity, or the centre's own network.

No commune is sent to look for its power while the centre itself may be deaf.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.cluster import Cluster, clusters, enough
from thongsuot_collector.incidents.party import CITY, Severity
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.rule import Case, Group, Sentences
from thongsuot_collector.incidents.trouble import Trouble
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def key(trouble: Trouble, _picture: Picture) -> str | None:
    """Take the silence of every device, wherever it is."""
    return "devices" if trouble.subject.is_device else None


def judge(_key: str, troubles: Sequence[Trouble], picture: Picture) -> list[Case]:
    """Return the times when more devices fell silent together than chance explains."""
    counted = [one for one in troubles if not picture.is_excused(one)]
    total = picture.devices()
    least = enough(total, picture.settings)
    found = clusters(counted, picture.settings, lambda _chain: least)
    return [_case(one, total, picture) for one in found]


def _case(cluster: Cluster, total: int, picture: Picture) -> Case:
    # As long as one device is held, so that none is told before this could have come up.
    hold_s = picture.settings.silence_hold_s
    is_most = 2 * len({one.subject for one in cluster.troubles}) > total
    return Case(
        troubles=cluster.troubles,
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=State.UNKNOWN,
        segment=None,
        symptom=Symptom.AGENT_SILENT,
        party=CITY,
        severity=Severity.CRITICAL if is_most else Severity.MAJOR,
        hold_s=hold_s,
        limit_s=hold_s,
        total=total,
    )


RULE = Group(
    code="many_silent",
    title=Text("Nhiều thiết bị cùng mất liên lạc", "Many devices silent at once"),
    key=key,
    judge=judge,
    sentences=Sentences(
        headline=Text(
            "{n}/{m} thiết bị giám sát cùng mất liên lạc",
            "{n} of {m} monitoring devices silent at once",
        ),
        what=Text(
            "{n}/{m} thiết bị giám sát ngừng gửi dữ liệu gần như cùng lúc{since}, tại {area}. Có "
            "thể khu vực mất điện, hoặc chính đường truyền của trung tâm có sự cố.",
            "{n} of {m} monitoring devices stopped reporting almost at once{since}, in {area}. "
            "The area may have no electricity, or the centre's own connection may have a fault.",
        ),
        do=Text(
            "Kiểm tra trước tiên đường truyền và máy chủ của trung tâm, sau đó hỏi điện lực khu "
            "vực.",
            "Check the centre's own connection and server first, then ask the electricity company "
            "of the area.",
        ),
    ),
)
