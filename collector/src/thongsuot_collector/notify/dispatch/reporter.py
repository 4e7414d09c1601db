"""Report: what became of tellings, to those who count, read logs, or keep the incident."""

import logging
from collections.abc import Callable, Iterable

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.notify.dispatch.delivery_log import DeliveryLogEntry
from thongsuot_collector.notify.dispatch.feedback import ReceiverFeedback
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.message import ChannelOutcome

_log = logging.getLogger(__name__)


class DeliveryUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of an entry of an incident's ledger; for ``incidents.actions.deliver``.

    ``delivery`` is ``None`` where it was overtaken before anybody was told.
    """

    incident: str
    number: int
    delivery: DeliveryAttempt | None
    is_done: bool


class DeliveryReporter:
    """
    Where a dispatcher reports to.

    ``on_update`` and ``on_feedback`` are called on the loop with what became of tellings, and with
    what receivers say; they must not block.
    """

    def __init__(
        self,
        metrics: NotifyMetrics,
        *,
        noted: Callable[[DeliveryUpdate], None],
        heard: Callable[[ReceiverFeedback], None],
    ) -> None:
        self.on_update = noted
        self.on_feedback = heard
        self._metrics = metrics

    def report_attempt(
        self, attempt: DeliveryLogEntry, before: NotificationThread, *, is_news: bool
    ) -> None:
        """Count a try, and say so in the log where that is news."""
        channel = attempt.channel.partition(":")[0]
        is_delivered = attempt.outcome is ChannelOutcome.DELIVERED
        self._metrics.attempts.labels(channel, attempt.outcome.value).inc()
        if is_delivered and before.primary_route is None:
            ended_ns = attempt.began_ns + attempt.took_ns
            self._metrics.seconds.observe((ended_ns - before.pending_since_ns) / NS_PER_S)
        if is_news:
            _log.log(
                logging.INFO if is_delivered else logging.WARNING,
                "telling incident=%s party=%s channel=%s outcome=%s: %s",
                attempt.incident,
                attempt.audience,
                attempt.channel,
                attempt.outcome,
                attempt.text,
            )

    def report_escalation(self, before: NotificationThread, after: NotificationThread) -> None:
        """Count the channels that a conversation has gone on from."""
        for leg in after.routes[before.active_routes - 1 : after.active_routes - 1]:
            self._metrics.escalations.labels(leg.channel).inc()
            _log.warning(
                "cannot get through incident=%s party=%s channel=%s: %s; going on to the next",
                after.incident,
                after.audience,
                leg.route,
                leg.last_text or "it has been failing",
            )

    def report_unreachable(self, conversation: NotificationThread) -> None:
        """Say that nothing is known by which a party could be told."""
        _log.warning(
            "cannot tell incident=%s party=%s: the inventory gives it no channel",
            conversation.incident,
            conversation.audience,
        )

    def update_metrics(
        self, conversations: Iterable[NotificationThread], failing_since_ns: dict[str, int]
    ) -> None:
        """Bring the gauges up to date; ``failing_since_ns`` by channel, 0 while it works."""
        for name, since_ns in failing_since_ns.items():
            self._metrics.failing_since.labels(name).set(since_ns / NS_PER_S)
        found = list(conversations)
        self._metrics.waiting.set(sum(not one.is_complete for one in found))
        self._metrics.unreached.set(sum(one.is_unreached for one in found))
