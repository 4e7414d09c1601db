"""The device's own delay and loss: summed by time, bounded, there again after a power cut."""

import logging
import tracemalloc
from pathlib import Path

import pytest

from tests.agent.page.test_pages import CountedPages
from tests.schema.page.healthy_site import NOW_S
from tests.schema.page.scenes import fibre_cut
from thongsuot_agent.page.line_history import KEPT_S, LINKS_KEPT, MAX_BYTES, LineHistory
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.line_rollup import COARSE_S, FINE_S
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Finding, Result, Series

BEGIN_S = 1_790_000_400 // COARSE_S * COARSE_S
S = 1_000_000_000
MEMORY_BYTES = 2 << 20
"""What a month of the most links may hold of the 40 MiB that the agent has."""


def echo(at_s: float, rtt_s: float | None = 0.004, link: str = "fiber") -> Result:
    """Return one run of echoes to the first hop, ``at_s`` after boot."""
    values = {LOSS.name: 0.0 if rtt_s is not None else 1.0}
    if rtt_s is not None:
        values[RTT.name] = rtt_s
    return Result(
        series=Series(kind="icmp", link=link, target="hop", family=Family.IP4, revision=0),
        boottime_ns=round(at_s * S),
        finding=Finding(outcome=Outcome.OK, values=values),
    )


def measure(lines: LineHistory, from_s: int, until_s: int, step_s: int = 60) -> None:
    """Run echoes on a device that booted at ``BEGIN_S`` and trusts its clock."""
    for at_s in range(from_s, until_s, step_s):
        lines.tick(at_s * S, float(BEGIN_S + at_s))
        lines.add_result(echo(at_s))


def echo_for_a_day(lines: LineHistory, link: str, until_s: float) -> None:
    """Run echoes over a link, some of them slow, on a device that booted a day before a moment."""
    for at_s in range(0, 86_400, FINE_S):
        lines.tick(at_s * S, until_s - 86_400 + at_s)
        lines.add_result(echo(at_s, 0.004 * (1 + at_s // FINE_S % 7), link))


def starts(lines: LineHistory, length_s: int, link: str = "fiber") -> list[int]:
    return [start_s - BEGIN_S for start_s, _ in lines.rollups(link, length_s)]


def test_runs_are_summed_by_five_minutes_and_by_hours() -> None:
    lines = LineHistory()
    measure(lines, 0, 900)
    lines.add_result(echo(900, rtt_s=None))
    rollups = lines.rollups("fiber", FINE_S)
    assert [(start_s - BEGIN_S, rollup.runs) for start_s, rollup in rollups] == [
        (0, 5),
        (300, 5),
        (600, 5),
        (900, 1),
    ]
    assert rollups[0][1].quantile_s(0.5) == pytest.approx(0.004, rel=0.05)
    assert rollups[-1][1].loss_ratio == 1.0
    (hour,) = lines.rollups("fiber", COARSE_S)
    assert hour[1].runs == 16


def test_nothing_is_kept_of_an_untrusted_time() -> None:
    lines = LineHistory()
    lines.add_result(echo(1))
    lines.tick(2 * S, None)
    lines.add_result(echo(2))
    assert lines.rollups("fiber", FINE_S) == []
    measure(lines, 600, 660)
    lines.tick(700 * S, float(BEGIN_S))  # the clock is set back by ten minutes
    lines.add_result(echo(700))
    assert starts(lines, FINE_S) == [600]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_runs_are_counted_again_after_a_clock_in_2038(
    tmp_path: Path, *, is_restarted: bool
) -> None:
    lines = LineHistory(tmp_path / "lines.msgpack")
    lines.tick(600 * S, 2_150_000_000.0)
    lines.add_result(echo(600))
    if is_restarted:
        lines.save()
        lines = LineHistory(tmp_path / "lines.msgpack")
        lines.load()
    measure(lines, 900, 1200)
    assert starts(lines, FINE_S) == [900]
    assert starts(lines, COARSE_S) == [0]


def test_the_history_is_restored_after_a_power_cut(tmp_path: Path) -> None:
    file = tmp_path / "state" / "lines.msgpack"
    lines = LineHistory(file)
    lines.load()
    measure(lines, 0, 3 * COARSE_S)
    # No farewell: the power goes. What was written last is at most an hour old.
    again = LineHistory(file)
    again.load()
    kept = starts(again, FINE_S)
    assert kept == list(range(0, kept[-1] + 1, FINE_S))
    assert kept[-1] >= 3 * COARSE_S - COARSE_S - FINE_S
    measure(again, 4 * COARSE_S, 4 * COARSE_S + 60)
    again.save()
    last = LineHistory(file)
    last.load()
    assert starts(last, FINE_S)[-1] == 4 * COARSE_S


@pytest.mark.parametrize("damage", [b"\xc1nothing", b"\x81\xa3\xff\xfe\xfd\x90"])
def test_a_broken_file_is_reported_and_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    file = tmp_path / "lines.msgpack"
    file.write_bytes(damage)
    lines = LineHistory(file)
    with caplog.at_level(logging.WARNING):
        lines.load()
    assert "continuing without it" in caplog.text
    measure(lines, 0, 60)
    assert starts(lines, FINE_S) == [0]


def test_the_history_is_limited_by_age_links_and_size(tmp_path: Path) -> None:
    file = tmp_path / "lines.msgpack"
    lines = LineHistory(file)
    links = [f"link-{number}" for number in range(LINKS_KEPT + 3)]
    month_s = KEPT_S[COARSE_S] + 10 * COARSE_S
    for at_s in range(0, month_s, FINE_S):
        lines.tick(at_s * S, float(BEGIN_S + at_s))
        for link in links:
            lines.add_result(echo(at_s, 0.001 * (1 + at_s // FINE_S % 90), link))
    assert sum(bool(lines.rollups(link, FINE_S)) for link in links) == LINKS_KEPT
    for length_s, kept_s in KEPT_S.items():
        assert len(lines.rollups("link-0", length_s)) <= (kept_s + COARSE_S) // length_s + 2
    lines.save()
    assert file.stat().st_size <= MAX_BYTES
    tracemalloc.start()
    try:
        loaded = LineHistory(file)
        loaded.load()
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(loaded.rollups("link-0", COARSE_S)) > 700
    assert held_bytes <= MEMORY_BYTES


def test_the_page_of_the_device_draws_the_period_that_is_asked_for() -> None:
    view = fibre_cut()
    drawing = CountedPages(view)
    link, boot_s = view.links[0].name, NOW_S - 9 * 86_400
    for at_s in range(0, 9 * 86_400, FINE_S):
        drawing.lines.tick(at_s * S, boot_s + at_s)
        drawing.lines.add_result(echo(at_s, 0.004 if at_s > 7 * 86_400 else 0.02, link))
    day = drawing.get("/").body.decode()
    month = drawing.get("/", period="30d").body.decode()
    assert day.count('<svg class="chart"') == month.count('<svg class="chart"') == 1
    assert "24 giờ qua: Đường cáp quang VNPT</h4>" in day
    assert "30 ngày qua: Đường cáp quang VNPT</h4>" in month
    assert '<details id="l0x" open>' in month
    # What is days old is in the month alone.
    assert "Độ trễ thường 3,8 ms," in day
    assert "Độ trễ thường 19 ms," in month
    assert drawing.get("/", period="30d").policy.count("'sha256-") == 3
    assert len(month.encode()) <= 60 * 1024
