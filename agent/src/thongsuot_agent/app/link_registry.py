"""
Link registry: the monitored links as scheduler, judge, status and uploads need them.
"""

from collections.abc import Iterator, Mapping

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.scheduler.job import SchedulableLink
from thongsuot_agent.status import LinkStatus
from thongsuot_agent.uplink.preference import UploadCandidate
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Via
from thongsuot_schema.result import Family
from thongsuot_schema.state import State

_FAMILIES = (Family.IP4, Family.IP6)


class LinkRegistry:
    """The live links, and which address families each has had since boot."""

    def __init__(self, links: Mapping[str, LiveLink]) -> None:
        self.links = links
        self.families: dict[str, set[Family]] = {}

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The configuration of each link, or the discovered links of the device."""
        return tuple(link.spec for link in self.links.values())

    def schedulable_links(self, states: Mapping[str, State]) -> tuple[SchedulableLink, ...]:
        """
        Return what scheduling has to know of each link now; ``states`` are the verdicts on them.
        """
        is_alone = self._are_unmetered_down(states)
        for name, link in self.links.items():
            families = self.families.setdefault(name, set())
            families.update(
                family
                for family in _FAMILIES
                if link.state.addresses(family) and link.state.has_route(family)
            )
        return tuple(
            SchedulableLink(
                spec=link.spec,
                families=frozenset(self.families[name]),
                resolver_families=frozenset(
                    Family.IP6 if ":" in server else Family.IP4 for server in link.resolvers
                ),
                first_hop_families=frozenset(link.first_hops),
                edge_families=frozenset(link.edges),
                is_backup_in_use=is_alone and _is_metered(link) and can_send(link.state),
            )
            for name, link in self.links.items()
        )

    def _are_unmetered_down(self, states: Mapping[str, State]) -> bool:
        unmetered = [
            name
            for name, link in self.links.items()
            if not _is_metered(link) and link.spec.via is not Via.WATCHED
        ]
        return bool(unmetered) and all(states.get(name) is State.DOWN for name in unmetered)

    def carrying_since_ns(self) -> dict[str, int]:
        """Return since when each link carries the device's own traffic, of those that do."""
        return {
            name: link.carried.since_ns
            for name, link in self.links.items()
            if link.state.carries4 or link.state.carries6
        }

    def upload_candidates(self, states: Mapping[str, State]) -> Iterator[UploadCandidate]:
        """Yield the ways out; ``states`` are the verdicts on the links."""
        for name, link in self.links.items():
            yield UploadCandidate(
                name=name,
                can_send=can_send(link.state),
                is_metered=_is_metered(link),
                state=states.get(name, State.UNKNOWN),
            )

    def statuses(self, spent: Mapping[str, int]) -> tuple[LinkStatus, ...]:
        """Return the status of each link."""
        return tuple(
            LinkStatus(
                name=name,
                interface=link.spec.interface,
                medium=link.spec.medium.value,
                via=link.spec.via.value,
                present=link.state.present,
                carrier=link.state.carrier,
                addresses=(*link.state.addresses4, *link.state.addresses6),
                gateways=tuple(
                    gateway
                    for gateway in (link.state.gateway4, link.state.gateway6)
                    if gateway is not None
                ),
                resolvers=link.resolvers,
                allowance_bytes=link.spec.allowance_bytes,
                spent_bytes=spent.get(name),
            )
            for name, link in self.links.items()
        )


def _is_metered(link: LiveLink) -> bool:
    return link.spec.allowance_bytes is not None


def can_send(state: LinkState) -> bool:
    """Return whether packets of any family can leave by a link."""
    return state.carrier and any(
        state.addresses(family) and state.has_route(family) for family in _FAMILIES
    )


def describe_change(name: str, before: LinkState, after: LinkState) -> str:
    """Return what changed about a link, in words for the record."""
    facts: list[str] = []
    if before.present != after.present:
        facts.append("interface appeared" if after.present else "interface disappeared")
    if before.carrier != after.carrier:
        facts.append("carrier gained" if after.carrier else "carrier lost")
    if before.port_unplugged != after.port_unplugged:
        facts.append(f"carrier {'lost' if after.port_unplugged else 'gained'} on its port")
    for family in _FAMILIES:
        facts.extend(
            f"{family.value} {aspect} {old or 'none'} to {new or 'none'}"
            for aspect, old, new in (
                (
                    "address",
                    " ".join(before.addresses(family)),
                    " ".join(after.addresses(family)),
                ),
                ("gateway", before.gateway(family), after.gateway(family)),
            )
            if old != new
        )
    for family, was, now in (
        (Family.IP4, before.carries4, after.carries4),
        (Family.IP6, before.carries6, after.carries6),
    ):
        if was != now and before.present:
            facts.append(f"{family.value} default traffic {'comes here' if now else 'went away'}")
    if after.address_conflict and not before.address_conflict:
        facts.append("address conflict")
    return f"{name}: {', '.join(facts)}" if facts else ""
