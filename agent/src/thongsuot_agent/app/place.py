"""
Known place: the router of each link and the network behind it, stored on the disk across power
cuts.

A device that is carried to another site is switched off on the way. Without this it would learn the
new place as if it had always been there, and the state of its lines would be reported for the old
circuits. The stored identities apply to the site, carrier and circuit of the settings: if a device
is moved permanently and the settings are changed, it starts over.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from thongsuot_agent.judge.memory import LinkMemory, Memory, NeighbourIdentity
from thongsuot_agent.kept_file import KeptFile
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.result import Family


class KnownLink(msgspec.Struct, frozen=True, kw_only=True):
    """
    One link: the gateway's link-layer address, and the networks in which its ways begin.

    ``carrier`` and ``circuit`` are those of the settings when this was learned.
    """

    carrier: str
    circuit: str
    gateway: str = ""
    first_hops: dict[Family, str] = {}


class KnownPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The place of the device, by the site of its settings and the networks of its links."""

    site: str
    links: dict[str, KnownLink] = {}


_DECODER = msgspec.json.Decoder(KnownPlace)


class PlaceFile:
    """The file. It is written when something new was learned, a few times in a device's life."""

    def __init__(self, path: Path, site: str) -> None:
        self._file = KeptFile(path)
        self._site = site
        self._place: KnownPlace | None = None

    def restore(self, memory: Memory, specs: Iterable[Link]) -> None:
        """Let a memory that begins with nothing know the place as it was."""
        place = self._file.read(_DECODER.decode)
        if place is None or place.site != self._site:
            return
        self._place = place
        for spec in specs:
            known = place.links.get(spec.name)
            if known is None or (known.carrier, known.circuit) != (spec.carrier, spec.circuit):
                continue
            memory.links[spec.name] = LinkMemory(
                name=spec.name,
                gateway=NeighbourIdentity(usual=known.gateway),
                carriers_side={
                    family: NeighbourIdentity(usual=network)
                    for family, network in known.first_hops.items()
                },
            )

    def save(self, memory: Memory, specs: Iterable[Link]) -> None:
        """
        Write the current identities if they are new. A disk that cannot be written is not a reason
        to stop.
        """
        place = KnownPlace(
            site=self._site,
            links={
                spec.name: _known_link(spec, link)
                for spec in specs
                if (link := memory.links.get(spec.name)) is not None
            },
        )
        if place == self._place or not any(link.gateway for link in place.links.values()):
            return
        if self._file.replace(msgspec.json.encode(place)):
            self._place = place


def _known_link(spec: Link, link: LinkMemory) -> KnownLink:
    return KnownLink(
        carrier=spec.carrier,
        circuit=spec.circuit,
        gateway=link.gateway.usual,
        first_hops={family: side.usual for family, side in link.carriers_side.items()},
    )
