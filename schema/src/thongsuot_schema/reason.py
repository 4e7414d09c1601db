"""Reason: why a run failed or could not be made; one closed list for all probes."""

from enum import StrEnum

from thongsuot_schema.outcome import Outcome


class Reason(StrEnum):
    """
    Why a run did not end ``ok``.

    The value travels in batches and labels, so a member is never renamed; new ones go at the end of
    their block. :func:`outcome_of` maps a reason to its outcome.
    """

    # failed: the network or the service answered, or let time run out.
    TIMED_OUT = "timed_out"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    HOST_UNREACHABLE = "host_unreachable"
    NETWORK_UNREACHABLE = "network_unreachable"
    PACKET_FILTERED = "packet_filtered"
    HOP_LIMIT_EXCEEDED = "hop_limit_exceeded"
    NAME_NOT_FOUND = "name_not_found"
    NAME_SERVER_FAILED = "name_server_failed"
    NAME_SERVER_REFUSED = "name_server_refused"
    NAME_SERVER_TIMED_OUT = "name_server_timed_out"
    NAME_WITHOUT_ADDRESS = "name_without_address"
    NAME_ANSWER_FORGED = "name_answer_forged"
    TLS_HANDSHAKE_FAILED = "tls_handshake_failed"
    TLS_TIMED_OUT = "tls_timed_out"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_NAME_MISMATCH = "certificate_name_mismatch"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    RESPONSE_TIMED_OUT = "response_timed_out"
    RESPONSE_INVALID = "response_invalid"
    RESPONSE_TRUNCATED = "response_truncated"
    STATUS_UNEXPECTED = "status_unexpected"
    BODY_UNEXPECTED = "body_unexpected"
    FAILED_OTHERWISE = "failed_otherwise"
    PROXY_SILENT = "proxy_silent"
    PROXY_CANNOT_REACH = "proxy_cannot_reach"

    # unmeasured: the probe could not be made, or its answer proves nothing.
    INTERFACE_ABSENT = "interface_absent"
    INTERFACE_DOWN = "interface_down"
    NO_ADDRESS = "no_address"
    NO_ROUTE = "no_route"
    EGRESS_UNPROVEN = "egress_unproven"
    PERMISSION_DENIED = "permission_denied"
    AGENT_STARVED = "agent_starved"
    CLOCK_STEPPED = "clock_stepped"
    OVERRUN = "overrun"
    BUDGET_SPENT = "budget_spent"
    LINK_BUSY = "link_busy"
    NOT_SUPPORTED = "not_supported"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    PROBE_BROKEN = "probe_broken"
    UNMEASURED_OTHERWISE = "unmeasured_otherwise"
    BEHIND_PROXY = "behind_proxy"
    PROXY_REFUSED = "proxy_refused"


_UNMEASURED = frozenset(
    {
        Reason.INTERFACE_ABSENT,
        Reason.INTERFACE_DOWN,
        Reason.NO_ADDRESS,
        Reason.NO_ROUTE,
        Reason.EGRESS_UNPROVEN,
        Reason.PERMISSION_DENIED,
        Reason.AGENT_STARVED,
        Reason.CLOCK_STEPPED,
        Reason.OVERRUN,
        Reason.BUDGET_SPENT,
        Reason.LINK_BUSY,
        Reason.NOT_SUPPORTED,
        Reason.RESOURCE_EXHAUSTED,
        Reason.PROBE_BROKEN,
        Reason.UNMEASURED_OTHERWISE,
        Reason.BEHIND_PROXY,
        Reason.PROXY_REFUSED,
    }
)


def outcome_of(reason: Reason) -> Outcome:
    """Return the outcome of a reason: ``failed`` or ``unmeasured``."""
    return Outcome.UNMEASURED if reason in _UNMEASURED else Outcome.FAILED
