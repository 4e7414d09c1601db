"""
The probes' use of a metered link's allowance, with the arithmetic for a refusal.

Pure. A month is taken at 31 days, every target in all the families it may have, nothing thinned
out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from thongsuot_agent.probes import loader
from thongsuot_agent.scheduler.job import (
    ALL_NAMES,
    SchedulableLink,
    families_of,
    interval_s,
    is_named,
    targets_of,
)
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Target
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.result import Family

MONTH_S = 31 * 86400

PUSH_BYTES = 2_500
"""
One push on a kept connection, IP level, both directions: request and answer with headers, TLS
records and acknowledgements around 0.6 to 1.5 KB of batch.
"""

BOTH_FAMILIES = frozenset({Family.IP4, Family.IP6})


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageItem:
    """One line of the arithmetic: the number of series, runs in a month, and bytes each."""

    label: str
    series: int
    runs: int
    run_bytes: int

    @property
    def total_bytes(self) -> int:
        """Bytes in a month."""
        return self.series * self.runs * self.run_bytes


def monthly_usage(
    link: Link,
    schedules: Sequence[ProbeSchedule],
    targets: Sequence[Target],
    *,
    push_every_s: float | None,
    is_metered: bool = True,
) -> tuple[UsageItem, ...]:
    """
    Return the probes' data usage on a link in a month; pushes count if they must use it.

    ``is_metered``: measured at the intervals of metered links.
    """
    items = list(_usage_items(link, schedules, targets, is_metered=is_metered))
    if push_every_s is not None:
        items.append(
            UsageItem(
                label="push", series=1, runs=round(MONTH_S / push_every_s), run_bytes=PUSH_BYTES
            )
        )
    return tuple(items)


def _usage_items(
    link: Link, schedules: Sequence[ProbeSchedule], targets: Sequence[Target], *, is_metered: bool
) -> Iterator[UsageItem]:
    schedulable = SchedulableLink(
        spec=link,
        families=BOTH_FAMILIES,
        resolver_families=BOTH_FAMILIES,
        first_hop_families=BOTH_FAMILIES,
        edge_families=BOTH_FAMILIES if link.site_networks else frozenset(),
    )
    for schedule in schedules:
        probe = loader.load(schedule.kind)
        if not is_named(link.name, schedule.links):
            continue
        if probe.per_site and link.medium in MOBILE_MEDIA and ALL_NAMES in schedule.links:
            continue  # made with a wired link; over a mobile one only while it replaces that link
        settings = msgspec.convert(schedule.settings, probe.settings)
        runs = round(MONTH_S / interval_s(schedule, is_metered=is_metered))
        for target in targets_of(schedule, probe, targets, link.name):
            series = (
                1 if probe.per_link or probe.per_site else len(families_of(target, schedulable))
            )
            run_bytes = probe.cost_bytes(target, settings)
            label = schedule.kind if probe.per_link else f"{schedule.kind} to {target.name}"
            if run_bytes:
                yield UsageItem(label=label, series=series, runs=runs, run_bytes=run_bytes)


def refusal_text(link: Link, items: Sequence[UsageItem]) -> str:
    """
    Return why the probes do not fit a link's allowance, with the arithmetic; empty when it does.
    """
    total = sum(item.total_bytes for item in items)
    allowance = link.allowance_bytes
    if allowance is None or total <= allowance:
        return ""
    text = Localizable(
        'the probes need {needed} MB in 31 days on link "{link}", allowance_bytes is'
        " {allowance} MB; raise the allowance, lengthen metered_every_s or measure"
        " fewer targets:",
        needed=f"{total / 1e6:.1f}",
        link=link.name,
        allowance=f"{allowance / 1e6:.1f}",
    )
    for item in items:
        text = Localizable(
            "{text}\n  {label}: {series} series x {runs} runs x {size} bytes = {total} MB",
            text=text,
            label=item.label,
            series=item.series,
            runs=item.runs,
            size=item.run_bytes,
            total=f"{item.total_bytes / 1e6:.1f}",
        )
    return text
