"""
The account of a site, day by day: the batches that were made and where they are, those that arrived
and which sinks have them.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from thongsuot_collector.accounts.stream_account import SILENT, BatchFate, StreamAccount
from thongsuot_collector.journal.journal import Cursor, Tally
from thongsuot_collector.store.acceptances import AcceptedAtSink, LostOfDay


class SinkLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    The batches that arrived on one day, by their state at one sink; they add up to all of them.

    ``earlier`` arrived before the sink was set up. ``skipped`` were passed without a result: no
    delivery, no dead letter, no counted loss. ``accepted`` are lost or skipped, and a person has
    accepted it.
    """

    sink: str
    delivered: int = 0
    waiting: int = 0
    dead_letters: int = 0
    lost: int = 0
    earlier: int = 0
    skipped: int = 0
    accepted: int = 0


class DayAccount(msgspec.Struct, frozen=True, kw_only=True):
    """
    One day of a site.

    ``fates`` counts the batches first known on that day, ``made`` is their sum; ``sinks`` counts
    the batches that arrived on that day, ``arrived``: more after an outage.
    """

    site: str
    day: int
    made: int
    fates: Mapping[BatchFate, int]
    arrived: int
    sinks: tuple[SinkLine, ...]

    @property
    def silent(self) -> int:
        """The number of batches that are gone without an announcement."""
        lost = sum(count for fate, count in self.fates.items() if fate in SILENT)
        return lost + sum(line.skipped + line.lost for line in self.sinks)

    @property
    def closes(self) -> bool:
        """Whether each batch exists, or is gone for an announced reason."""
        return self.silent == 0


class SinkProgress(msgspec.Struct, frozen=True, kw_only=True):
    """
    A sink over all sites: ``behind`` entries wait for it; ``skipped`` as in ``SinkLine``.

    ``accepted_lost`` and ``accepted_skipped`` are those that a person has accepted; they do not
    count in ``lost`` and ``skipped``.
    """

    sink: str
    behind: int
    delivered: int
    dead_letters: int
    lost: int
    skipped: int
    accepted_lost: int = 0
    accepted_skipped: int = 0

    @property
    def accepted(self) -> int:
        """The number of entries that it will never receive, which a person has accepted."""
        return self.accepted_lost + self.accepted_skipped


def sink_progress(sink: str, cursor: Cursor, *, done: int, behind: int) -> SinkProgress:
    """
    Return a sink's position, from its cursor and the number of sequences that it counts as done.

    Entries trimmed unread count as lost before the cursor has passed them: until then they may hide
    as many skipped ones.
    """
    skipped = 0
    if cursor.begun is not None:
        accounted = cursor.delivered + cursor.dead_letters + cursor.lost
        skipped = max(0, done - cursor.begun - accounted)
    return SinkProgress(
        sink=sink,
        behind=behind,
        delivered=cursor.delivered,
        dead_letters=cursor.dead_letters,
        lost=cursor.lost,
        skipped=skipped,
    )


def with_accepted(
    progress: SinkProgress, accepted: AcceptedAtSink, tallies: Iterable[Tally]
) -> SinkProgress:
    """
    Return a sink's position with the accepted entries apart; ``tallies`` are its days with losses.

    Entries beyond the accepted ones of their day and site are not accepted, even if the sum is not
    greater: after an older copy of the journal was restored, its count starts lower.
    """
    beyond = sum(
        max(0, tally.lost - accepted.days.get((tally.day, tally.site), 0)) for tally in tallies
    )
    lost = min(progress.lost, max(beyond, progress.lost - accepted.lost))
    skipped = max(0, progress.skipped - accepted.skipped)
    return msgspec.structs.replace(
        progress,
        lost=lost,
        skipped=skipped,
        accepted_lost=progress.lost - lost,
        accepted_skipped=progress.skipped - skipped,
    )


def not_accepted(accepted: AcceptedAtSink, tallies: Iterable[Tally]) -> tuple[LostOfDay, ...]:
    """Return the lost entries of a sink by day and site that nobody has accepted."""
    parts = (
        LostOfDay(
            day=tally.day,
            site=tally.site,
            lost=tally.lost - accepted.days.get((tally.day, tally.site), 0),
        )
        for tally in tallies
    )
    return tuple(part for part in parts if part.lost > 0)


def site_account(
    site: str,
    streams: Iterable[StreamAccount],
    arrived: Mapping[int, int],
    tallies: Mapping[str, Sequence[Tally]],
    sinks: Sequence[SinkProgress],
    *,
    accepted: Mapping[str, AcceptedAtSink],
    from_day: int = 0,
) -> list[DayAccount]:
    """Return a site's days, the newest first; ``accepted`` is what persons have, by sink."""
    fates: dict[int, dict[BatchFate, int]] = {}
    for stream in streams:
        for day, counts in stream.counts_by_day().items():
            of_day = fates.setdefault(day, {})
            for fate, count in counts.items():
                of_day[fate] = of_day.get(fate, 0) + count
    lines: dict[int, list[SinkLine]] = {}
    days = sorted(fates.keys() | arrived.keys(), reverse=True)
    for progress in sinks:
        by_day = {
            tally.day: tally for tally in tallies.get(progress.sink, ()) if tally.site == site
        }
        # The newest day first: the waiting entries arrived last.
        rest = progress
        accepted_days = accepted.get(progress.sink, AcceptedAtSink()).days
        for day in days:
            tally = by_day.get(day, Tally(day=day, site=site))
            accepted_lost = min(tally.lost, accepted_days.get((day, site), 0))
            line = _sink_line(rest, arrived.get(day, 0), tally, accepted_lost)
            rest = msgspec.structs.replace(
                rest,
                behind=rest.behind - line.waiting,
                skipped=rest.skipped - line.skipped,
                accepted_skipped=rest.accepted_skipped - (line.accepted - accepted_lost),
            )
            lines.setdefault(day, []).append(line)
    return [
        DayAccount(
            site=site,
            day=day,
            made=sum(fates.get(day, {}).values()),
            fates=fates.get(day, {}),
            arrived=arrived.get(day, 0),
            sinks=tuple(lines.get(day, ())),
        )
        for day in days
        if day >= from_day
    ]


def _sink_line(progress: SinkProgress, arrived: int, tally: Tally, accepted_lost: int) -> SinkLine:
    rest = max(0, arrived - tally.delivered - tally.dead_letters - tally.lost)
    waiting = min(rest, progress.behind)
    passed_over = min(rest - waiting, progress.skipped)
    accepted_skipped = min(rest - waiting - passed_over, progress.accepted_skipped)
    return SinkLine(
        sink=progress.sink,
        delivered=tally.delivered,
        waiting=waiting,
        dead_letters=tally.dead_letters,
        lost=tally.lost - accepted_lost,
        earlier=rest - waiting - passed_over - accepted_skipped,
        skipped=passed_over,
        accepted=accepted_lost + accepted_skipped,
    )
