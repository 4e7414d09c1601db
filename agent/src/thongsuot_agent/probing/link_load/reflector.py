"""One test against the throughput reflector: its requirements, and the reasons not to run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.certificates import Authorities
from thongsuot_agent.probing.link_load.preparation import (
    MeasurementPostponed,
    authorities,
    locate_server,
    read_key,
    require_quiet,
)
from thongsuot_agent.probing.link_load.protocol import WorkerRoute
from thongsuot_agent.worker import WorkerFailed
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, failed_finding


class ReflectorTestSettings(Protocol):
    """A kind's settings of the reflector, and of when it may be used."""

    @property
    def url(self) -> str:
        """Scheme, host and port; empty: there is none."""

    @property
    def key_file(self) -> str:
        """File with its key."""

    @property
    def ca_file(self) -> str:
        """File of the authorities to trust; empty: those of the device."""

    @property
    def family(self) -> str:
        """``ip4``, ``ip6`` or empty."""

    @property
    def watch_s(self) -> float:
        """How long the interface's counters are observed before the test."""

    @property
    def busy_bits_per_second(self) -> float:
        """Traffic that the link may carry meanwhile."""

    @property
    def force(self) -> bool:
        """Measure even if the link is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflector:
    """The reflector as one test reaches it; ``cost_bytes`` is what finding it cost."""

    route: WorkerRoute
    url: str
    key: str
    trusted: Authorities
    cost_bytes: int


async def run_reflector_test(
    link: LiveLink,
    settings: ReflectorTestSettings,
    measure: Callable[[Reflector], Awaitable[Finding]],
) -> Finding:
    """
    Watch the link, find the reflector, and measure; return the result.

    ``measure`` may raise ``LinkUnusable``, ``MeasurementPostponed`` and ``WorkerFailed``.
    """
    if not settings.url:
        return failed_finding(
            Reason.NOT_SUPPORTED, detail="no url of a throughput reflector is set"
        )
    cost_bytes = 0
    try:
        key = read_key(settings.key_file)
        if not settings.force:
            await require_quiet(
                link,
                watch_s=settings.watch_s,
                busy_bits_per_second=settings.busy_bits_per_second,
            )
        server = await locate_server(link, settings.url, settings.family)
        cost_bytes = server.cost_bytes
        reflector = Reflector(
            route=server.route,
            url=settings.url.rstrip("/"),
            key=key,
            trusted=authorities(settings.ca_file),
            cost_bytes=cost_bytes,
        )
        return await measure(reflector)
    except LinkUnusable as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail, cost_bytes=cost_bytes)
    except MeasurementPostponed as not_now:
        return failed_finding(not_now.reason, detail=not_now.detail, cost_bytes=not_now.cost_bytes)
    except WorkerFailed as failed:
        return failed_finding(
            Reason.UNMEASURED_OTHERWISE, detail=str(failed), cost_bytes=cost_bytes
        )
