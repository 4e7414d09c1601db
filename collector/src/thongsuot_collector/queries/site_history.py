"""Site history: the states of a site's links and services over the last weeks, from the store."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine, or_, select

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.store.tables import INTERVALS
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import StateStretch

_AT_MOST: Final = 20_000
"""Intervals of a site in a month: of a flapping one the newest are shown."""


def site_stretches(
    store: Engine, site: str, *, from_s: float, now_s: float
) -> Mapping[Subject, list[StateStretch]]:
    """Return the states of all subjects of a site since a time, each in order."""
    wanted = (
        select(
            INTERVALS.c.link,
            INTERVALS.c.service,
            INTERVALS.c.start_ns,
            INTERVALS.c.end_ns,
            INTERVALS.c.state,
            INTERVALS.c.symptom,
        )
        .where(
            INTERVALS.c.site == site,
            or_(INTERVALS.c.end_ns.is_(None), INTERVALS.c.end_ns > int(from_s * NS_PER_S)),
        )
        .order_by(INTERVALS.c.start_ns.desc())
        .limit(_AT_MOST)
    )
    with store.connect() as connection:
        rows = connection.execute(wanted).all()
    stretches: dict[Subject, list[StateStretch]] = {}
    for row in reversed(rows):
        end_s = now_s if row.end_ns is None else row.end_ns / NS_PER_S
        stretches.setdefault(Subject(site, row.link, row.service), []).append(
            StateStretch(
                start_s=row.start_ns / NS_PER_S,
                end_s=end_s,
                state=State(row.state),
                symptom=Symptom(row.symptom),
            )
        )
    return stretches
