"""Expiry: a certificate that will expire soon. Requires a trusted clock."""

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import FaultSlot, Memory, ServiceMemory, Track
from thongsuot_schema.catalogue import http
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

_EXPIRING = Diagnosis(
    state=State.DEGRADED, segment=Segment.SERVICE, symptom=Symptom.CERTIFICATE_EXPIRING
)
_DAY_S = 86_400.0


def expiring_slot(memory: Memory, service: ServiceMemory, days: float) -> FaultSlot | None:
    """
    Return the fault if a service's certificate expires within this many days, otherwise ``None``.
    """
    if memory.wall_s is None:
        # An untrusted clock proves nothing.
        return service.expiring if service.expiring.fault is not None else None
    earliest = _earliest(memory, service.name)
    if earliest is None or earliest.expires_s is None:
        return None
    wall_s = memory.wall_s + (memory.now_ns - memory.wall_ns) / NS_PER_S
    if earliest.expires_s - wall_s > days * _DAY_S:
        service.expiring = FaultSlot()
        return None
    if service.expiring.fault is None:
        evidence = Evidence(
            kind=earliest.kind,
            target=earliest.target,
            family=earliest.family,
            segment=Segment.SERVICE,
            metric=http.CERTIFICATE_EXPIRY.name,
            value=earliest.expires_s,
            limit=wall_s + days * _DAY_S,
        )
        service.expiring = FaultSlot(
            fault=_EXPIRING, onset_ns=earliest.worked_ns or memory.now_ns, evidence=(evidence,)
        )
    return service.expiring


def _earliest(memory: Memory, service: str) -> Track | None:
    """Return the series with the certificate that expires first."""
    tracks = [
        track
        for link in memory.links.values()
        for track in link.tracks.values()
        if track.expires_s is not None and track.target == service and not track.failures
    ]
    return min(tracks, key=lambda track: track.expires_s or 0.0, default=None)
