"""
Failure modes: how a service fails over one link, and whether that can be anybody's fault but its
own.
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
    """What a way of failing proves about who fails."""

    SERVICE = auto()
    """Only the portal itself can have answered so: its certificate was verified before."""

    PATH = auto()
    """The way there may be to blame as well: other links have to be asked."""

    NAME = auto()
    """The name server may be to blame as well."""

    CLOCK = auto()
    """The device's own clock may be to blame as well."""


@dataclass(frozen=True, slots=True)
class FailureMode:
    """A way of failing: what it is called, and what it proves."""

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
    # Before the certificate is known to be the portal's, anyone on the way may have answered.
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
"""What an interceptor looks like: shown by all services at once, it is no service's own."""

NEEDS_OTHER_SERVICES = STALLS | FOREIGN_CERTIFICATE
"""Whose fault these are shows only when several services are asked."""

UNREACHED = frozenset(
    {reason for reason, failing in FAILURE_MODES.items() if failing in {_TIMES_OUT, _REFUSES}}
)
"""Failures that may be one address's of several."""


def failure_mode_of(reason: Reason | None) -> FailureMode:
    """Return how a service fails that fails for this reason."""
    return _OTHERWISE if reason is None else FAILURE_MODES.get(reason, _OTHERWISE)


class Health(Enum):
    """How a service is over one link in one family."""

    GOOD = auto()
    PARTLY = auto()
    """One of its addresses is dead, another works."""
    DOUBTFUL = auto()
    """It failed, and has to be asked once more."""
    BAD = auto()


ADDRESS_MEMORY_NS = 1800 * NS_PER_S
"""A name server may have stopped naming an address that was not met for so long."""


def health_of(
    track: Track, needed: int, now_ns: int, failing: frozenset[str] = frozenset()
) -> Health:
    """
    Return how a service is, by what one series has shown.

    ``needed`` failed runs in a row are believed. Where the service has another address, which
    worked when this series last tried it, three times as many are needed to have met that one
    again; unless it is ``failing``, by what other series of the site found.
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
