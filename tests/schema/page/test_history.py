"""The last 24 hours, as cells, as sums, in words and as a picture."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.schema.page.healthy_site import DAY_S, NOW_S, SceneFault, fibre, history
from thongsuot_schema.page.history import (
    CELLS,
    bar_paths,
    cell_runs,
    cells,
    history_picture,
    history_sentence,
    outage_totals,
    shared_picture_parts,
)
from thongsuot_schema.page.style import STYLE
from thongsuot_schema.state import State
from thongsuot_schema.view import StateStretch

CELL_S = DAY_S / CELLS


@st.composite
def histories(draw: st.DrawFn) -> tuple[StateStretch, ...]:
    """Return stretches without overlap, with gaps, reaching over both ends of the 24 hours."""
    edges = draw(
        st.lists(
            st.floats(min_value=-1.2 * DAY_S, max_value=0.1 * DAY_S),
            min_size=2,
            max_size=60,
            unique=True,
        )
    )
    edges.sort()
    stretches = []
    for begin, end in pairwise(edges):
        state = draw(st.sampled_from([*State, None]))
        if state is not None:
            stretches.append(StateStretch(start_s=NOW_S + begin, end_s=NOW_S + end, state=state))
    return tuple(stretches)


@given(histories())
def test_runs_of_all_states_tile_the_day_exactly(stretches: tuple[StateStretch, ...]) -> None:
    states = cells(stretches, NOW_S)
    covered = [
        cell
        for state in [*State, None]
        for first, count in cell_runs(states, state)
        for cell in range(first, first + count)
    ]
    assert sorted(covered) == list(range(CELLS))


@given(histories())
def test_no_trouble_is_too_short_to_be_seen(stretches: tuple[StateStretch, ...]) -> None:
    states = cells(stretches, NOW_S)
    for stretch in stretches:
        middle = (max(stretch.start_s, NOW_S - DAY_S) + min(stretch.end_s, NOW_S)) / 2
        if stretch.state not in {State.DOWN, State.DEGRADED} or not (
            max(stretch.start_s, NOW_S - DAY_S) < middle < min(stretch.end_s, NOW_S)
        ):
            continue
        seen = states[min(int((middle - (NOW_S - DAY_S)) // CELL_S), CELLS - 1)]
        assert seen in {State.DOWN, stretch.state}


@given(histories())
def test_nothing_is_drawn_where_nothing_was_recorded(stretches: tuple[StateStretch, ...]) -> None:
    for cell, state in enumerate(cells(stretches, NOW_S)):
        begin = NOW_S - DAY_S + cell * CELL_S
        touched = {
            stretch.state
            for stretch in stretches
            if stretch.start_s < begin + CELL_S and stretch.end_s > begin
        }
        if state is not None:
            assert state in touched


@given(histories())
def test_the_parts_of_a_day_add_up_to_a_day(stretches: tuple[StateStretch, ...]) -> None:
    sums = outage_totals(stretches, NOW_S)
    up_s = sum(
        max(0.0, min(stretch.end_s, NOW_S) - max(stretch.start_s, NOW_S - DAY_S))
        for stretch in stretches
        if stretch.state is State.UP
    )
    assert up_s + sums.down_s + sums.degraded_s + sums.missing_s == pytest.approx(DAY_S)
    assert (sums.count == 0) == (sums.down_s == 0)


def test_an_outage_that_changes_its_symptom_is_counted_once() -> None:
    parts = (
        StateStretch(start_s=NOW_S - 900, end_s=NOW_S - 600, state=State.DOWN),
        StateStretch(start_s=NOW_S - 600, end_s=NOW_S - 300, state=State.DOWN),
    )
    sums = outage_totals(parts, NOW_S)
    assert (sums.count, sums.down_s) == (1, 600)
    assert (sums.last_start_s, sums.last_end_s) == (NOW_S - 900, NOW_S - 300)


def test_words_say_how_often_how_long_and_when_last() -> None:
    light = fibre(
        history=history(
            SceneFault(ago_s=7_200, for_s=660),
            SceneFault(ago_s=30_000, for_s=60),
            SceneFault(ago_s=1_000, for_s=120, state=State.DEGRADED),
        )
    )
    assert history_sentence(light, NOW_S, "vi") == (
        "Mất kết nối 2 lần, tổng 12 phút, gần nhất 09:58–10:09 · Kết nối chậm/chập chờn: 2 phút"
    )


def test_words_tell_an_outage_that_continues_and_a_past_without_record() -> None:
    light = fibre(history=history(SceneFault(ago_s=900, for_s=900), known_s=3_600))
    assert history_sentence(light, NOW_S, "vi") == (
        "Mất kết nối 1 lần, 15 phút (11:43–nay) · Mới có 1 giờ 00 phút số liệu trong 24 giờ qua"
    )
    assert history_sentence(fibre(history=()), NOW_S, "en") == (
        "No data from the last 24 hours yet."
    )
    assert history_sentence(fibre(history=history()), NOW_S, "vi") == "Không gián đoạn"


@pytest.mark.parametrize(("state", "words"), [(State.DOWN, "11:43–nay"), (State.UP, "11:43–11:57")])
def test_an_outage_lasts_though_the_last_push_is_older_than_the_page(
    state: State, words: str
) -> None:
    pushed = tuple(
        stretch for stretch in history(SceneFault(ago_s=900, for_s=885)) if stretch.end_s < NOW_S
    )
    assert pushed[-1].state is State.DOWN
    assert words in history_sentence(fibre(history=pushed, state=state), NOW_S, "vi")


def test_a_day_that_is_mostly_not_known_is_not_called_whole() -> None:
    light = fibre(history=history(known_s=660))
    assert history_sentence(light, NOW_S, "vi") == "Mới có 11 phút số liệu trong 24 giờ qua"
    assert history_sentence(light, NOW_S, "en") == "Only 11 minutes of data from the last 24 hours"


@given(histories())
def test_drawn_bars_stay_in_the_picture_and_never_overlap(
    stretches: tuple[StateStretch, ...],
) -> None:
    svg = history_picture(fibre(history=stretches), "x", "k", NOW_S, "vi")
    taken: set[int] = set()
    for steps in re.findall(r'class="h-\w+" d="M([^"]*)"', svg):
        at = 0
        for skip, count in re.findall(r"(\d+) [\d.]+h(\d+)", steps):
            first = at + int(skip)
            at = first + int(count)
            drawn = set(range(first, at))
            assert not drawn & taken
            taken |= drawn
    recorded = {cell for cell, state in enumerate(cells(stretches, NOW_S)) if state is not None}
    assert taken == recorded


def test_a_bar_is_on_the_ground_line_with_the_thickness_of_the_style_sheet() -> None:
    states = [State.UP, State.DEGRADED, State.DOWN, None]
    for name, middle in re.findall(r'class="([\w-]+)" d="M\d+ ([\d.]+)h', bar_paths(states)):
        thick = re.search(rf"\}}\.{name}\{{[^}}]*stroke-width:(\d+)", STYLE)
        assert thick, name
        assert float(middle) + int(thick[1]) / 2 == 12.0


def test_hours_stand_where_they_are_and_midnight_is_named_by_its_day() -> None:
    parts = shared_picture_parts(NOW_S)
    marks = re.findall(r'x1="([\d.]+)%"', parts)
    assert len(marks) == 24
    gaps = [float(after) - float(before) for before, after in pairwise(marks)]
    assert all(gap == pytest.approx(100 / 24, abs=0.02) for gap in gaps)
    # 11:58 now: midnight was 11 h 58 min ago.
    x = 100 * (1 - (11 * 3_600 + 58 * 60) / DAY_S)
    assert f'x="{x:.2f}%" y="39">24/11<' in parts


@pytest.mark.parametrize("minute", range(0, 180, 10))
def test_no_label_of_an_hour_is_cut_off_on_the_narrowest_phone(minute: int) -> None:
    drawn = shared_picture_parts(NOW_S + minute * 60)
    shares = [float(x) / 100 for x in re.findall(r'<text class="hour[^"]*" x="([\d.]+)%"', drawn)]
    assert shares
    assert all(17 / 254 <= share <= 1 - 17 / 254 for share in shares)
