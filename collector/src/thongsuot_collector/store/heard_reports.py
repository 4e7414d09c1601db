"""Devices' reports about their record to following collectors, passed on to the leading one."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Engine, delete, select

from thongsuot_collector.store.cluster_tables import HEARD_REPORTS
from thongsuot_collector.store.upsert import upsert


class PassedReport(msgspec.Struct, frozen=True, kw_only=True):
    """The newest report of a site from a header; ``head`` is the journal's at its arrival."""

    site: str
    report: str
    boot_id: str
    boottime_ns: int
    head: int
    heard_ns: int


def pass_on(engine: Engine, reports: Iterable[PassedReport]) -> None:
    """Store reports for the leading collector; of a site only the newest."""
    rows = [msgspec.structs.asdict(report) for report in reports]
    if not rows:
        return
    with engine.begin() as connection:
        new = upsert(connection, HEARD_REPORTS)
        names = ("report", "boot_id", "boottime_ns", "head", "heard_ns")
        connection.execute(
            new.on_conflict_do_update(
                index_elements=["site"], set_={name: new.excluded[name] for name in names}
            ),
            rows,
        )


def pop_all(engine: Engine) -> list[PassedReport]:
    """Return the stored reports, and delete them."""
    with engine.begin() as connection:
        rows = connection.execute(select(HEARD_REPORTS)).mappings().all()
        reports = [PassedReport(**row) for row in rows]
        for report in reports:
            # One that arrived in the meantime stays.
            connection.execute(
                delete(HEARD_REPORTS).where(
                    HEARD_REPORTS.c.site == report.site,
                    HEARD_REPORTS.c.heard_ns == report.heard_ns,
                )
            )
    return reports
