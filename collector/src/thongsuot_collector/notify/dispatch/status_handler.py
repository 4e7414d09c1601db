"""
Status handler: what receivers say comes back, and the city is notified of what a party refuses.
"""

import logging
from collections.abc import Callable
from functools import partial

from thongsuot_collector.incidents.incident import Dispute
from thongsuot_collector.incidents.party import CITY
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.feedback import RecordQueue, record_status
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore, ThreadKey
from thongsuot_collector.notify.dispatch.routing import routes_of
from thongsuot_collector.notify.dispatch.thread import NotificationThread, RouteState
from thongsuot_collector.notify.dispatch.transitions import (
    continue_thread,
    start_thread,
    with_dispute,
    with_status,
)
from thongsuot_collector.notify.message import Acceptance, ReceiverStatus
from thongsuot_collector.notify.settings import NotifySettings

_log = logging.getLogger(__name__)


class StatusHandler:
    """Takes what receivers say; ``wake`` is called with a thread that has something to do now."""

    def __init__(
        self,
        store: NotificationStore,
        records: RecordQueue,
        metrics: NotifyMetrics,
        *,
        directory: InventoryDirectory,
        settings: NotifySettings,
        wake: Callable[[ThreadKey], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._store = store
        self._records = records
        self._metrics = metrics
        self._directory = directory
        self._settings = settings
        self._wake = wake
        self._now_ns = now_ns

    async def accept(
        self, thread: NotificationThread, route: RouteState, status: ReceiverStatus
    ) -> None:
        """Write a receiver's news into the incident; the city is notified of a refusal at once."""
        revision = status.revision or status.status
        key = thread.incident, thread.audience
        current = self._store.get(key)
        if revision == route.receiver_status or current is None:
            return
        if not current.has_route(route):
            return  # another notification since; what was asked for is over
        self._store.put(key, with_status(current, route.route, revision))
        await self._store.save([key])
        _log.info(
            "receiver says incident=%s channel=%s reference=%s status=%s",
            thread.incident,
            route.channel,
            route.reference,
            status.status,
        )
        is_refused = status.acceptance is Acceptance.REFUSED and not current.is_ending
        dispute = Dispute(
            party=thread.audience,
            reference=route.reference,
            reason=status.text,
            at_ns=self._now_ns(),
        )
        self._records.put(
            partial(
                record_status,
                incident=thread.incident,
                audience=thread.audience,
                route=route,
                status=status,
                dispute=dispute if is_refused else None,
            )
        )
        if is_refused and thread.audience != CITY:
            await self._notify_city(current, dispute)

    async def _notify_city(self, thread: NotificationThread, dispute: Dispute) -> None:
        """Tell the city that a party says that an incident is not its own."""
        key = thread.incident, CITY
        await self._store.reload(key)
        city = self._store.get(key)
        routes = routes_of(CITY, self._directory, self._settings).routes
        event, comparison, now_ns = thread.event, thread.comparison, dispute.at_ns
        if city is None:
            city = start_thread(event, CITY, routes, comparison, now_ns=now_ns)
            if not city.routes:
                self._metrics.report_unreachable(city)
        else:
            city = continue_thread(city, event, routes, comparison, now_ns=now_ns)
        self._store.put(key, with_dispute(city, dispute))
        await self._store.save([key])
        self._wake(key)
