"""However often a device dies, a site's past has bounds: the newest half of what is kept stays."""

from collections.abc import Iterable

import pytest

from tests.collector.timeline.boot_script import CUT, NS, UP, BootScript
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline

SETTINGS = TimelineSettings()


def clock_after(piece: BatchSummary) -> CollectorClock:
    now_ns = piece.epoch_ns + piece.sealed_ns + NS
    return CollectorClock(now_ns=now_ns, listening_since_ns=0)


def timeline_of(pieces: Iterable[BatchSummary]) -> SiteTimeline:
    timeline = SiteTimeline(site="s1")
    for piece in pieces:
        timeline.apply(piece, clock_after(piece), SETTINGS)
    return timeline


@pytest.mark.parametrize(
    ("count", "kept"), [(4_000, 4_000), (4_001, 2_000)], ids=["as many as are kept", "one more"]
)
def test_of_too_many_intervals_and_verdicts_the_newest_half_stays(count: int, kept: int) -> None:
    script = BootScript()
    script.batch(
        *(0, 100 * count),
        [script.change("fiber", CUT if at % 2 else UP, 100 * at, 100 * at) for at in range(count)],
        signs=[(100 * at, 100 * at + 1) for at in range(count)],
    )
    # What comes next finds that there is too much, and is one stretch more itself.
    script.batch(100 * count, 100 * count + 15)
    timeline = timeline_of(script.pieces)
    (boot,) = timeline.boots.values()
    assert (len(boot.spans), boot.verdict_count) == (kept + 1, kept)


def test_of_too_many_boots_the_newest_half_stays() -> None:
    scripts = [BootScript(boot=f"b{at}", stream=f"a{at}", on_s=1_000 * at) for at in range(502)]
    pieces = [script.batch(script.on_s, script.on_s + 15) for script in scripts]
    timeline = timeline_of(pieces[:501])
    assert len(timeline.boots) == 501
    timeline.apply(pieces[501], clock_after(pieces[501]), SETTINGS)
    assert list(timeline.boots) == [f"b{number}" for number in range(251, 502)]


def test_of_too_many_starts_of_an_agent_the_newest_half_stays() -> None:
    script = BootScript()
    script.batch(0, 41_000, starts=[10 * at for at in range(4_001)])
    script.batch(41_000, 41_015, starts=[41_005])
    (boot,) = timeline_of(script.pieces).boots.values()
    assert len(boot.starts) == 2_001 + 1  # with the one that stood when the newest half began
