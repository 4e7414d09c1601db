"""One incident in a few words, and planned work as rows of a table. Pure."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render import sections
from thongsuot_collector.notify.render.names import window_scope
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_schema.state import State


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One incident in a list, in the words of the page; whether it is part of the one above."""

    state: State
    url: str
    headline: str
    tags: list[str]
    facts: list[str]
    is_inside: bool = False


def window_rows(
    windows: Iterable[MaintenanceWindow], directory: InventoryDirectory, reader: PageReader
) -> list[list[str]]:
    """Return the current and future planned work: one row per window."""
    now_ns = round(reader.now_s * NS_PER_S)
    return [
        [
            window_scope(window, directory, reader.language),
            sections.exact_time(window.start_ns),
            sections.exact_time(window.end_ns),
            window.note,
        ]
        for window in sorted(windows, key=lambda window: (window.start_ns, window.id))
        if window.end_ns > now_ns
    ]
