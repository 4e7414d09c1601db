"""Flapping: one link that goes down and up repeatedly is one fault, not many."""

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import ns
from thongsuot_agent.judge.memory import FlapState
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def note_outage(
    flaps: FlapState, fault: Diagnosis, onset_ns: int, now_ns: int, settings: Settings
) -> None:
    """Record that no target of the link answers (or that its interface is dead)."""
    if not flaps.is_silent:
        flaps.is_silent = True
        flaps.starts.append(onset_ns)
    flaps.silent_ns = now_ns
    if fault.segment is not None:
        if flaps.fault is not None and _is_of_site(fault) != _is_of_site(flaps.fault):
            # Of the gateway's other side: not a repetition of the same fault, and another party's
            # to repair.
            flaps.starts = flaps.starts[-1:]
            flaps.active = False
        flaps.fault = fault
    _drop_old_starts(flaps, now_ns, settings)
    if len(flaps.starts) >= settings.flap_episodes or _is_pair(flaps, settings):
        flaps.active = True
    if now_ns - flaps.starts[-1] > ns(settings.flap_down_s):
        # It stays down: an outage.
        flaps.active = False
        flaps.starts = flaps.starts[-1:]


def is_of_outage(flaps: FlapState, lost_ns: int) -> bool:
    """Return whether the whole link was out at a time: that is a fault other than loss."""
    if not flaps.starts or lost_ns < flaps.starts[-1]:
        return False
    return flaps.is_silent or lost_ns <= flaps.silent_ns


def forget_outage(flaps: FlapState) -> None:
    """Revoke the latest silence, which was none."""
    if flaps.is_silent and flaps.starts:
        flaps.starts.pop()
    flaps.is_silent = False


def note_return(flaps: FlapState, now_ns: int) -> None:
    """Record that the link answers now."""
    if flaps.is_silent:
        flaps.is_silent = False
        flaps.silent_ns = now_ns


def expire_flapping(flaps: FlapState, now_ns: int, settings: Settings) -> None:
    """Let time pass: after long enough without a silence, flapping ends."""
    if flaps.is_silent or not flaps.starts:
        return
    if now_ns - flaps.silent_ns > ns(settings.flap_clear_s):
        flaps.active = False
    _drop_old_starts(flaps, now_ns, settings)


def flapping_diagnosis(flaps: FlapState) -> Diagnosis | None:
    """Return the fault of a flapping link; its location is that of its silences."""
    if not flaps.active or flaps.fault is None:
        return None
    return Diagnosis(
        state=State.DEGRADED,
        segment=flaps.fault.segment or Segment.ACCESS,
        symptom=Symptom.ACCESS_FLAPPING,
    )


def _is_of_site(fault: Diagnosis) -> bool:
    return fault.segment in {Segment.DEVICE, Segment.LAN}


def _is_pair(flaps: FlapState, settings: Settings) -> bool:
    if len(flaps.starts) < 2:
        return False
    return flaps.starts[-1] - flaps.starts[-2] <= ns(settings.flap_pair_s)


def _drop_old_starts(flaps: FlapState, now_ns: int, settings: Settings) -> None:
    horizon_ns = now_ns - ns(settings.flap_window_s)
    while len(flaps.starts) > 1 and flaps.starts[0] < horizon_ns:
        del flaps.starts[0]
