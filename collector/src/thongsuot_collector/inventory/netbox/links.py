"""Converts circuits to links of sites. Pure."""

from collections.abc import Iterable, Iterator

from thongsuot_collector.inventory.netbox.fields import InvalidField, number_of, text_of
from thongsuot_collector.inventory.netbox.models import (
    CircuitTermination,
    NetboxCircuit,
    NetboxSite,
)
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.localizable import Localizable, sentence_of

_ACTIVE = "active"
_SITE = "dcim.site"
_BITS = 1000
"""NetBox's unit of speed (kbit/s) in bits per second."""

_MEDIA = frozenset(Medium)


def links_of(
    sites: Iterable[NetboxSite],
    circuits: Iterable[NetboxCircuit],
    left_out: list[str],
    mistakes: list[str],
) -> dict[int, tuple[Link, ...]]:
    """
    Return the links of each site, by the site's id in NetBox, sorted by name.

    A circuit that ends at none of the sites is skipped. Omitted objects are added to ``left_out``,
    and those that cannot be made into a link to ``mistakes``.
    """
    by_site: dict[int, dict[str, tuple[Link, NetboxCircuit]]] = {site.id: {} for site in sites}
    for circuit in sorted(circuits, key=lambda listed: listed.id):
        for site, end in _ends(circuit, left_out):
            if site not in by_site:
                continue
            if circuit.status.value != _ACTIVE:
                left_out.append(
                    Localizable(
                        "circuit {name}: its status is {status}",
                        name=circuit.cid,
                        status=circuit.status.value,
                    )
                )
                continue
            try:
                link = _link(circuit, end)
            except InvalidField as error:
                mistakes.append(_mistake(circuit, sentence_of(error)))
                continue
            other = by_site[site].setdefault(link.name, (link, circuit))[1]
            if other is not circuit:
                taken = Localizable(
                    'circuit {name} of the same site is link "{link}" already; give each a custom '
                    'field "link" with a name of its own',
                    name=other.cid,
                    link=link.name,
                )
                mistakes.append(_mistake(circuit, taken))
    return {
        site: tuple(link for _, (link, _) in sorted(by_circuit.items()))
        for site, by_circuit in by_site.items()
    }


def _ends(circuit: NetboxCircuit, left_out: list[str]) -> Iterator[tuple[int, CircuitTermination]]:
    for end in (circuit.termination_a, circuit.termination_z):
        if end is None:
            continue
        place = end.site if end.site is not None else end.termination
        if place is None:
            continue
        if end.site is not None or end.termination_type == _SITE:
            yield place.id, end
        elif end.termination_type == "dcim.location":
            left_out.append(
                Localizable(
                    "circuit {name}: it ends at location {location}; end it at the site",
                    name=circuit.cid,
                    location=place.name,
                )
            )


def _link(circuit: NetboxCircuit, end: CircuitTermination) -> Link:
    medium = _medium(circuit)
    interface = text_of(circuit.custom_fields, "interface")
    if not interface:
        raise InvalidField(
            Localizable(
                'custom field "interface" is empty; put the name there that the link has on the '
                'device, as in "eth0"'
            )
        )
    down_kbit = circuit.commit_rate or end.port_speed
    up_kbit = end.upstream_speed or down_kbit
    return Link(
        name=text_of(circuit.custom_fields, "link") or str(medium),
        interface=interface,
        medium=medium,
        carrier=circuit.provider.slug,
        circuit=circuit.cid,
        contract_down_bits_per_second=None if not down_kbit else down_kbit * _BITS,
        contract_up_bits_per_second=None if not up_kbit else up_kbit * _BITS,
        allowance_bytes=number_of(circuit.custom_fields, "allowance_bytes"),
    )


def _medium(circuit: NetboxCircuit) -> Medium:
    """Return the medium of a circuit: from its field, else a tag, else its type."""
    medium = text_of(circuit.custom_fields, "medium")
    if medium and medium not in _MEDIA:
        raise InvalidField(
            Localizable(
                'custom field "medium" is "{medium}", not one of {known}',
                medium=medium,
                known=", ".join(Medium),
            )
        )
    for word in (medium, *(tag.slug for tag in circuit.tags), circuit.type.slug):
        if word in _MEDIA:
            return Medium(word)
    return Medium.ETHERNET


def _mistake(circuit: NetboxCircuit, why: str) -> str:
    return Localizable(
        "circuit {name} ({place}): {reason}",
        name=circuit.cid,
        place=circuit.display_url or circuit.url,
        reason=why,
    )
