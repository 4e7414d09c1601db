"""
The latest echoes of a site's series, in a form that is cheap to update on a push. Pure.

A page shows the last minute of each series, and is rarely opened between two pushes. So a push's
echoes are kept unprocessed (``EchoBatch``), and merged when a page is opened; by then later pushes
have made most of them superfluous.
"""

from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice, pairwise
from operator import add, lt

import msgspec

from thongsuot_schema.batch import kernel
from thongsuot_schema.batch.columns import ColumnBlock, Columns
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.line import RECENT_RUNS, EchoRun

_BATCHES_KEPT = 6
"""
Batches kept unprocessed. Three cover the last minute at the default interval of 5 s and pushes
every 15 s; superfluous ones are removed for several pushes together.
"""

_SHORT_MS = (1 << 16) - 1
_LONGEST_MS = (1 << 31) - 1
_NOTHING_LOST = (0,) * RECENT_RUNS


class LatestEchoes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    The latest runs of one icmp series: wall time and round trip of the newest, and the loss of
    each.

    The losses are in thousandths, the ages in milliseconds before the newest: there is a state for
    each site, and small integers take one to three bytes.
    """

    time_ms: int
    rtt_s: float | None
    losses_permille: tuple[int, ...] = ()
    ages_ms: tuple[int, ...] = ()

    @property
    def runs(self) -> tuple[EchoRun, ...]:
        """The runs by wall time, in order."""
        # A state saved by an older collector has losses without ages; it is replaced within a
        # minute.
        return tuple(
            EchoRun((self.time_ms - age_ms) / 1000, loss / 1000)
            for age_ms, loss in zip(self.ages_ms, self.losses_permille, strict=False)
        )


class EchoBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    The echoes of one batch, series after series; ``counts`` has the runs of each.

    Times are in milliseconds after ``base_ms`` (wall time), 2 or 4 bytes each. ``losses`` are in
    thousandths, 2 bytes each; empty: nothing was lost. ``rtts`` are of the newest run of each
    series, ``None`` where it has none. No run is later than ``end_ms``; 0: that is not known.
    """

    base_ms: int
    counts: tuple[int, ...]
    rtts: tuple[float | None, ...]
    times: bytes
    losses: bytes
    end_ms: int = 0

    def times_ms(self) -> "array[int]":
        """Return the time of each run, after ``base_ms``."""
        return _numbers("H" if len(self.times) == 2 * sum(self.counts) else "i", self.times)

    def latest_ms(self) -> int:
        """Return a wall time that no run is later than."""
        return self.base_ms + (self.end_ms or max(self.times_ms(), default=0))

    def is_before_all_of(self, other: "EchoBatch") -> bool:
        """Return whether the other batch has a run of each series, and none before this ends."""
        return self.latest_ms() < other.base_ms and 0 not in other.counts

    def newest_ms(self) -> list[int]:
        """Return the time of the newest run of each series (wall time), 0 if it has none."""
        times, base_ms = self.times_ms(), self.base_ms
        if 0 not in self.counts:
            return [base_ms + times[last - 1] for last in accumulate(self.counts)]
        ends = zip(self.counts, accumulate(self.counts), strict=True)
        return [base_ms + times[last - 1] if count else 0 for count, last in ends]


class EchoTail(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The unprocessed echoes of a site's latest batches; ``keys`` are the names of series."""

    keys: tuple[str, ...] = ()
    batches: tuple[EchoBatch, ...] = ()

    def followed_by(self, keys: tuple[str, ...], batch: EchoBatch) -> "EchoTail | None":
        """Return the tail with one more batch, ``None`` if it is full."""
        if not self.batches:
            return EchoTail(keys, (batch,))
        if keys == self.keys and any(batch.is_before_all_of(kept) for kept in self.batches):
            return self  # of a backlog: every series has a later run already
        batches = (*self.batches, batch)
        if len(batches) > _BATCHES_KEPT:
            batches = _needed(batches)
        if keys != self.keys or len(batches) > _BATCHES_KEPT:
            return None
        return EchoTail(self.keys, batches)

    def onto(self, known: Mapping[str, LatestEchoes]) -> dict[str, LatestEchoes]:
        """Return the latest echoes of each series, given the earlier ones."""
        latest = dict(known)
        for batch in self.batches:
            times, losses = batch.times_ms(), _numbers("H", batch.losses)
            last = 0
            for key, count, rtt_s in zip(self.keys, batch.counts, batch.rtts, strict=True):
                first, last = last, last + count
                if not count:
                    continue
                newest, before = times[last - 1], latest.get(key)
                time_ms = batch.base_ms + newest
                if before is None or before.time_ms < time_ms:
                    ages_ms = tuple([newest - run for run in times[first:last]])
                    lost = tuple(losses[first:last]) if losses else _NOTHING_LOST[:count]
                    latest[key] = with_runs(before, (ages_ms, lost), time_ms, rtt_s)
        return latest


def _needed(batches: tuple[EchoBatch, ...]) -> tuple[EchoBatch, ...]:
    """Return batches without the first ones that later batches completely replace."""
    if not _are_in_order(batches):
        return batches  # a backlog: the latest runs are selected one by one
    totals = [0] * len(batches[-1].counts)
    for place in range(len(batches) - 1, -1, -1):
        totals = [*map(add, totals, batches[place].counts)]
        if min(totals, default=0) >= RECENT_RUNS:
            return batches[place:]
    return batches


def _are_in_order(batches: tuple[EchoBatch, ...]) -> bool:
    """Return whether each batch has later runs than those before it, of each series."""
    if all(later.base_ms > earlier.latest_ms() for earlier, later in pairwise(batches)):
        return True  # nearly always: all runs are later than all of the batch before
    newest = [batch.newest_ms() for batch in batches]
    if all(0 not in batch.counts for batch in batches):
        return all(all(map(lt, earlier, later)) for earlier, later in pairwise(newest))
    for of_series in zip(*newest, strict=True):
        heard = [time_ms for time_ms in of_series if time_ms]
        if heard != sorted(set(heard)):
            return False
    return True


def echo_batch(columns: Columns, block: ColumnBlock, offset_ms: int) -> EchoBatch | None:
    """
    Return the echoes of a block unprocessed, ``None`` in unusual cases: not all were measured, or a
    series has more than are shown. ``offset_ms`` is the wall time of boottime 0.
    """
    rtts, losses = _rtts_and_losses(block)
    kind, first, rows = block.block, block.first_row, block.last_row - block.first_row
    counts = columns.counts[kind.first : kind.last]
    if losses is None or rtts is None or max(counts) > RECENT_RUNS:
        return None
    if not block.whole and None in losses:
        return None
    begin_ms, end_ms = columns.earliest_ms or 0, columns.latest_ms or 0
    if end_ms - begin_ms > _LONGEST_MS:
        return None
    size = 2 if end_ms - begin_ms <= _SHORT_MS else 4
    unheard = (0,) * (kind.last - kind.first - len(counts))
    newest_rtts = _newest(rtts, counts)
    return EchoBatch(
        offset_ms + begin_ms,
        (*counts, *unheard),
        (*newest_rtts, *(None for _ in unheard)) if unheard else newest_rtts,
        kernel.offsets(columns.times_ms, first, rows, begin_ms, size),
        _lost(losses),
        end_ms=end_ms - begin_ms,
    )


def _newest(values: Sequence[float | None], counts: list[int]) -> tuple[float | None, ...]:
    """Return the last value of each series, ``None`` where it has no run."""
    if isinstance(values, array):
        return kernel.last_values(values, counts, 0, len(counts))
    ends = zip(counts, accumulate(counts), strict=True)
    return tuple([values[last - 1] if count else None for count, last in ends])


def _lost(losses: Sequence[float | None]) -> bytes:
    """Return losses as ``EchoBatch`` has them."""
    if isinstance(losses, array) and losses.tobytes() == bytes(losses.itemsize * len(losses)):
        return b""  # nearly always: zeros
    return array("H", map(_permille, losses)).tobytes() if any(losses) else b""


def record_echoes(
    known: dict[str, LatestEchoes],
    keys: tuple[str, ...],
    block: ColumnBlock,
    columns: Columns,
    offset_ms: int,
) -> None:
    """Merge the echoes of a block into the known ones, in the general case and in any order."""
    rtts, losses = _rtts_and_losses(block)
    if losses is None:
        losses = (None,) * (block.last_row - block.first_row)
    times_ms, counts, last = columns.times_ms, columns.counts, block.first_row
    for position in range(block.block.first, min(block.block.last, len(counts))):
        first, last = last, last + counts[position]
        if first == last:
            continue
        key, newest_ms = keys[position], times_ms[last - 1]
        before, time_ms = known.get(key), offset_ms + newest_ms
        if before is None or before.time_ms < time_ms:
            # From the newest on, as many as are kept: a batch may have 20,000 of them.
            start = max(first, last - RECENT_RUNS)
            lost = losses[start - block.first_row : last - block.first_row]
            if None in lost:
                lost = losses[first - block.first_row : last - block.first_row]
                runs = _measured_runs(newest_ms, times_ms[first:last], lost)
            else:
                ages_ms = tuple([newest_ms - run_ms for run_ms in times_ms[start:last]])
                runs = ages_ms, tuple(map(_permille, lost))
            rtt_s = None if rtts is None else rtts[last - 1 - block.first_row]
            known[key] = with_runs(before, runs, time_ms, rtt_s)


def with_runs(
    before: LatestEchoes | None,
    runs: tuple[tuple[int, ...], tuple[int, ...]],
    time_ms: int,
    rtt_s: float | None,
) -> LatestEchoes:
    """
    Return the latest runs merged with those of a batch, at most ``RECENT_RUNS`` in order: their
    ages at ``time_ms``, and their losses.
    """
    ages_ms, losses = runs
    room = RECENT_RUNS - len(ages_ms)
    # A state saved by an older collector has losses without ages: they are dropped.
    if before is not None and room and len(before.ages_ms) == len(before.losses_permille):
        since_ms = time_ms - before.time_ms
        ages_ms = (*[age_ms + since_ms for age_ms in before.ages_ms[-room:]], *ages_ms)
        losses = before.losses_permille[-room:] + losses
    return LatestEchoes(time_ms, rtt_s, losses_permille=losses, ages_ms=ages_ms)


def _rtts_and_losses(
    block: ColumnBlock,
) -> tuple[Sequence[float | None] | None, Sequence[float | None] | None]:
    """Return the round trips and the losses of a block, ``None`` if its layout has none."""
    metrics, columns = block.block.metrics, block.columns
    rtts = columns[metrics.index(RTT.name)] if RTT.name in metrics else None
    losses = columns[metrics.index(LOSS.name)] if LOSS.name in metrics else None
    return rtts, losses


def _measured_runs(
    newest_ms: int, times_ms: Sequence[int], losses: Sequence[float | None]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the ages and losses (in thousandths) of the newest runs that have a loss."""
    newest = islice(
        (
            (newest_ms - run_ms, _permille(loss))
            for run_ms, loss in zip(reversed(times_ms), reversed(losses), strict=True)
            if loss is not None
        ),
        RECENT_RUNS,
    )
    runs = [*newest][::-1]
    return tuple([age_ms for age_ms, _ in runs]), tuple([loss for _, loss in runs])


def _permille(loss: float | None) -> int:
    """Return a loss that was measured in thousandths; a device may claim to have lost more."""
    assert loss is not None
    return round(max(0.0, min(loss, 1.0)) * 1000)


def _numbers(code: str, content: bytes) -> "array[int]":
    numbers: array[int] = array(code)
    numbers.frombytes(content)
    return numbers
