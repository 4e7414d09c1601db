"""The faults in the month before a demonstration: the same at every start. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

DAY_S: Final = 86_400.0
DAYS: Final = 30

_HOUR_S: Final = 3_600.0
_MINUTE_S: Final = 60.0

SERVICE: Final = "dichvucong"
"""The portal that failed once for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFault:
    """
    One past fault: from ``start_s`` (before now, negative) for ``length_s``.

    ``link`` or ``service`` is set; neither is set for a site without power. ``delay_factor``
    multiplies the round-trip time of echoes, ``loss_ratio`` is the share of echoes that were lost.
    """

    start_s: float
    length_s: float
    link: str = ""
    service: str = ""
    state: State = State.DOWN
    segment: Segment = Segment.ACCESS
    symptom: Symptom = Symptom.ACCESS_SILENT
    delay_factor: float = 1.0
    loss_ratio: float = 1.0

    @property
    def end_s(self) -> float:
        """The end of the fault."""
        return self.start_s + self.length_s

    @property
    def is_power_cut(self) -> bool:
        """Whether the device had no power: then nothing was measured."""
        return not self.link and not self.service


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLink:
    """The properties of a link that its past depends on."""

    name: str
    medium: Medium
    carrier: str

    @property
    def is_radio(self) -> bool:
        """Whether it is a radio link."""
        return self.medium in {Medium.RADIO_5G, Medium.RADIO_4G}


def faults_of(place: int, links: Sequence[PastLink]) -> list[PastFault]:
    """
    Return the faults of a site, in order; ``place`` is its number in the city.

    All of them are over: a batch that reports the beginning of a fault reports its end as well, so
    nobody is notified.
    """
    faults = [*_of_links(place, links), *_of_whole_city(links)]
    if place % 3 == 2:
        faults.append(
            PastFault(
                start_s=-8.6 * DAY_S,
                length_s=80 * _MINUTE_S,
                segment=Segment.DEVICE,
                symptom=Symptom.DEVICE_OFF,
            )
        )
    return sorted(faults, key=lambda fault: fault.start_s)


def _of_whole_city(links: Sequence[PastLink]) -> Iterator[PastFault]:
    """An hour without the carrier of the first site's first link, and a portal with errors."""
    for link in links:
        if link.carrier == "song-hong":
            yield PastFault(
                start_s=-5.45 * DAY_S,
                length_s=38 * _MINUTE_S,
                link=link.name,
                segment=Segment.CARRIER,
                symptom=Symptom.CARRIER_SILENT,
            )
    yield PastFault(
        start_s=-1.7 * DAY_S,
        length_s=24 * _MINUTE_S,
        service=SERVICE,
        segment=Segment.SERVICE,
        symptom=Symptom.SERVICE_ERROR,
    )


def _of_links(place: int, links: Sequence[PastLink]) -> Iterator[PastFault]:
    for link in links:
        if link.is_radio:
            yield PastFault(
                start_s=-(3.2 + place % 3) * DAY_S,
                length_s=27 * _MINUTE_S,
                link=link.name,
                state=State.DEGRADED,
                symptom=Symptom.ACCESS_LOSS,
                delay_factor=2.5,
                loss_ratio=0.18,
            )
            continue
        yield PastFault(
            start_s=-(12.7 + 4 * (place % 3)) * DAY_S,
            length_s=(2.2 + place % 3) * _HOUR_S,
            link=link.name,
        )
        yield PastFault(
            start_s=-9.5 * _HOUR_S - place % 3 * 2 * _HOUR_S,
            length_s=11 * _MINUTE_S,
            link=link.name,
        )
        yield PastFault(
            start_s=-(2.35 + place % 3) * DAY_S,
            length_s=52 * _MINUTE_S,
            link=link.name,
            state=State.DEGRADED,
            symptom=Symptom.ACCESS_SLOW,
            delay_factor=9.0,
            loss_ratio=0.02,
        )
