"""
Contract: the interface of a kind of probe for the scheduler, the configuration and the command
line.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probing.destinations import is_public
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

S = TypeVar("S")

LINK_TARGET = Target(name="link", role=Role.ANCHOR, segment=Segment.LAN)
"""The target of a probe that measures the link itself (``per_link``)."""


Run = Callable[[LiveLink, Target, Family, S], Awaitable[Finding]]
"""Makes one run. Never raises because of a network or a server."""


def _no_metrics(link: str) -> Mapping[Metric, float]:
    """Return nothing: no agent runs."""
    del link
    return {}


def _charge_nothing(link: str, used_bytes: int) -> None:
    """Count nothing: there is no agent, and no allowance."""
    del link, used_bytes


def _own(url: str) -> bool:
    """Return that a URL is the device's own choice: a person runs a single probe by hand."""
    del url
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeServices:
    """
    The services of the process for its probes.

    ``self_metrics`` returns what the agent knows of itself, and of a link by its name; nothing
    where no agent runs (a single probe by hand). ``links`` returns all links of the device by name.
    ``charge`` counts bytes that a run used on another link than its own. ``is_own_url`` says
    whether the device's own settings name a URL: one that only a collector names must not lead into
    the networks of the site.
    """

    self_metrics: Callable[[str], Mapping[Metric, float]] = _no_metrics
    links: Callable[[], Mapping[str, LiveLink]] = dict
    charge: Callable[[str, int], None] = _charge_nothing
    is_own_url: Callable[[str], bool] = _own

    def is_forbidden(self, url: str, address: str) -> bool:
        """
        Return whether nothing may be fetched at an address for the sake of a target's URL: only a
        collector names it, and the address is this device, or one beside it on a network of it. One
        that a link's NAT64 translates is also the one that it is translated to.
        """
        if self.is_own_url(url):
            return False
        links = self.links().values()
        ends = {address, *(link.nat64.carried(address) for link in links)} - {""}
        return not all(map(is_public, ends)) or any(
            link.is_neighbour(end) for link in links for end in ends
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe(Generic[S]):
    """
    One kind of measurement.

    ``settings`` is a frozen, keyword-only type with a default for every field; it is converted from
    the settings of a probe in the configuration with ``msgspec.convert``. ``begin`` returns what
    makes the runs over one link: the scheduler calls it once for each link and keeps what it
    returns, which is where a kind remembers what it needs from one run to the next; no module of a
    kind has state. ``applies`` says which targets the kind is for. ``per_link`` marks a kind that
    runs once per link, with ``LINK_TARGET`` and ``Family.NONE``. ``per_site`` marks one whose
    series belong to the site and to no link: it runs once per target, with ``Family.NONE``, and is
    given the link on whose local network the site's computers are. ``cost_bytes`` is the IP-level
    traffic of one run that works, both directions, for the data budget. ``timeout_s`` is the
    longest that one run takes, for the schedule. ``retry_s``: how soon a run that failed is made
    again; ``None``: at its next moment.
    """

    settings: type[S]
    begin: Callable[[ProbeServices], Run[S]]
    applies: Callable[[Target], bool]
    cost_bytes: Callable[[Target, S], int]
    timeout_s: Callable[[S], float]
    per_link: bool = False
    per_site: bool = False
    retry_s: float | None = None


def stateless(run: Run[S]) -> Callable[[ProbeServices], Run[S]]:
    """Return the ``begin`` of a kind without state: all links share one function."""

    def begin(services: ProbeServices) -> Run[S]:
        del services
        return run

    return begin
