"""Status handler: what receivers say comes back into the incidents."""

import logging
from collections.abc import Callable
from functools import partial

from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.notify.dispatch.feedback import RecordQueue, record_status
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore
from thongsuot_collector.notify.dispatch.thread import NotificationThread, RouteState
from thongsuot_collector.notify.dispatch.transitions import with_status
from thongsuot_collector.notify.message import Acceptance, ReceiverStatus

_log = logging.getLogger(__name__)


class StatusHandler:
    """Takes what receivers say; ``IncidentWatch`` tells the city of what a party refuses."""

    def __init__(
        self,
        store: NotificationStore,
        records: RecordQueue,
        *,
        now_ns: Callable[[], int],
    ) -> None:
        self._store = store
        self._records = records
        self._now_ns = now_ns

    async def accept(
        self, thread: NotificationThread, route: RouteState, status: ReceiverStatus
    ) -> None:
        """Write a receiver's news into the incident."""
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
