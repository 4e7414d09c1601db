"""Scales: how a chart of a link divides the stretch of time that it shows."""

from typing import Final

import msgspec

from thongsuot_collector.state.line_rollups import COARSE_S, FINE_S
from thongsuot_schema.page.periods import PERIOD_NAMES, ChartPeriod
from thongsuot_schema.words.language import Text

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a chart divides its time: ``count`` slots of ``slot_s``, made of rollups of ``length_s``;
    marks every ``mark_s`` of Vietnam's clock, a label at every ``label_every`` of them.
    """

    name: Text
    slot_s: int
    count: int
    length_s: int
    mark_s: int
    label_every: int

    @property
    def span_s(self) -> int:
        """How long it is in all."""
        return self.slot_s * self.count

    def start_s(self, now_s: float) -> int:
        """Return when the first slot begins, where the last is the one of now."""
        return (int(now_s) // self.slot_s + 1) * self.slot_s - self.span_s


SCALES: Final[dict[ChartPeriod, Scale]] = {
    ChartPeriod.DAY: Scale(
        name=PERIOD_NAMES[ChartPeriod.DAY],
        slot_s=600,
        count=144,
        length_s=FINE_S,
        mark_s=_HOUR_S,
        label_every=6,
    ),
    ChartPeriod.WEEK: Scale(
        name=PERIOD_NAMES[ChartPeriod.WEEK],
        slot_s=_HOUR_S,
        count=168,
        length_s=COARSE_S,
        mark_s=_DAY_S,
        label_every=1,
    ),
    ChartPeriod.MONTH: Scale(
        name=PERIOD_NAMES[ChartPeriod.MONTH],
        slot_s=6 * _HOUR_S,
        count=120,
        length_s=COARSE_S,
        mark_s=_DAY_S,
        label_every=7,
    ),
}


def period_from(text: str | None) -> ChartPeriod | None:
    """Return the period of an address; ``None`` where it names none."""
    return ChartPeriod(text) if text in set(ChartPeriod) else None
