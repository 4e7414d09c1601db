"""Open incidents as metrics: one series for each affected site."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.merging import is_leading
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.inventory.directory import InventoryDirectory

NAME = "thongsuot_collector_incident_start_timestamp_seconds"
LABELS = (
    "incident", "rule", "severity", "segment", "party", "name", "commune", "site", "link", "target",
    "url",
)  # fmt: skip

_HELP = (
    "When an open incident began, for each subject that is still affected; an incident that another"
    " one stands for is not shown"
)


class OpenIncidentCollector(Collector):
    """
    Reads the incidents at each scrape: a series disappears when its incident is over.

    ``party`` and ``name`` identify who has to act. Labels without a value are empty: a carrier's
    outage has a segment, a silent device has no link. ``url`` is the incident's page if people can
    open one; ``page_url`` is the address of the pages, or empty.
    """

    def __init__(
        self,
        incidents: IncidentRegistry,
        directory: InventoryDirectory,
        *,
        page_url: str,
    ) -> None:
        self._incidents = incidents
        self._directory = directory
        self._page_url = page_url.rstrip("/")

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metric without reading an incident."""
        yield GaugeMetricFamily(NAME, _HELP, labels=LABELS)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the current metric."""
        family = GaugeMetricFamily(NAME, _HELP, labels=LABELS)
        for incident in self._incidents.active_incidents():
            if is_leading(self._incidents, incident):
                for values in self._series(incident):
                    family.add_metric(values, incident.opened_ns / NS_PER_S)
        yield family

    def _series(self, incident: Incident) -> Iterator[tuple[str, ...]]:
        party = incident.acting_party
        url = f"{self._page_url}/incidents/{incident.id}" if self._page_url else ""
        for member in incident.members:
            if member.end_ns is not None:
                continue
            subject = member.subject
            yield (
                incident.id,
                incident.code,
                incident.severity.value,
                "" if incident.segment is None else incident.segment.value,
                party.party.value,
                party.name,
                self._directory.site(subject.site).commune,
                subject.site,
                subject.link,
                subject.service,
                url,
            )
