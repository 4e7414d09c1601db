"""Epochs of successive batches, in order and out of order, by several processes."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.batches import BOOT, STREAM, S
from thongsuot_collector.ingest.device_clock import BootClocks
from thongsuot_collector.ingest.slew import STEP_NS, BatchSpan, Slew
from thongsuot_collector.journal.journal import StreamNeighbours
from thongsuot_schema.batch.model import ClockReading

SITE = "hoan-kiem"
EPOCH = 1_795_540_000 * S
SPAN_NS = 15 * S
SLEW_NS = SPAN_NS // 100
RUN_EVERY_NS = S // 5
NOTHING = StreamNeighbours()


def batch(number: int, stream: str = STREAM) -> BatchSpan:
    return BatchSpan(
        stream=stream,
        number=number,
        first_ns=(number - 1) * SPAN_NS,
        last_ns=number * SPAN_NS - RUN_EVERY_NS,
    )


@dataclass(slots=True)
class City:
    """Some collectors with one journal, and a device whose pushes travel for a while."""

    clocks: list[BootClocks]
    journal: dict[int, int] = field(default_factory=dict)
    now_ns: int = 0

    def neighbours(self, number: int) -> StreamNeighbours:
        known = sorted(self.journal.items())
        return StreamNeighbours(
            up_to=next((held for held in reversed(known) if held[0] <= number), None),
            above=next((held for held in known if held[0] > number), None),
        )

    def push(self, number: int, delay_ms: int, *, through: int) -> None:
        """Push a batch to a collector, which may have it already."""
        clocks = self.clocks[through % len(self.clocks)]
        self.now_ns = max(self.now_ns, number * SPAN_NS)
        received_ns = EPOCH + self.now_ns + delay_ms * 1_000_000
        clocks.observe_push(SITE, BOOT, boottime_ns=self.now_ns, received_ns=received_ns)
        is_known = clocks.follows(SITE, BOOT, STREAM, number)
        sealed_ns = number * SPAN_NS
        decided = clocks.decide(
            SITE,
            BOOT,
            ClockReading(boottime_ns=sealed_ns, wall_ns=EPOCH + sealed_ns, error_s=None),
            batch=batch(number),
            received_ns=received_ns,
            stored=NOTHING if is_known else self.neighbours(number),
        )
        if number in self.journal:
            clocks.forget_dating(SITE, BOOT, STREAM, number)
        else:
            self.journal[number] = decided.epoch_ns

    def restart(self, which: int) -> None:
        """Start a collector anew; it knows its first estimate of the boot."""
        restarted = BootClocks()
        restarted.restore(SITE, BOOT, epoch_ns=EPOCH + S, heard_ns=EPOCH + self.now_ns)
        self.clocks[which % len(self.clocks)] = restarted


PUSHES = st.lists(
    st.tuples(st.integers(0, 1_500), st.integers(0, 9), st.booleans()), min_size=2, max_size=60
)
"""Of each batch: how long its push travels, through which collector, and whether one restarts."""


def overlaps(journal: dict[int, int]) -> list[int]:
    """Return the batches that are dated into the one before."""
    return [
        number
        for number, epoch_ns in journal.items()
        if number - 1 in journal and journal[number - 1] - epoch_ns >= RUN_EVERY_NS
    ]


@settings(max_examples=300)
@given(PUSHES, st.integers(1, 3))
def test_restarts_and_other_collectors_bring_no_two_results_together(
    pushes: list[tuple[int, int, bool]], collectors: int
) -> None:
    city = City([BootClocks() for _ in range(collectors)])
    for number, (delay_ms, through, restarts) in enumerate(pushes, start=1):
        if restarts:
            city.restart(through + 1)
        city.push(number, delay_ms, through=through)
        if delay_ms % 3 == 0:
            city.push(number, delay_ms, through=through + 1)
    assert len(city.journal) == len(pushes)
    assert overlaps(city.journal) == []


@settings(max_examples=300)
@given(PUSHES, PUSHES, st.integers(1, 3))
def test_a_backlog_ends_where_the_fresh_batches_began(
    before: list[tuple[int, int, bool]], after: list[tuple[int, int, bool]], collectors: int
) -> None:
    city = City([BootClocks() for _ in range(collectors)])
    for number, (delay_ms, through, _) in enumerate(before, start=1):
        city.push(number, delay_ms, through=through)
    waiting = list(range(len(before) + 1, len(before) + len(after) + 1))
    fresh = waiting[-1] + 1
    for delay_ms, through, restarts in after:
        if restarts:
            city.restart(through + 1)
        city.push(fresh, delay_ms, through=through)
        fresh += 1
        city.push(waiting.pop(0), 1_500 - delay_ms, through=through)
    assert waiting == []
    # A meeting of both is as close as the two have drifted apart, which one batch cannot undo.
    meeting = len(before) + len(after) + 1
    assert set(overlaps(city.journal)) <= {meeting, meeting - 1}


def test_a_batch_is_dated_near_the_one_before_and_after_it() -> None:
    slew = Slew()
    up_to = (6, EPOCH)
    stored = StreamNeighbours(up_to=up_to, above=(8, EPOCH + 1))
    for wanted_ns, got_ns in (
        (EPOCH - S, EPOCH + 1 - SLEW_NS),
        (EPOCH + S, EPOCH + SLEW_NS),
        (EPOCH + SLEW_NS // 2, EPOCH + SLEW_NS // 2),
        (EPOCH + 2 * STEP_NS, EPOCH + 2 * STEP_NS),
    ):
        got = slew.slewed_ns(wanted_ns, batch(7), stored)
        assert abs(got - got_ns) <= RUN_EVERY_NS // 100 + 1, wanted_ns
    far_above = StreamNeighbours(up_to=up_to, above=(8, EPOCH + S))
    assert slew.slewed_ns(EPOCH, batch(7), far_above) == EPOCH + S // 2


def test_a_repeated_push_gets_the_same_epoch() -> None:
    slew = Slew()
    slew.note(EPOCH, batch(1))
    slew.note(slew.slewed_ns(EPOCH + 5, batch(2), NOTHING), batch(2))
    assert slew.slewed_ns(EPOCH - S, batch(2), NOTHING) == EPOCH + 5
    stored = StreamNeighbours(up_to=(2, EPOCH + 5))
    assert Slew().slewed_ns(EPOCH - S, batch(2), stored) == EPOCH + 5, "to another collector"


def test_neighbours_are_looked_up_where_a_chain_begins_only() -> None:
    slew = Slew()
    looked_up = Counter[int]()
    # Some in order, an outage, the newest, the backlog, and the rest in order.
    for number in (*range(1, 5), 9, 5, 6, 7, 10, 8, 11, 12):
        looked_up[number] += not slew.is_known(STREAM, number)
        slew.note(slew.slewed_ns(EPOCH, batch(number), NOTHING), batch(number))
    assert +looked_up == Counter([1, 9])


def test_memory_of_a_boot_is_bounded() -> None:
    slew = Slew()
    for number in range(2, 10_000, 2):
        stored = StreamNeighbours(above=(number + 7, EPOCH))
        slew.note(slew.slewed_ns(EPOCH, batch(number), stored), batch(number))
    for stream in range(10_000):
        slew.note(EPOCH, batch(1, stream=str(stream)))
    assert len(slew.tails) + len(slew.heads) <= 8
