"""Metric and Kind: the words in which the catalogue is written."""

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "thongsuot_"
"""Stands before every metric name outside of this project (Prometheus, Influx)."""


class Unit(StrEnum):
    """
    Base units (Prometheus naming practice).

    A metric's name ends in its unit; of things that are counted (``COUNT``) it ends in their plural
    instead: ``_count`` belongs to histograms. What is yes or no (``BOOLEAN``) has no unit: its name
    says what holds when it is 1. Rates are in bytes, so that they go with counters of
    bytes; pages and boards show them in bits, as lines are sold. ``promtool check metrics`` asks
    for both.
    """

    SECONDS = "seconds"
    BYTES = "bytes"
    RATIO = "ratio"
    DBM = "dbm"
    DECIBELS = "decibels"
    COUNT = "count"
    PACKETS = "packets"
    BYTES_PER_SECOND = "bytes_per_second"
    TIMESTAMP = "timestamp_seconds"
    NUMBER = "number"
    CELSIUS = "celsius"
    BOOLEAN = "boolean"
    VOLTS = "volts"
    AMPERES = "amperes"

    @property
    def ending(self) -> str:
        """The suffixes of metrics that are not counters; a count and a boolean add nothing."""
        return "" if self in {Unit.COUNT, Unit.BOOLEAN} else f"_{self.value}"


class MetricType(StrEnum):
    """Types of the Prometheus data model that a measurement can have."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """
    From where on a value deserves attention: what pages and boards colour. Nothing judges by it.

    ``warn`` and ``bad`` are in the metric's own unit; at least one is given. High values are the
    bad ones unless ``low_is_bad``. ``source`` is the regulation that names the figure, empty for a
    limit of this project's own.
    """

    warn: float | None = None
    bad: float | None = None
    low_is_bad: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """
    One thing that is measured; each is made once, and is a key of values by its identity.

    ``name`` is ``<kind>_<what>_<unit>`` (see ``Unit``), with ``_total`` at the end of a counter's.
    ``resolution`` is the smallest step kept on the wire, in the metric's own unit: a value travels
    as an integer multiple of it. ``minimum`` and ``maximum`` bound what is plausible; a value
    outside is an error or forged and is refused where it is made.
    """

    name: str
    unit: Unit
    help_en: str
    help_vi: str
    resolution: float
    type: MetricType = MetricType.GAUGE
    minimum: float | None = None
    maximum: float | None = None
    limits: Thresholds | None = None

    @property
    def full_name(self) -> str:
        """The name that databases and dashboards know."""
        return PREFIX + self.name


def boolean_metric(name: str, help_en: str, help_vi: str) -> Metric:
    """Return a metric that is 1 while a condition holds and 0 while it does not."""
    return Metric(
        name=name,
        unit=Unit.BOOLEAN,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1.0,
        minimum=0.0,
        maximum=1.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeKind:
    """
    One kind of measurement and its metrics.

    ``revision`` is raised when a number changes its meaning; it travels with every series.
    ``metrics`` is ordered: the position of a metric is its column in a batch of this revision.
    """

    name: str
    revision: int
    title_en: str
    title_vi: str
    metrics: tuple[Metric, ...]

    @property
    def success_name(self) -> str:
        """Name of the metric that is 1 for an ``ok`` run, 0 for a ``failed`` one, else absent."""
        return f"{PREFIX}{self.name}_success"

    @property
    def unmeasured_name(self) -> str:
        """Name of the metric that is 1 for an ``unmeasured`` run, else absent."""
        return f"{PREFIX}{self.name}_unmeasured"
