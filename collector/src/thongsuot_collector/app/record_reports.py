"""What devices report about their records: to the accounts, and to the detector of duplicates."""

import time
from collections.abc import Callable

from thongsuot_collector.app.components import Components
from thongsuot_collector.errors import PushRefused
from thongsuot_collector.ingest.batch_dating import PushClock
from thongsuot_schema.batch.record_report import parse_report


def report_hearer(components: Components) -> Callable[[str, str, PushClock], None]:
    """Return the callback for the report of a device in a push that is durable now."""
    budgets, leads = components.quarantines.budgets, components.role.leads
    duplicate_devices = components.clocks.duplicate_devices

    def hear(site: str, text: str, moment: PushClock) -> None:
        report = parse_report(text)
        if report is None:
            return
        try:
            budgets.charge_report(site, report, now_s=time.monotonic())
        except PushRefused:
            # Counted, and the site is quarantined; its batch is kept, and the next one reports it
            # again.
            return
        if report.streams and moment.boot_id:
            duplicate_devices.observe_stream(
                site, moment.boot_id, report.streams[0].stream, received_ns=moment.received_ns
            )
        if leads:
            components.accounts.hear(
                site, report, boot_id=moment.boot_id, boottime_ns=moment.boottime_ns or 0
            )
        else:
            components.passing.hear(site, text, moment)

    return hear
