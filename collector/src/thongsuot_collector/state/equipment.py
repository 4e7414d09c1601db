"""The latest readings of a site's modems, optical modules and UPSs that a page shows. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.catalogue import radio, snmp

_FIELDS: Final[Mapping[str, str]] = {
    radio.LTE_RSRP.name: "lte_dbm",
    radio.NR_RSRP.name: "nr_dbm",
    snmp.OPTICAL_RECEIVE.name: "light_dbm",
    snmp.OPTICAL_LOST.name: "has_no_light",
    snmp.ON_BATTERY.name: "is_on_battery",
    snmp.RUNTIME.name: "runtime_s",
}
"""Fields of ``view.SubjectView`` by the metric that they show."""

_YES_NO: Final = frozenset({"has_no_light", "is_on_battery"})
KINDS: Final = frozenset({radio.KIND.name, snmp.KIND.name})

SHOWN_FOR_S: Final = 86_400.0
"""A reading older than the chart of the day is not shown as current any more."""


class EquipmentReading(msgspec.Struct, frozen=True, array_like=True):
    """The newest successful run of one series: wall time, values by field of a light."""

    time_ms: int
    link: str
    values: dict[str, float]


def readings_in(columns: Columns, offset_ms: int) -> Iterator[tuple[str, EquipmentReading]]:
    """
    Yield a batch's readings, by a key of the series; ``offset_ms`` is the wall time of boottime 0.

    A run that is not ``ok`` is ignored: the reading before it stays, and ages.
    """
    for block in columns.blocks:
        if block.block.kind not in KINDS:
            continue
        shown = [
            (_FIELDS[name], column)
            for name, column in zip(block.block.metrics, block.columns, strict=True)
            if name in _FIELDS
        ]
        for rows in columns.series_of(block):
            series = columns.layout.layout.series[rows.position]
            good = [r for r in range(rows.first_row, rows.last_row) if r not in columns.not_ok]
            if good:
                at = good[-1] - block.first_row
                values = {name: column[at] for name, column in shown}
                known = {name: figure for name, figure in values.items() if figure is not None}
                key = f"{series.kind} {series.link} {series.target}"
                yield (
                    key,
                    EquipmentReading(offset_ms + columns.times_ms[good[-1]], series.link, known),
                )


def light_fields(readings: Iterable[EquipmentReading], link: str, now_s: float) -> dict[str, Any]:
    """Return the fields of a link's light, and in ``read_s`` when each was read."""
    fields: dict[str, Any] = {}
    read_s: dict[str, float] = {}
    own = [
        figures
        for figures in readings
        if figures.link == link and now_s - figures.time_ms / 1e3 < SHOWN_FOR_S
    ]
    for figures in sorted(own, key=lambda each: each.time_ms):
        for name, value in figures.values.items():
            fields[name] = value >= 0.5 if name in _YES_NO else value
            read_s[name] = figures.time_ms / 1e3
    return {**fields, "read_s": tuple(sorted(read_s.items()))} if fields else {}
