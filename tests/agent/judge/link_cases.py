"""
One link at one moment, as tests of single decisions set it up: what its series have shown, and what
a round saw of them. No time passes, so that a case costs a thousandth of a second.
"""

from collections.abc import Iterable
from typing import Any

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.observations import Observation, Observations, rung_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NOW_NS = 10_000 * NS_PER_S

Shown = dict[str, Any]
"""What a series has shown: fields of ``Track``, of several types."""


def ago(seconds: float, early_ns: int = 0) -> int:
    """Return the moment that is so long ago, and some nanoseconds earlier."""
    return NOW_NS - round(seconds * NS_PER_S) - early_ns


def echoes(target: str, *, family: Family = Family.IP4, **shown: object) -> Track:
    """Return the echoes to a target, and what they have shown (fields of ``Track``)."""
    return _series("icmp", target, family, shown)


def lookups(target: str = "resolver", *, family: Family = Family.IP4, **shown: object) -> Track:
    """Return the lookups by a name server, and what they have shown."""
    return _series("dns", target, family, shown)


def pages(target: str = "motcua", *, family: Family = Family.IP4, **shown: object) -> Track:
    """Return the pages of a portal, and what they have shown."""
    return _series("http", target, family, shown)


def _series(kind: str, target: str, family: Family, shown: Shown) -> Track:
    track = Track(kind=kind, target=target, family=family)
    for name, value in shown.items():
        if name not in Track.__struct_fields__:
            raise AttributeError(f"a series has no {name}")
        setattr(track, name, value)
    return track


def judged_link(
    *tracks: Track,
    site_probes: SiteProbes | None = None,
    settings: Settings | None = None,
    name: str = "fixed",
) -> LinkContext:
    """Return a link that is known and has these series, at ``NOW_NS``."""
    memory = Memory(now_ns=NOW_NS)
    link = add_link(memory, name, tracks)
    return LinkContext(
        memory, link, (site_probes or two_links()).links[name], settings or Settings()
    )


def add_link(memory: Memory, name: str, tracks: Iterable[Track]) -> LinkMemory:
    """Put a link that is known into a memory, and return it."""
    link = memory.links[name] = LinkMemory(name=name, known=True)
    for track in tracks:
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    return link


def answering(at: LinkContext, track: Track) -> Observation:
    """Return that a series answered in a round."""
    return _observed(at, track, answered=True, silent=False)


def silent(at: LinkContext, track: Track) -> Observation:
    """Return that nothing answered a series in a round."""
    return _observed(at, track, answered=False, silent=True)


def _observed(at: LinkContext, track: Track, *, answered: bool, silent: bool) -> Observation:
    at.link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    point = at.probes.point_of(track)
    assert point is not None, f"{track.kind} {track.target} is not measured"
    return Observation(
        track, point, rung_of(point, at.link.facts), answered=answered, silent=silent
    )


def round_of(*seen: Observation, since_ns: int = NOW_NS - NS_PER_S) -> Observations:
    """Return a round in which this was seen."""
    return Observations(since_ns, seen)


def fault(
    symptom: Symptom = Symptom.ACCESS_LOSS,
    segment: Segment | None = Segment.ACCESS,
    state: State = State.DEGRADED,
) -> Diagnosis:
    """Return a fault."""
    return Diagnosis(state=state, segment=segment, symptom=symptom)


def held(
    symptom: Symptom = Symptom.ACCESS_LOSS,
    segment: Segment | None = Segment.ACCESS,
    state: State = State.DEGRADED,
    onset_ns: int = 0,
) -> FaultSlot:
    """Return a slot in which a fault is believed."""
    return FaultSlot(fault=fault(symptom, segment, state), onset_ns=onset_ns)
