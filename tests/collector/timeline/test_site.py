"""A site's past: the same whatever the order, whole, and true to what was measured."""

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.timeline.boot_script import (
    CUT,
    LOSSY,
    NS,
    UNPLUGGED,
    UP,
    BootScript,
    VerdictTriple,
    reference,
    second_by_second,
    wall_ns,
)
from tests.collector.timeline.whole_record import whole_record
from tests.timing import examples
from thongsuot_agent.config.model import PushConfig
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.interval import Basis, Interval, Rewrite
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SETTINGS = TimelineSettings()
FIBER = Subject("s1", "fiber")
RADIO = Subject("s1", "5g")
DEVICE = Subject("s1")


def at(second: float) -> CollectorClock:
    return CollectorClock(now_ns=wall_ns(second), listening_since_ns=0)


class IntervalTable:
    """What somebody holds who follows the rewrites."""

    def __init__(self) -> None:
        self.rows: dict[Subject, list[Interval]] = {}

    def apply(self, rewrites: Iterable[Rewrite]) -> None:
        for rewrite in rewrites:
            from_ns, until_ns, rows = rewrite.from_ns, rewrite.until_ns, [*rewrite.intervals]
            for row in self.rows.get(rewrite.subject, []):
                ends_before = row.end_ns is not None and row.end_ns <= from_ns
                if ends_before or (until_ns is not None and row.start_ns >= until_ns):
                    rows.append(row)
                elif row.start_ns < from_ns:
                    rows.append(msgspec.structs.replace(row, end_ns=from_ns))
            self.rows[rewrite.subject] = sorted(rows, key=lambda row: row.start_ns)


def replayed(
    pieces: Iterable[BatchSummary], *, now_s: float, ticks: bool = False
) -> tuple[SiteTimeline, IntervalTable]:
    timeline, table = SiteTimeline(site="s1"), IntervalTable()
    for piece in pieces:
        table.apply(timeline.apply(piece, at(now_s), SETTINGS))
        if ticks:
            table.apply(timeline.tick(at(now_s), SETTINGS))
    table.apply(timeline.tick(at(now_s), SETTINGS))
    return timeline, table


def course(intervals: Sequence[Interval]) -> list[tuple[float, str, str]]:
    return [((row.start_ns - wall_ns(0)) / NS, row.state, row.symptom) for row in intervals]


# What is told of a site.


def test_a_fault_lasts_from_its_onset_to_the_onset_of_its_end() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)], starts=[0])
    life.batch(15, 30, [life.change("fiber", CUT, 20, 24)])
    life.measure(30, 90)
    life.batch(90, 105, [life.change("fiber", UP, 91, 101)])
    timeline, _ = replayed(life.pieces, now_s=110)
    assert course(whole_record(timeline)[FIBER]) == [
        (0, "unknown", "not_yet_measured"),
        (2, "up", "none"),
        (20, "down", "access_silent"),
        (91, "up", "none"),
    ]
    down = whole_record(timeline)[FIBER][2]
    assert (down.segment, down.basis, down.error_s) == (Segment.ACCESS, Basis.RECORD, 0.01)
    assert down.source is not None
    assert (down.source.stream, down.source.number, down.source.digest) == ("a1", 2, b"a12")


def test_silence_is_unknown_at_once_and_from_the_last_sign_of_life() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    timeline, table = replayed(life.pieces, now_s=30)
    assert course(table.rows[DEVICE]) == [(0, "up", "none")]
    table.apply(timeline.tick(at(61), SETTINGS))
    assert course(table.rows[DEVICE])[-1] == (15, "unknown", "agent_silent")
    assert course(table.rows[FIBER])[-1] == (15, "unknown", "agent_silent")
    assert table.rows[FIBER][-1].basis is Basis.SILENCE
    assert timeline.tick(at(62), SETTINGS) == ()


def test_a_spool_that_arrives_turns_silence_into_what_was_measured() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3), life.change("5g", UP, 2, 3)])
    timeline, table = replayed(life.pieces, now_s=7_000)
    assert course(table.rows[FIBER])[-1] == (15, "unknown", "agent_silent")
    spool = [
        life.batch(15, 30, [life.change("fiber", CUT, 16, 20), life.change("5g", CUT, 17, 20)])
    ]
    spool += life.measure(30, 6_990)
    spool.append(life.batch(6_990, 7_005, [life.change("5g", UP, 6_991, 7_001)]))
    for piece in spool:
        table.apply(timeline.apply(piece, at(7_010), SETTINGS))
    assert course(table.rows[FIBER])[-2:] == [(2, "up", "none"), (16, "down", "access_silent")]
    assert course(table.rows[RADIO])[-2:] == [(17, "down", "access_silent"), (6_991, "up", "none")]
    assert course(table.rows[DEVICE]) == [(0, "up", "none")]


def test_a_new_boot_shows_when_the_device_was_off_and_on_again() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    later = BootScript(boot="b2", stream="a2", on_s=3_600)
    later.batch(3_640, 3_655, [later.change("fiber", UP, 3_641, 3_642)], starts=[3_640])
    timeline, _ = replayed([*life.pieces, *later.pieces], now_s=3_660)
    expected = [
        (15, "unknown", "device_off"),
        (3_600, "unknown", "not_yet_measured"),
        (3_640, "unknown", "not_yet_measured"),
        (3_641, "up", "none"),
    ]
    assert course(whole_record(timeline)[FIBER])[-4:] == expected
    assert [interval.basis for interval in whole_record(timeline)[FIBER][-3:]] == [
        Basis.ABSENCE,
        Basis.RECORD,
        Basis.RECORD,
    ]
    assert course(whole_record(timeline)[DEVICE])[-3:-1] == expected[:2]
    off = whole_record(timeline)[DEVICE][-3]
    assert off.segment is Segment.DEVICE
    # A power cut takes what was not on the disk yet: as much as an agent collects before it pushes.
    cut_s = PushConfig(url="", token_file="").push_every_s
    assert off.error_s == (whole_record(timeline)[DEVICE][-4].error_s or 0.0) + cut_s


def test_an_agent_that_was_off_is_absent_and_missing_batches_mean_silence() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    late = life.batch(15, 300)
    life.batch(300, 315)
    first, third = life.pieces[0], life.pieces[2]
    awaited, _ = replayed([first, third], now_s=320)
    gap = whole_record(awaited)[DEVICE][1]
    assert (gap.symptom, gap.basis) == (Symptom.AGENT_SILENT, Basis.SILENCE)
    awaited.apply(late, at(321), SETTINGS)
    assert len(whole_record(awaited)[DEVICE]) == 1
    whole = BootScript()
    whole.batch(0, 15, [whole.change("fiber", UP, 2, 3)])
    whole.batch(300, 315, starts=[300])
    absent, _ = replayed(whole.pieces, now_s=320)
    gap = whole_record(absent)[DEVICE][1]
    assert (gap.symptom, gap.basis) == (Symptom.AGENT_SILENT, Basis.ABSENCE)


def test_verdicts_from_before_a_restart_of_the_agent_do_not_hold_after_it() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", CUT, 2, 3)])
    life.batch(15, 40, [life.change("fiber", CUT, 26, 33)], starts=[25])
    timeline, _ = replayed(life.pieces, now_s=41)
    assert course(whole_record(timeline)[FIBER]) == [
        (0, "unknown", "not_yet_measured"),
        (2, "down", "access_silent"),
        (25, "unknown", "not_yet_measured"),
        (26, "down", "access_silent"),
    ]


def test_a_verdict_that_is_repeated_after_a_restart_continues() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", CUT, 2, 3)])
    life.batch(15, 40, [life.change("fiber", CUT, 2, 25)], starts=[25])
    timeline, _ = replayed(life.pieces, now_s=41)
    assert course(whole_record(timeline)[FIBER])[1:] == [(2, "down", "access_silent")]


def test_a_verdict_is_presumed_while_later_batches_are_missing() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", CUT, 2, 3)])
    missing = life.batch(15, 30, [life.change("fiber", UP, 16, 20)])
    life.batch(30, 45)
    timeline, _ = replayed([life.pieces[0], life.pieces[2]], now_s=46)
    last = whole_record(timeline)[FIBER][-1]
    assert (last.state, last.basis) == (State.DOWN, Basis.PRESUMED)
    assert last.start_ns == wall_ns(15)
    timeline.apply(missing, at(47), SETTINGS)
    last = whole_record(timeline)[FIBER][-1]
    assert (last.state, last.basis, last.start_ns) == (State.UP, Basis.RECORD, wall_ns(16))


def test_a_boot_that_was_never_dated_is_dated_by_the_batch_that_could_be() -> None:
    life = BootScript(quality=ClockQuality.UNCERTAIN, off_by_s=-900_000_000)
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    life.quality, life.off_by_s = ClockQuality.WRONG, 0
    life.batch(15, 30, [life.change("fiber", CUT, 20, 24)])
    for pieces in (life.pieces, life.pieces[::-1]):
        timeline, table = replayed(pieces, now_s=31)
        assert course(whole_record(timeline)[FIBER])[-2:] == [
            (2, "up", "none"),
            (20, "down", "access_silent"),
        ]
        assert {s: tuple(rows) for s, rows in table.rows.items()} == whole_record(timeline)


def test_of_two_overlapping_boots_the_better_dated_one_counts() -> None:
    life = BootScript()
    life.batch(0, 100, [life.change("fiber", UP, 2, 3)])
    doubtful = BootScript(boot="b0", stream="a0", on_s=40, quality=ClockQuality.UNCERTAIN)
    doubtful.batch(50, 400, [doubtful.change("fiber", CUT, 51, 52)])
    timeline, _ = replayed([*doubtful.pieces, *life.pieces], now_s=401)
    assert course(whole_record(timeline)[FIBER])[-2:] == [
        (2, "up", "none"),
        (100, "down", "access_silent"),
    ]


def test_data_older_than_the_retention_is_not_rewritten() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", UP, 2, 3)])
    timeline, table = replayed(life.pieces, now_s=100)
    much_later = 40 * 86_400
    later = BootScript(boot="b2", stream="a2", on_s=much_later)
    later.batch(much_later, much_later + 15, [later.change("fiber", UP, much_later, much_later)])
    table.apply(timeline.apply(later.pieces[0], at(much_later + 16), SETTINGS))
    kept = list(table.rows[FIBER])
    old = life.batch(15, 30, [life.change("fiber", CUT, 16, 20)])
    table.apply(timeline.apply(old, at(much_later + 17), SETTINGS))
    assert table.rows[FIBER] == kept
    assert timeline.floor_ns > wall_ns(0)


def test_a_timeline_survives_being_written_down() -> None:
    life = BootScript()
    life.batch(0, 15, [life.change("fiber", CUT, 2, 3)], starts=[0])
    timeline, _ = replayed(life.pieces, now_s=100)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(timeline), type=SiteTimeline)
    assert again == timeline
    assert again.apply(life.pieces[0], at(101), SETTINGS) == ()
    assert whole_record(again) == whole_record(timeline)


# What holds whatever happens.

VERDICTS: list[VerdictTriple] = [UP, CUT, UNPLUGGED, LOSSY]


@st.composite
def boot_scripts(draw: st.DrawFn) -> list[BatchSummary]:
    """Draw one to three boots of a device, with restarts, holes, faults; all batches of it."""
    pieces: list[BatchSummary] = []
    clock = draw(st.integers(0, 20))
    for boot in range(draw(st.integers(1, 3))):
        life = BootScript(boot=f"b{boot}", stream=f"a{boot}", on_s=clock)
        clock += draw(st.integers(0, 40))
        starts = [clock]
        for _ in range(draw(st.integers(1, 6))):
            length = draw(st.integers(5, 30))
            changes = []
            decided = clock - 1
            for _ in range(draw(st.integers(0, 3))):
                decided = draw(st.integers(decided + 1, max(decided + 1, clock + length - 3)))
                onset = draw(st.integers(max(life.on_s, decided - 40), decided))
                subject = draw(st.sampled_from(["fiber", "5g"]))
                changes.append(
                    life.change(subject, draw(st.sampled_from(VERDICTS)), onset, decided)
                )
            life.batch(clock, clock + length, changes, starts=starts)
            starts = []
            clock += length
            if draw(st.booleans()):
                clock += draw(st.integers(0, 150))
                if draw(st.booleans()):
                    starts = [clock]
        pieces += life.pieces
        clock += draw(st.integers(1, 200))
    return pieces


@given(boot_scripts(), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_the_order_and_repetition_of_what_arrives_change_nothing(
    pieces: list[BatchSummary], chance: random.Random, ticks: bool
) -> None:
    end_s = max(piece.epoch_ns + piece.sealed_ns for piece in pieces) / NS - wall_ns(0) / NS
    for now_s in (end_s + 1, end_s + 1_000):
        straight, table = replayed(pieces, now_s=now_s)
        shuffled = pieces + chance.choices(pieces, k=len(pieces))
        chance.shuffle(shuffled)
        mixed, mixed_table = replayed(shuffled, now_s=now_s, ticks=ticks)
        assert whole_record(mixed) == whole_record(straight)
        for kept, timeline in ((table, straight), (mixed_table, mixed)):
            assert {s: tuple(rows) for s, rows in kept.rows.items()} == whole_record(timeline)


@given(boot_scripts(), st.randoms(use_true_random=False))
@settings(max_examples=examples(70), deadline=None)
def test_intervals_are_contiguous_and_agree_with_a_simple_reference(
    pieces: list[BatchSummary], chance: random.Random
) -> None:
    arrived = [piece for piece in pieces if chance.random() < 0.8] or pieces
    chance.shuffle(arrived)
    alive = [
        (piece.epoch_ns + begin, piece.epoch_ns + end)
        for piece in arrived
        for begin, end in piece.spans
    ]
    first_s = (min(begin for begin, _ in alive) - wall_ns(0)) // NS
    last_s = (max(end for _, end in alive) - wall_ns(0)) // NS
    for now_s in (last_s + 1, last_s + 100):
        timeline, _ = replayed(arrived, now_s=now_s)
        for subject, intervals in whole_record(timeline).items():
            assert intervals[0].start_ns == wall_ns(first_s)
            assert intervals[-1].end_ns is None
            for interval, other in pairwise(intervals):
                assert interval.end_ns == other.start_ns
                assert interval.start_ns < other.start_ns
                assert not interval.is_same_state(other)
            seconds = range(first_s, now_s)
            naive = reference(arrived, subject, seconds, is_silent=timeline.is_silent)
            assert second_by_second(intervals, seconds) == naive, subject


def test_the_current_state_is_the_last_interval_of_each_subject() -> None:
    script = BootScript()
    script.batch(0, 15, [script.change("fiber", CUT, 2, 3), script.change("5g", UP, 2, 3)])
    timeline, _ = replayed(script.pieces, now_s=30)
    now = {subject: course[-1] for subject, course in whole_record(timeline).items()}
    assert timeline.current() == now
    timeline.tick(at(400), SETTINGS)
    assert {interval.symptom for interval in timeline.current().values()} == {Symptom.AGENT_SILENT}


def test_a_stream_without_its_beginning_is_in_doubt_from_where_the_one_before_it_ends() -> None:
    script = BootScript()
    script.batch(0, 15, [script.change("fiber", CUT, 2, 3)])
    script.measure(15, 105)
    script.stream, script.number = "a2", 1
    script.batch(200, 215)
    timeline, _ = replayed(script.pieces, now_s=220)
    intervals = whole_record(timeline)[FIBER]
    presumed = [interval for interval in intervals if interval.basis is Basis.PRESUMED]
    assert presumed[0].start_ns == wall_ns(200)
    gap = next(interval for interval in intervals if interval.symptom is Symptom.AGENT_SILENT)
    assert (gap.start_ns, gap.end_ns, gap.basis) == (wall_ns(105), wall_ns(200), Basis.SILENCE)
    assert all(row.basis is Basis.RECORD for row in intervals if row.start_ns < wall_ns(105))


def test_a_pause_of_a_minute_is_none_and_a_longer_one_is_an_absence() -> None:
    for pause_s, courses in ((60, 1), (61, 3)):
        script = BootScript()
        script.batch(0, 15)
        script.batch(15 + pause_s, 30 + pause_s)
        timeline, table = replayed(script.pieces, now_s=31 + pause_s)
        assert len(whole_record(timeline)[DEVICE]) == courses
        assert tuple(table.rows[DEVICE]) == whole_record(timeline)[DEVICE]


def test_the_state_at_the_drop_of_the_past_stays_in_force() -> None:
    script = BootScript()
    script.batch(0, 15, [script.change("fiber", UP, 2, 3)])
    day_s = 86_400
    script.batch(15, day_s, [script.change("fiber", CUT, 500, 503)])
    for day in range(1, 40):
        script.batch(day * day_s, (day + 1) * day_s)
    last_s = 40 * day_s
    script.batch(last_s, last_s + 15, [script.change("fiber", LOSSY, last_s, last_s + 9)])
    timeline, _ = replayed(script.pieces, now_s=last_s + 20)
    first, last = whole_record(timeline)[FIBER]
    assert (first.state, first.start_ns) == (State.DOWN, timeline.floor_ns)
    assert (last.state, last.start_ns) == (State.DEGRADED, wall_ns(last_s))
