"""A service point that is well, and what its page is made of: links, services, a history."""

from dataclasses import dataclass

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SiteView, StateStretch, SubjectView

NOW_S = 1_795_488_000.0 + 2 * 3_600 + 1_080
"""Tuesday 24 November 2026, 11:58 in Vietnam."""

DAY_S = 86_400.0

SERVICES = (
    ("dvcqg", "Cổng Dịch vụ công quốc gia", "National Public Service Portal"),
    (
        "tthc",
        "Hệ thống thông tin giải quyết thủ tục hành chính Thành phố",
        "City administrative-procedure system",
    ),
    ("vneid", "Đăng nhập VNeID", "VNeID sign-in"),
    ("ihanoi", "Công dân Thủ đô số - iHanoi", "iHanoi"),
    ("chuky", "Chữ ký số chuyên dùng công vụ", "Digital signature service"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneFault:
    """A stretch that was not up: so many seconds ago, so long."""

    ago_s: float
    for_s: float
    state: State = State.DOWN
    symptom: Symptom = Symptom.ACCESS_SILENT


def history(
    *faults: SceneFault, now_s: float = NOW_S, known_s: float = DAY_S
) -> tuple[StateStretch, ...]:
    """Return a history that is up but for what is given; recorded for the last ``known_s``."""
    stretches = []
    at_s = now_s - known_s
    for fault in sorted(faults, key=lambda fault: -fault.ago_s):
        begin_s = now_s - fault.ago_s
        if begin_s > at_s:
            stretches.append(StateStretch(start_s=at_s, end_s=begin_s, state=State.UP))
        at_s = min(begin_s + fault.for_s, now_s)
        stretches.append(
            StateStretch(start_s=begin_s, end_s=at_s, state=fault.state, symptom=fault.symptom)
        )
    if at_s < now_s:
        stretches.append(StateStretch(start_s=at_s, end_s=now_s, state=State.UP))
    return tuple(stretches)


def fibre(**changes: object) -> SubjectView:
    """Return a fibre link that works."""
    return _light(
        {
            "name": "wan0",
            "title_vi": "",
            "title_en": "",
            "state": State.UP,
            "medium": "fiber",
            "carrier": "VNPT",
            "carrier_hotline": "1800 1166",
            "circuit": "HNI-FTTH-004217",
            "rtt_s": 0.0032,
            "loss_ratio": 0.0,
            "history": history(SceneFault(ago_s=52_000, for_s=70)),
        },
        changes,
    )


def mobile(**changes: object) -> SubjectView:
    """Return a 5G link that works."""
    return _light(
        {
            "name": "wan1",
            "title_vi": "",
            "title_en": "",
            "state": State.UP,
            "medium": "5g",
            "carrier": "Viettel",
            "carrier_hotline": "1800 8098",
            "circuit": "",
            "rtt_s": 0.0274,
            "loss_ratio": 0.0031,
            "history": history(
                SceneFault(
                    ago_s=30_000, for_s=2_400, state=State.DEGRADED, symptom=Symptom.ACCESS_LOSS
                )
            ),
        },
        changes,
    )


def services(**changes: object) -> tuple[SubjectView, ...]:
    """Return the services of a point, all reachable; ``changes`` apply to all of them."""
    return tuple(
        _light(
            {
                "name": name,
                "title_vi": title_vi,
                "title_en": title_en,
                "state": State.UP,
                "rtt_s": 0.041 + 0.012 * at,
                "reachable_over": ("wan0", "wan1"),
                "history": history(),
            },
            changes,
        )
        for at, (name, title_vi, title_en) in enumerate(SERVICES)
    )


def _light(facts: dict[str, object], changes: dict[str, object]) -> SubjectView:
    return SubjectView(**{**facts, **changes})  # type: ignore[arg-type]


def site(**changes: object) -> SiteView:
    """Return a healthy site as its own device shows it."""
    facts: dict[str, object] = {
        "site": "ba-dinh-1",
        "title": "Điểm Phục vụ hành chính công phường Ba Đình",
        "commune": "Phường Ba Đình, Hà Nội",
        "now_s": NOW_S,
        "links": (fibre(), mobile()),
        "services": services(),
        "collector_reachable": True,
        "version": "0.1.0",
        "support_hotline": "(024) 1022",
    }
    return SiteView(**{**facts, **changes})  # type: ignore[arg-type]
