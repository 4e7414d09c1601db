"""
Failure modes: how a service fails over one link, and whether another party may be responsible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.tracks import SILENT_REASONS, STALLS
from thongsuot_schema.reason import Reason
from thongsuot_schema.verdict import Symptom


class Attribution(Enum):
    """What a failure mode proves about the responsible party."""

    SERVICE = auto()
    """Only the portal itself can have responded so: its certificate was verified before."""

    PATH = auto()
    """The path may be responsible as well: other links have to be probed."""

    NAME = auto()
    """The name server may be to blame as well."""

    CLOCK = auto()
    """The device's own clock may be to blame as well."""


@dataclass(frozen=True, slots=True)
class FailureMode:
    """A failure mode: its name, and what it proves."""

    symptom: Symptom
    attribution: Attribution


_TIMES_OUT = FailureMode(Symptom.SERVICE_TIMEOUT, Attribution.PATH)
_REFUSES = FailureMode(Symptom.SERVICE_REFUSED, Attribution.PATH)
_NAME_GONE = FailureMode(Symptom.SERVICE_NAME_UNRESOLVED, Attribution.NAME)
_WRONG = FailureMode(Symptom.CERTIFICATE_INVALID, Attribution.PATH)
_ERROR = FailureMode(Symptom.SERVICE_ERROR, Attribution.SERVICE)

FAILURE_MODES: Mapping[Reason, FailureMode] = {
    **dict.fromkeys(SILENT_REASONS, _TIMES_OUT),
    Reason.CONNECTION_REFUSED: _REFUSES,
    Reason.CONNECTION_RESET: _REFUSES,
    Reason.NAME_NOT_FOUND: _NAME_GONE,
    Reason.NAME_WITHOUT_ADDRESS: _NAME_GONE,
    Reason.NAME_SERVER_FAILED: _NAME_GONE,
    Reason.NAME_SERVER_REFUSED: _NAME_GONE,
    Reason.NAME_SERVER_TIMED_OUT: _NAME_GONE,
    Reason.NAME_ANSWER_FORGED: _NAME_GONE,
    # Until the certificate is verified, anyone on the path may have responded.
    Reason.TLS_HANDSHAKE_FAILED: FailureMode(Symptom.SERVICE_ERROR, Attribution.PATH),
    Reason.CERTIFICATE_NAME_MISMATCH: _WRONG,
    Reason.CERTIFICATE_UNTRUSTED: _WRONG,
    Reason.CERTIFICATE_EXPIRED: FailureMode(Symptom.CERTIFICATE_EXPIRED, Attribution.CLOCK),
    Reason.CERTIFICATE_NOT_YET_VALID: FailureMode(Symptom.CERTIFICATE_INVALID, Attribution.CLOCK),
    Reason.RESPONSE_INVALID: _ERROR,
    Reason.RESPONSE_TRUNCATED: _ERROR,
    Reason.STATUS_UNEXPECTED: _ERROR,
    Reason.BODY_UNEXPECTED: FailureMode(Symptom.SERVICE_UNEXPECTED_CONTENT, Attribution.SERVICE),
}
_OTHERWISE = FailureMode(Symptom.SERVICE_ERROR, Attribution.PATH)

FAILURE_SYMPTOMS = frozenset(mode.symptom for mode in (*FAILURE_MODES.values(), _OTHERWISE))

FOREIGN_CERTIFICATE = frozenset({Reason.CERTIFICATE_UNTRUSTED, Reason.CERTIFICATE_NAME_MISMATCH})
"""
Typical of an interceptor: if all services show it at once, it is no service's own certificate.
"""

NEEDS_OTHER_SERVICES = STALLS | FOREIGN_CERTIFICATE
"""Failures that can only be attributed if several services are probed."""

UNREACHED = frozenset(
    {reason for reason, failing in FAILURE_MODES.items() if failing in {_TIMES_OUT, _REFUSES}}
)
"""Failures that may affect one of several addresses."""


def failure_mode_of(reason: Reason | None) -> FailureMode:
    """Return the failure mode of a reason."""
    return _OTHERWISE if reason is None else FAILURE_MODES.get(reason, _OTHERWISE)


class Health(Enum):
    """The health of a service over one link in one family."""

    GOOD = auto()
    PARTLY = auto()
    """One of its addresses is dead, another works."""
    DOUBTFUL = auto()
    """It failed, and has to be probed once more."""
    BAD = auto()


ADDRESS_MEMORY_NS = 1800 * NS_PER_S
"""A name server may have stopped returning an address that was not seen for this time."""


def health_of(
    track: Track, needed: int, now_ns: int, failing: frozenset[str] = frozenset()
) -> Health:
    """
    Return the health of a service by the observations of one series.

    ``needed`` consecutive failed runs confirm a failure. If the service has another address that
    worked when this series last tried it, three times as many are needed to reach it again; unless
    it is ``failing`` by the observations of other series of the site.
    """
    tried = {
        name: a for name, a in track.addresses.items() if now_ns - a.tried_ns < ADDRESS_MEMORY_NS
    }
    if track.reason in UNREACHED:
        is_outlived = any(a.failures >= needed and a.is_outlived for a in tried.values())
        if is_outlived and any(not a.failures for a in tried.values()):
            return Health.PARTLY
    if not track.failures:
        fails = any(a.failures for a in tried.values())
        return Health.DOUBTFUL if fails and track.successes < 2 * needed else Health.GOOD
    untried = track.reason in UNREACHED and any(
        not a.failures and name not in failing for name, a in tried.items()
    )
    return Health.BAD if track.failures >= needed * (3 if untried else 1) else Health.DOUBTFUL
