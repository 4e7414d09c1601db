"""Words for the reasons why a run failed or could not be made."""

from typing import Final

from thongsuot_schema.reason import Reason
from thongsuot_schema.words.language import Text

REASONS: Final[dict[Reason, Text]] = {
    Reason.TIMED_OUT: Text("schema.words.reasons.timed_out"),
    Reason.CONNECTION_REFUSED: Text("schema.words.reasons.connection_refused"),
    Reason.CONNECTION_RESET: Text("schema.words.reasons.connection_reset"),
    Reason.HOST_UNREACHABLE: Text("schema.words.reasons.host_unreachable"),
    Reason.NETWORK_UNREACHABLE: Text("schema.words.reasons.network_unreachable"),
    Reason.PACKET_FILTERED: Text("schema.words.reasons.packet_filtered"),
    Reason.HOP_LIMIT_EXCEEDED: Text("schema.words.reasons.hop_limit_exceeded"),
    Reason.NAME_NOT_FOUND: Text("schema.words.reasons.name_not_found"),
    Reason.NAME_SERVER_FAILED: Text("schema.words.reasons.name_server_failed"),
    Reason.NAME_SERVER_REFUSED: Text("schema.words.reasons.name_server_refused"),
    Reason.NAME_SERVER_TIMED_OUT: Text("schema.words.reasons.name_server_timed_out"),
    Reason.NAME_WITHOUT_ADDRESS: Text("schema.words.reasons.name_without_address"),
    Reason.NAME_ANSWER_FORGED: Text("schema.words.reasons.name_answer_forged"),
    Reason.TLS_HANDSHAKE_FAILED: Text("schema.words.reasons.tls_handshake_failed"),
    Reason.TLS_TIMED_OUT: Text("schema.words.reasons.tls_timed_out"),
    Reason.CERTIFICATE_EXPIRED: Text("schema.words.reasons.certificate_expired"),
    Reason.CERTIFICATE_NOT_YET_VALID: Text("schema.words.reasons.certificate_not_yet_valid"),
    Reason.CERTIFICATE_NAME_MISMATCH: Text("schema.words.reasons.certificate_name_mismatch"),
    Reason.CERTIFICATE_UNTRUSTED: Text("schema.words.reasons.certificate_untrusted"),
    Reason.RESPONSE_TIMED_OUT: Text("schema.words.reasons.response_timed_out"),
    Reason.RESPONSE_INVALID: Text("schema.words.reasons.response_invalid"),
    Reason.RESPONSE_TRUNCATED: Text("schema.words.reasons.response_truncated"),
    Reason.STATUS_UNEXPECTED: Text("schema.words.reasons.status_unexpected"),
    Reason.BODY_UNEXPECTED: Text("schema.words.reasons.body_unexpected"),
    Reason.FAILED_OTHERWISE: Text("schema.words.reasons.failed_otherwise"),
    Reason.PROXY_SILENT: Text("schema.words.reasons.proxy_silent"),
    Reason.PROXY_CANNOT_REACH: Text("schema.words.reasons.proxy_cannot_reach"),
    Reason.INTERFACE_ABSENT: Text("schema.words.reasons.interface_absent"),
    Reason.INTERFACE_DOWN: Text("schema.words.reasons.interface_down"),
    Reason.NO_ADDRESS: Text("schema.words.reasons.no_address"),
    Reason.NO_ROUTE: Text("schema.words.reasons.no_route"),
    Reason.EGRESS_UNPROVEN: Text("schema.words.reasons.egress_unproven"),
    Reason.PERMISSION_DENIED: Text("schema.words.reasons.permission_denied"),
    Reason.AGENT_STARVED: Text("schema.words.reasons.agent_starved"),
    Reason.CLOCK_STEPPED: Text("schema.words.reasons.clock_stepped"),
    Reason.OVERRUN: Text("schema.words.reasons.overrun"),
    Reason.BUDGET_SPENT: Text("schema.words.reasons.budget_spent"),
    Reason.LINK_BUSY: Text("schema.words.reasons.link_busy"),
    Reason.NOT_SUPPORTED: Text("schema.words.reasons.not_supported"),
    Reason.RESOURCE_EXHAUSTED: Text("schema.words.reasons.resource_exhausted"),
    Reason.PROBE_BROKEN: Text("schema.words.reasons.probe_broken"),
    Reason.UNMEASURED_OTHERWISE: Text("schema.words.reasons.unmeasured_otherwise"),
    Reason.BEHIND_PROXY: Text("schema.words.reasons.behind_proxy"),
    Reason.PROXY_REFUSED: Text("schema.words.reasons.proxy_refused"),
}
"""In the middle of a sentence or a table: lower case."""
