"""Status handler: what receivers say comes back into the incidents."""

import logging
from collections.abc import Callable
from functools import partial

from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.notify.dispatch.feedback import (
    IncidentRecorder,
    RecordQueue,
    record_status,
)
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore, ThreadKey
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
        self._waiting: dict[str, str] = {}
        """What is not yet in the incident, by the route's thread: revisions."""

    async def accept(
        self, thread: NotificationThread, route: RouteState, status: ReceiverStatus
    ) -> None:
        """Let a receiver's news be written into the incident."""
        revision = status.revision or status.status
        key = thread.incident, thread.audience
        current = self._store.get(key)
        known = self._waiting.get(route.thread_id, route.receiver_status)
        if revision == known or current is None:
            return
        if not current.has_route(route):
            return  # another notification since; what was asked for is over
        self._waiting[route.thread_id] = revision
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
            partial(self._record, key, route, status, dispute if is_refused else None)
        )

    async def _record(
        self,
        key: ThreadKey,
        route: RouteState,
        status: ReceiverStatus,
        dispute: Dispute | None,
        incidents: IncidentRecorder,
    ) -> None:
        """
        Write it into the incident, and only then that it is known.

        A process that is killed in between asks again, and finds it there: the other way round the
        incident would never have it.
        """
        revision = status.revision or status.status
        try:
            await record_status(
                incidents,
                incident=key[0],
                audience=key[1],
                route=route,
                status=status,
                dispute=dispute,
            )
            current = self._store.get(key)
            if current is not None and current.has_route(route):
                self._store.put(key, with_status(current, route.route, revision))
                await self._store.save([key])
        finally:
            if self._waiting.get(route.thread_id) == revision:
                del self._waiting[route.thread_id]
