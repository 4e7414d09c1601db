"""
Reachability: what one run says about whether its target can be reached; most failures of a service
say yes or nothing.
"""

from enum import Enum, auto

from thongsuot_schema.catalogue import http
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, QualityFlag


class Reachability(Enum):
    """What a run proves about the way to its target."""

    ANSWERED = auto()
    """Something that only the target can know came back: every rung up to it is passable."""

    SILENT = auto()
    """Nothing came back, or a router said that it cannot."""

    INCONCLUSIVE = auto()
    """A box on the way could have given this answer, or the way was not tried."""

    UNMEASURED = auto()
    """The run says nothing about anything."""


LATE_RTT = "late_rtt_s"
"""Evidence of the echo probe: an earlier echo was answered so late, after its time was out."""
BY_LAST_ADDRESS = "by_last_address"
"""Evidence of the web probe: what came of trying the last known address of an unresolved name."""
REACHED, UNREACHED = "reached", "timed_out"
_BY_LAST_ADDRESS = {
    REACHED: Reachability.ANSWERED,
    UNREACHED: Reachability.SILENT,
}

_SILENT = frozenset(
    {
        Reason.TIMED_OUT,
        Reason.HOST_UNREACHABLE,
        Reason.NETWORK_UNREACHABLE,
        Reason.PACKET_FILTERED,
        Reason.HOP_LIMIT_EXCEEDED,
    }
)
_SILENT_NAME_SERVER = _SILENT | {Reason.NAME_SERVER_TIMED_OUT}
_SILENT_BY_PROXY = frozenset({Reason.PROXY_SILENT, Reason.PROXY_CANNOT_REACH})
_ANSWERED_NAME_SERVER = frozenset(
    {
        Reason.NAME_NOT_FOUND,
        Reason.NAME_SERVER_FAILED,
        Reason.NAME_SERVER_REFUSED,
        Reason.NAME_WITHOUT_ADDRESS,
    }
)
# The handshake was verified before these could be found. A refusal or a reset, or a certificate
# that does not fit, is also what a CPE without its line gives to every caller.
_ANSWERED_SERVICE = frozenset(
    {
        Reason.STATUS_UNEXPECTED,
        Reason.BODY_UNEXPECTED,
        Reason.RESPONSE_TIMED_OUT,
        Reason.RESPONSE_TRUNCATED,
    }
)


def reachability_of(kind: str, finding: Finding) -> Reachability:
    """
    Return what a finding of a kind proves about reachability.

    A run that failed while the agent's own timers were late proves nothing: the answer may have
    come.
    """
    if finding.outcome is Outcome.OK:
        return Reachability.ANSWERED
    reason = finding.reason
    if late_rtt_s(finding) is not None:
        # The answer to the echo before this one came after its time: late is not lost.
        return Reachability.ANSWERED
    if finding.outcome is Outcome.UNMEASURED or reason is None or is_doubtful(finding):
        return Reachability.UNMEASURED
    by_last = finding.evidence.get(BY_LAST_ADDRESS)
    if kind == "http" and by_last is not None:
        # The name could not be looked up; the address that it had last speaks for the way.
        return _BY_LAST_ADDRESS.get(by_last, Reachability.INCONCLUSIVE)
    if kind == "dns":
        silent, answered = _SILENT_NAME_SERVER, _ANSWERED_NAME_SERVER
    elif kind == "http":
        silent, answered = _SILENT | _SILENT_BY_PROXY, _ANSWERED_SERVICE
    else:
        silent, answered = _SILENT, frozenset()
    if reason in silent:
        return Reachability.SILENT
    return Reachability.ANSWERED if reason in answered else Reachability.INCONCLUSIVE


def late_rtt_s(finding: Finding) -> float | None:
    """Return how long the answer took that came too late for an echo, ``None`` if none did."""
    return _seconds(finding, LATE_RTT)


def own_share_s(finding: Finding) -> float | None:
    """Return how much of a late run the device itself took at most; ``None``: it is not known."""
    return _seconds(finding, http.OWN_SHARE)


def _seconds(finding: Finding, key: str) -> float | None:
    text = finding.evidence.get(key)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def is_doubtful(finding: Finding) -> bool:
    """Return whether the process was not given the CPU in time while the run lasted."""
    return QualityFlag.TIMER_LATE in finding.doubts
