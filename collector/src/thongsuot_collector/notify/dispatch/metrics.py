"""Metrics and log lines of notifying; the names are only defined here."""

import logging
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.notify.dispatch.delivery_log import DeliveryLogEntry
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread
from thongsuot_collector.notify.message import ChannelOutcome

_PREFIX = "thongsuot_collector_notify"

_log = logging.getLogger(__name__)


class NotifyMetrics:
    """
    The metrics of notifying, in a collector's registry.

    ``channel`` is a name of the configuration, ``outcome`` one of a closed list.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            f"{_PREFIX}_attempts",
            "Attempts to send a notification by a channel, by outcome",
            ("channel", "outcome"),
            registry=registry,
        )
        self._escalations = Counter(
            f"{_PREFIX}_escalations",
            "Notifications for which this channel stood in, because no other got through",
            ("channel",),
            registry=registry,
        )
        self._failing_since = Gauge(
            f"{_PREFIX}_failing_since_timestamp_seconds",
            "Since when a channel has been failing; 0 while it works",
            ("channel",),
            registry=registry,
        )
        self._waiting = Gauge(
            f"{_PREFIX}_waiting",
            "Notifications that their party has not received yet by all of its channels",
            registry=registry,
        )
        self._unreached = Gauge(
            f"{_PREFIX}_unreached",
            "Open incidents whose party no channel has reached",
            registry=registry,
        )
        self._seconds = Histogram(
            f"{_PREFIX}_seconds",
            "From the decision to notify until a channel's receiver had the notification",
            registry=registry,
            buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0),
        )

    def report_attempt(
        self, entry: DeliveryLogEntry, before: NotificationThread, *, is_worth_logging: bool
    ) -> None:
        """Count an attempt, and log it if it is worth a line."""
        channel = entry.channel.partition(":")[0]
        is_delivered = entry.outcome is ChannelOutcome.DELIVERED
        self._attempts.labels(channel, entry.outcome.value).inc()
        is_known = before.route_state(entry.channel).delivery is DeliveryState.YES
        if is_delivered and not is_known:
            ended_ns = entry.began_ns + entry.took_ns
            self._seconds.observe((ended_ns - before.pending_since_ns) / NS_PER_S)
        if is_worth_logging:
            _log.log(
                logging.INFO if is_delivered else logging.WARNING,
                "notifying incident=%s party=%s channel=%s outcome=%s: %s",
                entry.incident,
                entry.audience,
                entry.channel,
                entry.outcome,
                entry.text,
            )

    def report_escalation(self, before: NotificationThread, after: NotificationThread) -> None:
        """Count the fallbacks that have joined a thread."""
        fallbacks = [route for route in after.routes if route.is_fallback]
        for fallback in fallbacks[before.active_fallbacks : after.active_fallbacks]:
            self._escalations.labels(fallback.channel).inc()
            failed = [route for route in before.pending_routes if route.route != fallback.route]
            _log.warning(
                "cannot notify incident=%s party=%s by %s: %s; its fallback %s is notified as well",
                after.incident,
                after.audience,
                ", ".join(route.route for route in failed) or "any channel of its own",
                "; ".join(route.last_text or "it has been failing" for route in failed) or "none",
                fallback.route,
            )

    def report_unreachable(self, thread: NotificationThread) -> None:
        """Log that a party has no channel by which it could be notified."""
        _log.warning(
            "cannot notify incident=%s party=%s: it has no channel in the inventory",
            thread.incident,
            thread.audience,
        )

    def update(
        self, threads: Iterable[NotificationThread], failing_since_ns: Mapping[str, int]
    ) -> None:
        """Update the gauges; ``failing_since_ns`` by channel, 0 while it works."""
        for name, since_ns in failing_since_ns.items():
            self._failing_since.labels(name).set(since_ns / NS_PER_S)
        current = list(threads)
        self._waiting.set(sum(not thread.is_complete for thread in current))
        self._unreached.set(sum(thread.is_unreached for thread in current))
