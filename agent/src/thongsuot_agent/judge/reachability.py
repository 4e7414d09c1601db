"""
Reachability: what one run proves about the reachability of its target; most failures of a service
prove that it is reachable, or nothing.
"""

from enum import StrEnum, auto

from thongsuot_schema.catalogue import http
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, QualityFlag


class Reachability(StrEnum):
    """What a run proves about the path to its target."""

    ANSWERED = auto()
    """A response that only the target can send was received: every rung up to it works."""

    SILENT = auto()
    """There was no response, or a router reported that the target is unreachable."""

    INCONCLUSIVE = auto()
    """A middlebox could have sent this response, or the path was not used."""

    UNMEASURED = auto()
    """The run proves nothing."""


LATE_RTT = "late_rtt_s"
"""
Evidence of the echo probe: the round-trip time of an earlier echo, answered after its time limit.
"""
BY_LAST_ADDRESS = "by_last_address"
"""Evidence of the web probe: the result of trying the last known address of an unresolved name."""
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
# These failures require a verified handshake. A refusal, a reset, or an invalid certificate can
# also come from a CPE without its line.
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
    arrived.
    """
    if finding.outcome is Outcome.OK:
        return Reachability.ANSWERED
    reason = finding.reason
    if late_rtt_s(finding) is not None:
        # The previous echo was answered after its time limit: late is not lost.
        return Reachability.ANSWERED
    if finding.outcome is Outcome.UNMEASURED or reason is None or is_doubtful(finding):
        return Reachability.UNMEASURED
    by_last = finding.evidence.get(BY_LAST_ADDRESS)
    if kind == "http" and by_last is not None:
        # The name could not be resolved; its last known address proves the path.
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
    """
    Return the round-trip time of an answer that was too late for its echo, ``None`` if there was
    none.
    """
    return _seconds(finding, LATE_RTT)


def own_share_s(finding: Finding) -> float | None:
    """Return the part of a late run that the device itself may have caused; ``None`` if unknown."""
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
    """Return whether the process did not get the CPU in time during the run."""
    return QualityFlag.TIMER_LATE in finding.doubts
