"""The device's own month: exact to the second, bounded, there again after a power cut."""

import logging
from pathlib import Path

import pytest

from tests.schema.page.healthy_site import NOW_S
from tests.schema.page.scenes import fibre_cut
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.page.month import (
    KEPT_S,
    MAX_BYTES,
    STRETCHES_KEPT,
    MonthHistory,
)
from thongsuot_schema.page.past import SitePast, past_parts
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict
from thongsuot_schema.view import StateStretch

BEGIN_S = 1_790_000_000.0
S = 1_000_000_000


def issued(state: State, link: str = "fixed", service: str = "") -> IssuedVerdict:
    symptom = Symptom.ACCESS_SILENT if state is State.DOWN else Symptom.NONE
    verdict = Verdict(link=link, service=service, state=state, symptom=symptom)
    return IssuedVerdict(verdict=verdict, onset_ns=0)


def watch(month: MonthHistory, state: State, from_s: float, until_s: float, **of: str) -> None:
    at_s = from_s
    while at_s <= until_s:
        month.tick([issued(state, **of)], 0, at_s)
        at_s += 30.0


def spans(stretches: object) -> list[tuple[float, float, State]]:
    assert isinstance(stretches, list)
    return [(part.start_s - BEGIN_S, part.end_s - BEGIN_S, part.state) for part in stretches]


def test_states_follow_each_other_without_a_gap() -> None:
    month = MonthHistory()
    watch(month, State.UP, BEGIN_S, BEGIN_S + 600)
    watch(month, State.DOWN, BEGIN_S + 630, BEGIN_S + 900)
    watch(month, State.UP, BEGIN_S + 930, BEGIN_S + 990)
    assert spans(month.stretches("fixed", "")) == [
        (0, 630, State.UP),
        (630, 930, State.DOWN),
        (930, 990, State.UP),
    ]


def test_a_state_lasts_since_its_onset_not_since_it_was_decided() -> None:
    month = MonthHistory()
    watch(month, State.UP, BEGIN_S, BEGIN_S + 60)
    down = IssuedVerdict(verdict=issued(State.DOWN).verdict, onset_ns=61 * S)
    for now_s in (64, 65, 94):
        month.tick([down], now_s * S, BEGIN_S + now_s)
    assert spans(month.stretches("fixed", "")) == [(0, 61, State.UP), (61, 94, State.DOWN)]
    # What was decided late cannot have begun before the state that it follows.
    up = IssuedVerdict(verdict=issued(State.UP).verdict, onset_ns=10 * S)
    month.tick([up], 95 * S, BEGIN_S + 95)
    assert spans(month.stretches("fixed", ""))[1:] == [(61, 61, State.DOWN), (61, 95, State.UP)]
    # Of a time that nobody watched nothing is known, whatever the onset.
    month.tick([down], 1000 * S, BEGIN_S + 1000)
    assert spans(month.stretches("fixed", ""))[-1] == (1000, 1000, State.DOWN)


def test_values_that_nobody_measured_or_vouched_for_are_missing() -> None:
    month = MonthHistory()
    watch(month, State.UP, BEGIN_S, BEGIN_S + 60)
    for _ in range(10):
        month.tick([issued(State.DOWN)], 0, None)
    month.tick([issued(State.UNKNOWN)], 0, BEGIN_S + 500)
    watch(month, State.UP, BEGIN_S + 1000, BEGIN_S + 1060)
    assert spans(month.stretches("fixed", "")) == [(0, 60, State.UP), (1000, 1060, State.UP)]
    month.tick([issued(State.DOWN)], 0, BEGIN_S + 100)
    assert len(month.stretches("fixed", "")) == 2, "a clock that was set back rewrites nothing"


@pytest.mark.parametrize("is_restarted", [False, True])
def test_states_are_watched_again_after_a_clock_in_2038(
    tmp_path: Path, *, is_restarted: bool
) -> None:
    month = MonthHistory(tmp_path / "month.msgpack")
    watch(month, State.UP, 2_150_000_000.0, 2_150_000_600.0)
    if is_restarted:
        month.save(None)
        month = MonthHistory(tmp_path / "month.msgpack")
        month.load()
    watch(month, State.UP, BEGIN_S, BEGIN_S + 60)
    watch(month, State.DOWN, BEGIN_S + 90, BEGIN_S + 120)
    assert spans(month.stretches("fixed", "")) == [(0, 90, State.UP), (90, 120, State.DOWN)]


def test_what_a_clock_ahead_by_a_day_has_dated_later_is_dropped() -> None:
    month = MonthHistory()
    watch(month, State.UP, BEGIN_S, BEGIN_S + 600)
    watch(month, State.UP, BEGIN_S + 86_400, BEGIN_S + 90_000)
    watch(month, State.DOWN, BEGIN_S + 4_200, BEGIN_S + 4_260)
    assert spans(month.stretches("fixed", "")) == [(0, 600, State.UP), (4200, 4260, State.DOWN)]


def test_the_month_is_restored_after_a_power_cut(tmp_path: Path) -> None:
    file = tmp_path / "state" / "month.msgpack"
    month = MonthHistory(file)
    watch(month, State.UP, BEGIN_S, BEGIN_S + 3600)
    # No farewell: the power goes. What was written last is at most a quarter of an hour old.
    again = MonthHistory(file)
    again.load()
    ((start_s, end_s, state),) = spans(again.stretches("fixed", ""))
    assert (start_s, state) == (0, State.UP)
    assert 2700 <= end_s <= 3600
    watch(again, State.DOWN, BEGIN_S + 7200, BEGIN_S + 7230)
    again.save(None)
    last = MonthHistory(file)
    last.load()
    assert spans(last.stretches("fixed", ""))[-1] == (7200, 7230, State.DOWN)


@pytest.mark.parametrize("damage", [b"\xc1not a month", b"\x81\xa3\xff\xfe\xfd\x90"])
def test_a_broken_file_is_reported_and_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    file = tmp_path / "month.msgpack"
    file.write_bytes(damage)
    month = MonthHistory(file)
    with caplog.at_level(logging.WARNING):
        month.load()
    assert "continuing without it" in caplog.text
    watch(month, State.UP, BEGIN_S, BEGIN_S + 60)
    assert spans(month.stretches("fixed", "")) == [(0, 60, State.UP)]


def test_the_month_is_limited_by_age_count_and_size(tmp_path: Path) -> None:
    file = tmp_path / "month.msgpack"
    month = MonthHistory(file)
    watch(month, State.UP, BEGIN_S, BEGIN_S + 60)
    watch(month, State.UP, BEGIN_S + KEPT_S + 200, BEGIN_S + KEPT_S + 230)
    assert len(month.stretches("fixed", "")) == 1, "older than a month"
    at_s = BEGIN_S + 40 * 86_400
    links = [f"link-{number:02d}-{'x' * 90}" for number in range(80)]
    for step in range(STRETCHES_KEPT + 50):
        state = State.DOWN if step % 2 else State.UP
        month.tick([issued(state, link=link) for link in links], 0, at_s + step * 20)
    assert max(len(month.stretches(link, "")) for link in links) <= STRETCHES_KEPT
    assert sum(bool(month.stretches(link, "")) for link in links) < len(links)
    month.save(at_s + 30_000)
    assert file.stat().st_size <= MAX_BYTES


def test_the_page_has_a_week_and_a_month_of_each_light_that_was_watched() -> None:
    view = fibre_cut()
    stretch = StateStretch(
        start_s=NOW_S - 40_000, end_s=NOW_S, state=State.UP, symptom=Symptom.NONE
    )
    first = view.links[0].name

    def stretches(link: str, service: str) -> list[StateStretch]:
        return [stretch] if (link, service) == (first, "") else []

    past = SitePast(stretches=stretches, rollups=lambda _: ())
    parts = past_parts(view, past, "vi")
    assert set(parts) == {(first, True)}
    assert parts[first, True].count('<svg class="day"') == 2
    assert "30 ngày" in parts[first, True]
