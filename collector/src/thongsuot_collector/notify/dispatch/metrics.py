"""What telling measures about itself; the names stand here and nowhere else."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_PREFIX = "thongsuot_collector_notify"


class NotifyMetrics:
    """
    The instruments of telling, in a collector's registry.

    ``channel`` is a name of the configuration, ``outcome`` one of a closed list.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            f"{_PREFIX}_attempts",
            "Tries to tell by a channel, by their outcome",
            ("channel", "outcome"),
            registry=registry,
        )
        self.escalations = Counter(
            f"{_PREFIX}_escalations",
            "Openings that went on to a further channel because this one did not get through",
            ("channel",),
            registry=registry,
        )
        self.failing_since = Gauge(
            f"{_PREFIX}_failing_since_timestamp_seconds",
            "Since when a channel has been failing; 0 while it works",
            ("channel",),
            registry=registry,
        )
        self.waiting = Gauge(
            f"{_PREFIX}_waiting",
            "Parties that are to be told something and are not yet",
            registry=registry,
        )
        self.unreached = Gauge(
            f"{_PREFIX}_unreached",
            "Open incidents whose party no channel has reached",
            registry=registry,
        )
        self.seconds = Histogram(
            f"{_PREFIX}_seconds",
            "From the decision to tell until a receiver had it",
            registry=registry,
            buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0),
        )
