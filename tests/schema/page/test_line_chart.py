"""The chart of delay and loss: what it says in words, and that its shapes hold the same."""

import re

import pytest

from thongsuot_schema.line_rollup import LineRollup
from thongsuot_schema.page.line_chart import ChartFrame, chart_sentence, line_chart
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S

MIDNIGHT_S = 20_000 * 86_400 - VIETNAM_OFFSET_S


def frame(*moments: float) -> ChartFrame:
    return ChartFrame(
        title="Cáp quang",
        key="l0c",
        start_s=MIDNIGHT_S,
        slot_s=600,
        now_s=MIDNIGHT_S + 86_000,
        marks=[(0.25, "06:00"), (0.3, "")],
        moments=moments,
    )


def rollup(*rtts_s: float, lost: int = 0) -> LineRollup:
    made = LineRollup()
    for rtt_s in rtts_s:
        made.add_run(rtt_s, 0.0)
    for _ in range(lost):
        made.add_run(None, 1.0)
    return made


def shape(drawn: str, name: str) -> list[str]:
    return re.findall(rf'class="{name}" d="([^"]*)"', drawn)


def test_words_give_the_usual_and_the_long_delay_and_when_most_was_lost() -> None:
    slots = [rollup(*[0.010] * 8, 0.050, 0.050), None, rollup(0.010, lost=1), rollup(0.010)]
    sentence = chart_sentence(slots, frame(), "vi")
    assert sentence.startswith("Độ trễ thường 9,9 ms, 90 % số lần đo không quá ")
    assert "Mất nhiều nhất 50 %, trong 10 phút từ 00:20." in sentence
    assert chart_sentence([rollup(0.01)], frame(), "vi").endswith("Không mất gói.")
    assert chart_sentence([None], frame(), "vi") == "Chưa có số đo độ trễ trong thời gian này."
    silent = chart_sentence([rollup(lost=3)], frame(), "en")
    assert silent == "Nothing answered in this time."


def test_where_nothing_was_measured_there_is_no_picture() -> None:
    assert "<svg" not in line_chart([None] * 10, frame(), "vi")


def test_the_median_lies_in_the_smoke_and_a_gap_stays_a_gap() -> None:
    slots = [rollup(0.01, 0.02, 0.03), rollup(0.01, 0.02, 0.03), None, rollup(0.02)]
    drawn = line_chart(slots, frame(), "vi")
    (median,) = shape(drawn, "median")
    assert re.fullmatch(r"M0 \d+h2M3 \d+h1", median)
    outer, inner = shape(drawn, "smoke")
    for band in (outer, inner):
        top, bottom = map(int, re.fullmatch(r"M0 (\d+)h2V(\d+)h-2Z.*", band).groups())  # type: ignore[union-attr]
        assert top <= int(median.split()[1].partition("h")[0]) <= bottom
    assert shape(drawn, "lost") == []


def test_loss_is_a_bar_of_its_own_and_a_little_of_it_is_seen() -> None:
    little = LineRollup(runs=1000, lost=0.5, rtts={50: 1000})
    (bars,) = shape(line_chart([little, rollup(lost=9), rollup(0.01)], frame(), "vi"), "lost")
    assert bars == "M0 26v-2h1v2zM1 26v-26h1v26z"


def test_one_slow_run_does_not_squash_the_rest() -> None:
    slots = [rollup(0.010)] * 20 + [rollup(9.0)]
    drawn = line_chart(slots, frame(), "vi")
    heights = [int(y) for y in re.findall(r"[MV](?:\d+ )?(\d+)", shape(drawn, "median")[0])]
    assert heights[0] < 90
    assert heights[-1] == 0


def test_moments_of_an_incident_stand_where_they_were() -> None:
    inside, outside = MIDNIGHT_S + 3000, MIDNIGHT_S - 1
    drawn = line_chart([rollup(0.01)] * 10, frame(inside, outside), "vi")
    assert re.findall(r'class="mark" x1="([^"]*)"', drawn) == ["50.00%"]
    assert "00:50" in drawn


@pytest.mark.parametrize("count", [144, 168])
def test_a_chart_of_noise_stays_small(count: int) -> None:
    slots = [rollup(0.001 * (1 + at * 7 % 40), 0.002, 0.09, lost=at % 3) for at in range(count)]
    assert len(line_chart(slots, frame(), "vi")) < 12_000
