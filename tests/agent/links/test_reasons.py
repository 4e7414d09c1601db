import errno

import pytest

from thongsuot_agent.links.reasons import (
    described,
    reason_for_curl,
    reason_for_foreign,
    reason_for_own,
    reason_for_verification,
)
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_errors_of_the_device_itself_are_never_the_networks_fault(number: int) -> None:
    assert outcome_of(reason_for_own(OSError(number, ""))) is Outcome.UNMEASURED


def test_errors_from_the_network_are_the_networks_fault() -> None:
    for number, reason in (
        (errno.ECONNREFUSED, Reason.CONNECTION_REFUSED),
        (errno.EHOSTUNREACH, Reason.HOST_UNREACHABLE),
        (errno.ENETUNREACH, Reason.NETWORK_UNREACHABLE),
        (errno.EACCES, Reason.PACKET_FILTERED),
        (errno.ETIMEDOUT, Reason.TIMED_OUT),
    ):
        assert reason_for_foreign(OSError(number, "")) is reason
    assert reason_for_foreign(OSError(errno.ENETDOWN, "")) is Reason.INTERFACE_DOWN


def test_an_error_is_described_by_name_and_meaning() -> None:
    assert described(OSError(errno.ENETDOWN, "Network is down")) == "ENETDOWN: Network is down"
    assert described(OSError()) == "OSError"


def test_the_systems_error_says_more_than_libcurls() -> None:
    assert reason_for_curl(7, errno.ECONNREFUSED) is Reason.CONNECTION_REFUSED
    assert reason_for_curl(7, 0) is Reason.HOST_UNREACHABLE
    assert reason_for_curl(56, errno.ECONNRESET) is Reason.CONNECTION_RESET
    assert reason_for_curl(35, errno.ECONNRESET) is Reason.TLS_HANDSHAKE_FAILED
    assert reason_for_curl(99, 0) is Reason.FAILED_OTHERWISE


def test_a_refused_certificate_says_how_it_is_wrong() -> None:
    assert reason_for_verification(10) is Reason.CERTIFICATE_EXPIRED
    assert reason_for_verification(9) is Reason.CERTIFICATE_NOT_YET_VALID
    assert reason_for_verification(62) is Reason.CERTIFICATE_NAME_MISMATCH
    assert reason_for_verification(18) is Reason.CERTIFICATE_UNTRUSTED
