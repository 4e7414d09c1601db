"""The collector's metrics about itself; their names are only here."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from thongsuot_collector.loop_metrics import LoopCounter, LoopHistogram
from thongsuot_schema.batch import kernel
from thongsuot_schema.inventory.model import Role, Target

_PREFIX = "thongsuot_collector"


class Metrics:
    """
    All instruments of one collector, in a registry of their own.

    Labels are bounded: ``reason``, ``budget``, ``quality``, ``fate`` and ``status`` from closed
    lists, ``consumer``, ``sink``, ``authority`` and ``file`` from the configuration, ``target``
    from the inventory, ``version`` as many as are rolled out. Never a site: ten thousand of them
    would be the largest part of the database.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.pushes = self._counter("pushes", "Pushes of batches, by result", ("reason",))
        self.layouts = self._counter("layouts", "Pushes of layouts, by result", ("reason",))
        self.clocks = self._counter(
            "clocks", "Accepted batches by how far their times can be trusted", ("quality",)
        )
        self.commit_jobs = self._histogram(
            "journal_commit_jobs",
            "Jobs that shared one commit of the journal",
            (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        )
        self.commit_seconds = self._histogram(
            "journal_commit_seconds",
            "Duration of one commit of the journal, flushed to the disk",
            (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
        )
        self.lag_entries = self._gauge(
            "consumer_lag_entries", "Entries that a consumer has not processed yet", ("consumer",)
        )
        self.lost_entries = self._gauge(
            "consumer_lost_entries",
            "Entries trimmed before a consumer had read them",
            ("consumer",),
        )
        self.dead_letters = self._counter(
            "dead_letters",
            "Batches moved to the dead-letter queue because a consumer failed to process them",
            ("consumer",),
        )
        self.failures = self._counter(
            "task_failures", "Failures of a task; it is restarted after each", ("task",)
        )
        self.failed_logins = self._counter(
            "failed_logins", "Requests for a page with a wrong password, or refused after many", ()
        )
        self.sent_samples = self._counter("sink_samples", "Samples a sink delivered", ("sink",))
        self.dropped_samples = self._counter(
            "sink_dropped_samples", "Samples a sink did not deliver, by reason", ("sink", "reason")
        )
        self.sink_requests = self._counter(
            "sink_requests", "Requests of a sink, by the class of the answer", ("sink", "answer")
        )
        self.reflected = self._counter(
            "reflected_packets", "Test packets of the STAMP reflector, by result", ("reason",)
        )
        self.sink_window_seconds = self._gauge(
            "sink_window_seconds",
            "How late a sample may come, as the receiving Prometheus is configured",
            ("sink",),
        )
        self._add_push_counts()
        self._add_journal_gauges()
        self._add_fleet_gauges()

    def _add_push_counts(self) -> None:
        self.results = LoopCounter(
            f"{_PREFIX}_results", "Results in the batches that were accepted"
        )
        self.body_bytes = LoopCounter(f"{_PREFIX}_body_bytes", "Bytes of the accepted bodies")
        self.push_seconds = LoopHistogram(
            f"{_PREFIX}_push_seconds",
            "From the headers of a push until its answer",
            (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
        )
        for counted in (self.results, self.body_bytes, self.push_seconds):
            self.registry.register(counted)

    def _add_journal_gauges(self) -> None:
        self.journal_bytes = self._gauge("journal_bytes", "Bytes of the journal in use", ())
        self.journal_limit = self._gauge(
            "journal_limit_bytes",
            "Size limit of the journal, by the settings or by its disk; above it the oldest go",
            (),
        )
        self.journal_entries = self._gauge(
            "journal_entries", "Entries between the oldest kept and the newest", ()
        )
        self.journal_oldest_seconds = self._gauge(
            "journal_oldest_timestamp_seconds", "When the oldest kept entry came in", ()
        )

        self.journal_damaged_entries = self._gauge(
            "journal_damaged_entries", "Entries lost to a damaged disk, as far as is known", ()
        )
        self.journal_damaged_seconds = self._gauge(
            "journal_damaged_timestamp_seconds",
            "When the journal was last found damaged and recovered; 0: never",
            (),
        )

        self.journal_waits_for_standby = self._gauge(
            "journal_waits_for_standby",
            "Whether nothing is acknowledged before a second machine has it as well; 0: one has it",
            (),
        )

    def _add_budgets(self) -> None:
        self._add_leadership_gauges()
        self.over_budget = self._counter(
            "over_budget",
            "Pushes refused because their site is over a budget, by which",
            ("budget",),
        )
        self.quarantined_sites = self._gauge(
            "quarantined_sites",
            "Sites that were over a budget within the last ten minutes; the audit log names them",
            (),
        )

    def _add_record_gauges(self) -> None:
        self.signing_sites = self._gauge(
            "signing_sites", "Sites whose batches have to be signed: their devices have keys", ()
        )
        self.record_batches = self._gauge(
            "record_batches",
            "Batches that agents have made within the journal's retention, by where they are",
            ("fate",),
        )
        self.record_open_sites = self._gauge(
            "record_open_sites",
            "Sites of which batches are gone without anybody having said so",
            (),
        )
        self.record_acceptances = self._gauge(
            "record_acceptances",
            "Losses, undelivered entries and flaws of the record that persons have accepted",
            ("kind",),
        )
        self.sink_batches = self._gauge(
            "sink_batches", "Batches that came since a sink was set up, by fate", ("sink", "fate")
        )

    def _add_leadership_gauges(self) -> None:
        self.ready = self._gauge(
            "ready", "1 where pushes are accepted and judged, 0 where /readyz says why not", ()
        )
        self.leading = self._gauge(
            "leading",
            "1 where this collector judges, delivers and notifies, 0 where another one does",
            (),
        )
        self.leader_term = self._gauge(
            "leader_term", "Number of the term of the collector that leads; 0 where it is alone", ()
        )

    def _add_fleet_gauges(self) -> None:
        self._add_budgets()
        self._add_record_gauges()
        self.incident_longest_turn_seconds = self._gauge(
            "incident_longest_turn_seconds",
            "Longest time that making incidents blocked the event loop within the last two minutes",
            (),
        )
        self.sites = self._gauge("sites", "Sites by whether their agents report", ("heard",))
        self.agents = self._gauge("agents", "Agents by the version they run", ("version",))
        self.enrolments = self._counter(
            "enrolments", "Enrolments of devices, by result", ("reason",)
        )
        self.renewals = self._counter(
            "certificate_renewals", "Renewals of client certificates, by result", ("reason",)
        )
        self.handshakes_refused = self._counter(
            "client_certificates_refused",
            "Client certificates refused in the TLS handshake, by reason",
            ("reason",),
        )
        self.sites_with_duplicate_devices = self._gauge(
            "sites_with_duplicate_devices",
            "Sites where two devices push with the same token at once",
            (),
        )
        self.site_configs = self._gauge(
            "site_configs",
            "Sites by the state of the newest site configuration",
            ("status",),
        )
        self.inventory_refused = self._gauge(
            "inventory_refused", "1 while a changed inventory is refused because of a mistake", ()
        )
        self._anchors = self._gauge(
            "anchor_info",
            "1 for each anchor of the inventory: its segment, and whether it is in the country",
            ("target", "segment", "domestic"),
        )
        self._gauge(
            "kernel_info",
            "1 for how the inner loops of decoding and packing run: compiled, or in Python",
            ("implementation",),
        ).labels(kernel.IMPLEMENTATION).set(1)
        self.inventory_readings = self._counter(
            "inventory_readings", "Readings of a changed inventory, by result", ("outcome",)
        )
        self.certificate_expiry = self._gauge(
            "certificate_expiry_timestamp_seconds", "When its certificate runs out", ("file",)
        )
        self._authority_expiry = self._gauge(
            "authority_expiry_timestamp_seconds",
            "When an authority of client certificates runs out",
            ("authority",),
        )
        self._revocations_due = self._gauge(
            "revocation_list_due_timestamp_seconds",
            "When a list of revoked client certificates has to be followed by a newer one",
            ("file",),
        )

    def set_expiry_times(
        self, authorities: Mapping[str, float], lists: Mapping[str, float]
    ) -> None:
        """Set the gauges of expiry times, and remove those of certificates that are gone."""
        for gauge, times in (
            (self._authority_expiry, authorities),
            (self._revocations_due, lists),
        ):
            gauge.clear()
            for name, end_s in times.items():
                gauge.labels(name).set(end_s)

    def set_anchors(self, targets: Iterable[Target]) -> None:
        """
        Set the gauge of each anchor's meaning, and remove those of anchors that are gone.

        Rules join it by ``target``: the series of measurements do not carry a segment, which would
        make another series of each when an inventory is corrected.
        """
        self._anchors.clear()
        for target in targets:
            if target.role is Role.ANCHOR:
                domestic = "yes" if target.domestic else "no"
                self._anchors.labels(target.name, target.segment.value, domestic).set(1)

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"{_PREFIX}_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"{_PREFIX}_{name}", text, (), buckets=buckets, registry=self.registry)
