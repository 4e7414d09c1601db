"""
Device clock: converts a device's boot time to wall time, by the collector's own clock.

A push carries the sender's boot time of sending. If it is received at the collector's time ``r``,
the device's boot time 0 was at ``r - boottime``, or earlier by the transfer time of the push. The
minimum over many pushes is the best estimate; old ones are dropped, because quartz drifts by up to
100 ppm.

A device with a synchronised clock knows the time more precisely, unless it is simply wrong: it is
trusted if both agree within ``AGREES_WITHIN_NS``. The estimate from a single push may be late by
its transfer time, which makes a device appear slow; so a device that appears slow by no more than
that is trusted until its next push.

Each better estimate dates the next batch a little earlier, relative to the one before. Such a
correction is slewed (``slew``). Pure: times are parameters.
"""

from dataclasses import dataclass

import msgspec

from thongsuot_collector.ingest.duplicate_devices import DuplicateDeviceDetector
from thongsuot_collector.ingest.slew import STEP_NS, BatchSpan, Slew
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.journal.journal import StreamNeighbours
from thongsuot_schema.batch.model import ClockReading

AGREES_WITHIN_NS = STEP_NS
"""
A push over a bad 5G link takes a second; a synchronised clock with a larger difference is wrong.
"""

LATE_PUSH_NS = 15 * 10**9
"""Maximum duration of a push before the agent aborts it (its ``timeout_s``)."""

_BUCKET_NS = 30 * 60 * 10**9
"""An estimate is based on the last 30 to 60 minutes: 100 ppm of that is 0.4 s at worst."""

BOOTS_KEPT = 64
"""
Boots kept in memory of each site, about 20 KB; the one with the oldest last push is dropped first.
A common bound would let one site that reports a new boot with every push take the others' clocks.
"""

_NONE_STORED = StreamNeighbours()


@dataclass(slots=True)
class _BootEpoch:
    """The smallest epoch observed in the current bucket of time and in the previous one."""

    bucket: int
    epoch_ns: int
    before_ns: int | None
    heard_ns: int
    is_heard_once: bool = True

    def best_ns(self) -> int:
        return self.epoch_ns if self.before_ns is None else min(self.epoch_ns, self.before_ns)


class ClockDecision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    How to interpret the times of one batch.

    ``epoch_ns`` is the wall time of boot time 0. ``offset_s`` is how far the device's own clock was
    ahead when it sealed the batch, ``None`` if there is no reference.
    """

    epoch_ns: int
    quality: ClockQuality
    offset_s: float | None


class BootClocks:
    """The estimates of all devices' boots; ``duplicate_devices`` gets the same observations."""

    def __init__(self) -> None:
        self.duplicate_devices = DuplicateDeviceDetector()
        self._boots: dict[str, dict[str, _BootEpoch]] = {}
        self._slews: dict[str, dict[str, Slew]] = {}
        """Also of boots without any push."""
        self._changed: set[tuple[str, str]] = set()

    def restore(self, site: str, boot_id: str, *, epoch_ns: int, heard_ns: int) -> None:
        """Restore an earlier process's estimate of a boot."""
        boot = _BootEpoch(heard_ns // _BUCKET_NS, epoch_ns, None, heard_ns, is_heard_once=False)
        self._remember(site, boot_id, boot)

    def observe_push(self, site: str, boot_id: str, *, boottime_ns: int, received_ns: int) -> None:
        """Add the observation of a push with its boot time of sending and its time of arrival."""
        self.duplicate_devices.observe(
            site, boot_id, boottime_ns=boottime_ns, received_ns=received_ns
        )
        epoch_ns = received_ns - boottime_ns
        bucket = received_ns // _BUCKET_NS
        key = (site, boot_id)
        boot = self._known(site, boot_id)
        if boot is None:
            self._remember(site, boot_id, _BootEpoch(bucket, epoch_ns, None, received_ns))
            self._changed.add(key)
            return
        boot.heard_ns = received_ns
        # After a long silence the first push is again a single one.
        boot.is_heard_once = bucket > boot.bucket + 1
        if bucket == boot.bucket:
            boot.epoch_ns = min(boot.epoch_ns, epoch_ns)
        else:
            boot.before_ns = boot.epoch_ns if bucket == boot.bucket + 1 else None
            boot.bucket, boot.epoch_ns = bucket, epoch_ns
            self._changed.add(key)

    def decide(
        self,
        site: str,
        boot_id: str,
        clock: ClockReading,
        *,
        batch: BatchSpan,
        received_ns: int,
        stored: StreamNeighbours = _NONE_STORED,
    ) -> ClockDecision:
        """
        Return how to interpret the times of a batch.

        The last event of ``batch`` includes its sealing: none can be later than its arrival,
        whatever the clocks say. ``stored`` are its neighbours in the journal, unless ``follows``
        says that they are not needed.
        """
        own_ns = clock.wall_ns - clock.boottime_ns
        boot = self._known(site, boot_id)
        estimate_ns = None if boot is None else boot.best_ns()
        epoch_ns, quality = _choose(own_ns, estimate_ns, synchronised=clock.error_s is not None)
        is_alone = boot is not None and boot.is_heard_once
        if is_alone and quality is ClockQuality.WRONG and _may_be_late(own_ns, estimate_ns):
            epoch_ns, quality = _choose(own_ns, None, synchronised=clock.error_s is not None)
        latest_ns = received_ns + AGREES_WITHIN_NS - batch.last_ns
        if epoch_ns > latest_ns:
            epoch_ns, quality = received_ns - batch.last_ns, ClockQuality.IMPOSSIBLE
        else:
            slew = self._slew(site, boot_id)
            epoch_ns = min(slew.slewed_ns(epoch_ns, batch, stored), latest_ns)
            slew.note(epoch_ns, batch)
        offset_s = None if estimate_ns is None else (own_ns - estimate_ns) / 1e9
        return ClockDecision(epoch_ns=epoch_ns, quality=quality, offset_s=offset_s)

    def follows(self, site: str, boot_id: str, stream: str, number: int) -> bool:
        """
        Return whether a batch follows one that was dated here, or is the first of its stream, which
        all agents send when they start.
        """
        slew = self._slews.get(site, {}).get(boot_id)
        return number == 1 or (slew is not None and slew.is_known(stream, number))

    def forget_dating(self, site: str, boot_id: str, stream: str, number: int) -> None:
        """Forget how a batch was dated: it is not stored, or was stored before."""
        slew = self._slews.get(site, {}).get(boot_id)
        if slew is not None:
            slew.forget(stream, number)

    def _slew(self, site: str, boot_id: str) -> Slew:
        slews = self._slews.setdefault(site, {})
        slew = slews.get(boot_id)
        if slew is None:
            slew = slews[boot_id] = Slew()
            if len(slews) > BOOTS_KEPT:
                del slews[next(iter(slews))]
        return slew

    def take_changed(self) -> list[tuple[str, str, int, int]]:
        """Return the changes since the last call: site, boot id, epoch, time of the last push."""
        changed, self._changed = self._changed, set()
        return [
            (site, boot_id, boot.best_ns(), boot.heard_ns)
            for site, boot_id in changed
            if (boot := self._known(site, boot_id)) is not None
        ]

    def _known(self, site: str, boot_id: str) -> _BootEpoch | None:
        boots = self._boots.get(site)
        return None if boots is None else boots.get(boot_id)

    def _remember(self, site: str, boot_id: str, boot: _BootEpoch) -> None:
        boots = self._boots.setdefault(site, {})
        boots[boot_id] = boot
        if len(boots) > BOOTS_KEPT:
            del boots[min(boots, key=lambda known: boots[known].heard_ns)]


def _may_be_late(own_ns: int, estimate_ns: int | None) -> bool:
    """Return whether the transfer time of one push explains that a device appears slow."""
    return estimate_ns is not None and 0 <= estimate_ns - own_ns < LATE_PUSH_NS


def _choose(
    own_ns: int, estimate_ns: int | None, *, synchronised: bool
) -> tuple[int, ClockQuality]:
    if estimate_ns is None:
        return own_ns, ClockQuality.CLAIMED if synchronised else ClockQuality.UNCERTAIN
    if abs(own_ns - estimate_ns) >= AGREES_WITHIN_NS:
        return estimate_ns, ClockQuality.WRONG
    return (own_ns, ClockQuality.TRUSTED) if synchronised else (estimate_ns, ClockQuality.CORRECTED)
