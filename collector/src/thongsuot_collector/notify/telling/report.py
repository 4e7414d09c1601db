"""Report: what became of tellings, to those who count, read logs, or keep the incident."""

import logging
from collections.abc import Callable, Iterable

import msgspec

from thongsuot_collector.incidents.ledger import Delivery
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify.telling.conversation import Conversation
from thongsuot_collector.notify.telling.feedback import Feedback
from thongsuot_collector.notify.telling.gauges import NotifyMetrics
from thongsuot_collector.notify.telling.ledger import Attempt
from thongsuot_collector.notify.telling.message import Outcome

_log = logging.getLogger(__name__)


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of an entry of an incident's ledger; for ``incidents.actions.deliver``.

    ``delivery`` is ``None`` where it was overtaken before anybody was told.
    """

    incident: str
    number: int
    delivery: Delivery | None
    is_done: bool


class Report:
    """
    Where a dispatcher reports to.

    ``noted`` and ``heard`` are called on the loop with what became of tellings, and with what
    receivers say; they must not block.
    """

    def __init__(
        self,
        metrics: NotifyMetrics,
        *,
        noted: Callable[[Noted], None],
        heard: Callable[[Feedback], None],
    ) -> None:
        self.noted = noted
        self.heard = heard
        self._metrics = metrics

    def tried(self, attempt: Attempt, before: Conversation, *, is_news: bool) -> None:
        """Count a try, and say so in the log where that is news."""
        channel = attempt.channel.partition(":")[0]
        is_delivered = attempt.outcome is Outcome.DELIVERED
        self._metrics.attempts.labels(channel, attempt.outcome.value).inc()
        if is_delivered and before.speaking is None:
            ended_ns = attempt.began_ns + attempt.took_ns
            self._metrics.seconds.observe((ended_ns - before.began_ns) / NS_PER_S)
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

    def escalated(self, before: Conversation, after: Conversation) -> None:
        """Count the channels that a conversation has gone on from."""
        for leg in after.legs[before.reach - 1 : after.reach - 1]:
            self._metrics.escalations.labels(leg.channel).inc()
            _log.warning(
                "cannot get through incident=%s party=%s channel=%s: %s; going on to the next",
                after.incident,
                after.audience,
                leg.route,
                leg.text or "it has been failing",
            )

    def unreachable(self, conversation: Conversation) -> None:
        """Say that nothing is known by which a party could be told."""
        _log.warning(
            "cannot tell incident=%s party=%s: the inventory gives it no channel",
            conversation.incident,
            conversation.audience,
        )

    def measure(
        self, conversations: Iterable[Conversation], failing_since_ns: dict[str, int]
    ) -> None:
        """Bring the gauges up to date; ``failing_since_ns`` by channel, 0 while it works."""
        for name, since_ns in failing_since_ns.items():
            self._metrics.failing_since.labels(name).set(since_ns / NS_PER_S)
        found = list(conversations)
        self._metrics.waiting.set(sum(not one.is_settled for one in found))
        self._metrics.unreached.set(sum(one.is_unreached for one in found))
