"""
Status: the agent's report about itself, for ``/status.json`` and for ``thongsuot-agent status``.
"""

import msgspec

from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


class VerdictStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    A link (``service`` empty), a service over a link, or a service of the site (``link`` empty).
    """

    link: str
    service: str
    state: State
    segment: Segment | None
    symptom: Symptom
    since_s: float | None


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    One uplink as the kernel has it, and what of its allowance is used this month.

    ``via`` is as in the settings; of one that is ``watched`` the kernel has nothing.
    """

    name: str
    interface: str
    medium: str
    via: str
    present: bool
    carrier: bool
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    resolvers: tuple[str, ...]
    allowance_bytes: int | None
    spent_bytes: int | None


class RecordStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    The record: batches that wait on the device, and those that had to be dropped.

    The name of its stream is not shown: with the token of a site and that name somebody could push
    batches in place of future ones.
    """

    waiting_batches: int
    waiting_results: int
    disk_bytes: int
    dropped_results: int
    dropped_batches: int
    rejected_batches: int
    in_memory_only: bool
    disk_refuses: bool


class CollectorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the collector. ``reachable`` is ``None`` before the first push."""

    url: str
    reachable: bool | None
    acknowledged_s_ago: float | None
    problem: str
    link: str
    certificate_expiry_s: float | None = None
    """When the certificate that this device shows runs out; ``None``: it has none."""
    certificate_problem: str = ""
    """Why it cannot be used or was not renewed; empty when all is well."""
    answering_url: str = ""
    """Which of the collector's addresses answered last; empty: none has."""


class TaskStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A task of the process that had to be restarted."""

    name: str
    restarts: int
    error: str


class SamplingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far the month's sampling of rates is on a link (``qcvn``): samples of those wanted and their
    mean each way, at how many different hours of the day.
    """

    link: str
    month: str
    wanted: int
    down_samples: int
    up_samples: int
    down_mean_bits_per_second: float | None
    up_mean_bits_per_second: float | None
    hours: int


class SiteConfigStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    The site configuration. ``state``: ``off`` (not taken), ``none`` (the settings file alone),
    ``trial`` (on probation), ``good``. ``made_s`` is when the version was made, Unix time.
    ``refused`` and ``reason``: the newest version that is not run, and why.
    """

    state: str
    version: str = ""
    made_s: float | None = None
    refused: str = ""
    reason: str = ""


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The whole agent at one moment; times are Unix seconds by the best clock known."""

    version: str
    site: str
    now_s: float
    clock_trusted: bool
    started_s: float
    results: int
    links: tuple[LinkStatus, ...]
    verdicts: tuple[VerdictStatus, ...]
    record: RecordStatus
    collector: CollectorStatus
    tasks: tuple[TaskStatus, ...]
    sampling: tuple[SamplingStatus, ...] = ()
    site_config: SiteConfigStatus | None = None
