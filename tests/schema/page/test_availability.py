"""Seven and thirty days of states: what the bars show is what the words say."""

import re

from thongsuot_schema.page.availability import (
    availability_picture,
    availability_sentence,
)
from thongsuot_schema.page.periods import ChartPeriod, marks, period_from
from thongsuot_schema.state import State
from thongsuot_schema.view import StateStretch
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S

DAY_S = 86_400
MIDNIGHT_S = 20_000 * DAY_S - VIETNAM_OFFSET_S
NOW_S = MIDNIGHT_S + 10 * 3600


def history(*parts: tuple[float, State]) -> list[StateStretch]:
    """Return states from so many seconds before now on, each until the next."""
    ends = [*(NOW_S - ago for ago, _ in parts[1:]), NOW_S]
    return [
        StateStretch(start_s=NOW_S - ago, end_s=end, state=state)
        for (ago, state), end in zip(parts, ends, strict=True)
    ]


def said(stretches: list[StateStretch], period: ChartPeriod, language: str = "vi") -> str:
    return availability_sentence(stretches, period, now_s=NOW_S, is_link=True, language=language)


def bars(stretches: list[StateStretch], period: ChartPeriod) -> dict[str, list[tuple[int, int]]]:
    """Return, by state, the first cell and the count of each run of bars."""
    drawn = availability_picture(
        stretches, period, "Cáp quang", key="k", now_s=NOW_S, is_link=True, language="vi"
    )
    runs: dict[str, list[tuple[int, int]]] = {}
    for name, path in re.findall(r'class="h-(\w+)" d="M([^"]*)"', drawn):
        at = 0
        for step, count in re.findall(r"(-?\d+) [\d.]+h(\d+)", path):
            at += int(step)
            runs.setdefault(name, []).append((at, int(count)))
            at += int(count)
    return runs


def test_the_month_has_a_bar_a_day_of_vietnams_calendar() -> None:
    stretches = history((40 * DAY_S, State.UP), (2 * DAY_S, State.DOWN), (2 * DAY_S - 60, State.UP))
    assert bars(stretches, ChartPeriod.MONTH) == {"up": [(0, 27), (28, 2)], "down": [(27, 1)]}
    assert said(stretches, ChartPeriod.MONTH) == "30 ngày: Mất kết nối 1 lần, tổng 1 phút"


def test_the_week_has_a_bar_an_hour() -> None:
    stretches = history((3 * 3600, State.UP), (600, State.DEGRADED))
    assert bars(stretches, ChartPeriod.WEEK) == {"up": [(164, 2)], "degraded": [(166, 1)]}
    assert "chưa có dữ liệu" in said(stretches, ChartPeriod.WEEK).lower()


def test_a_time_without_trouble_and_one_without_record_are_told_apart() -> None:
    assert (
        said(history((40 * DAY_S, State.UP)), ChartPeriod.MONTH, "en") == "30 days: no interruption"
    )
    assert said([], ChartPeriod.WEEK, "en") == "7 days: no data yet"
    assert bars([], ChartPeriod.WEEK) == {}


def test_marks_stand_at_the_midnights_of_vietnam() -> None:
    made = marks(MIDNIGHT_S - DAY_S / 2, 2 * DAY_S, mark_s=DAY_S, label_every=1)
    assert [(round(share, 3), label) for share, label in made] == [
        (0.25, "04/10"),
        (0.75, "05/10"),
    ]


def test_only_a_period_that_there_is_can_be_chosen() -> None:
    assert [period_from(text) for text in ("7d", "30d", "99d", None)] == [
        ChartPeriod.WEEK,
        ChartPeriod.MONTH,
        None,
        None,
    ]


def test_no_day_under_a_chart_is_cut_off_at_the_edge_of_a_phone() -> None:
    half_px, width_px = 17.0, 294.0
    for hour in range(24):
        for share, label in marks(
            NOW_S + hour * 3600 - 7 * DAY_S, 7 * DAY_S, mark_s=86_400, label_every=1
        ):
            assert not label or half_px <= share * width_px <= width_px - half_px, (hour, label)
