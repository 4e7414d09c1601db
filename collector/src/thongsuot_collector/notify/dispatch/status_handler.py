"""Status handler: records the status reported by receivers in the incidents."""

import logging
from collections.abc import Callable
from functools import partial

import msgspec

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
from thongsuot_collector.printable import printable_line

_TEXT_CHARACTERS = 1_000
_STATUS_CHARACTERS = 100
"""
Of a receiver's words. Each line of an incident's history is written again with the next one, and
shown to everybody who may see the incident.
"""

_log = logging.getLogger(__name__)


class StatusHandler:
    """Records the status of receivers; ``IncidentWatch`` notifies the city about refusals."""

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
        """Revisions that are not in the incident yet, by the route's thread."""

    async def accept(
        self, thread: NotificationThread, route: RouteState, status: ReceiverStatus
    ) -> None:
        """Queue a receiver's status for the incident."""
        status = _bounded(status)
        revision = status.revision or status.status
        key = thread.incident, thread.audience
        current = self._store.get(key)
        known = self._waiting.get(route.thread_id, route.receiver_status)
        if revision == known or current is None:
            return
        if not current.has_route(route):
            return  # superseded by another notification since the poll
        self._waiting[route.thread_id] = revision
        _log.info(
            "receiver reports incident=%s channel=%s reference=%s status=%s",
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
        Write it into the incident first, then mark it as known.

        A process killed in between polls again, and finds it in the incident: in the other order
        the incident would never get it.
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


def _bounded(status: ReceiverStatus) -> ReceiverStatus:
    """Return a receiver's status with texts that an incident can keep."""
    return msgspec.structs.replace(
        status,
        status=printable_line(status.status[:_STATUS_CHARACTERS]),
        text=printable_line(status.text[:_TEXT_CHARACTERS]),
        revision=printable_line(status.revision[:_STATUS_CHARACTERS]),
    )
