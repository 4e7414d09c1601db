"""Causes: the names of symptoms in ITU-T X.733 (and M.3160, 3GPP TS 32.111-2 Annex B)."""

from typing import Final, NamedTuple

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


class AlarmCause(NamedTuple):
    """``kind`` is the alarm's type (X.733, 8.1.1), ``cause`` its probable cause (8.1.2.1)."""

    kind: str
    cause: str


COMMUNICATIONS: Final = "communicationsAlarm"
QUALITY: Final = "qualityOfServiceAlarm"
EQUIPMENT: Final = "equipmentAlarm"

_DEAD: Final = AlarmCause(COMMUNICATIONS, "communicationsSubsystemFailure")
_LOSS: Final = AlarmCause(QUALITY, "excessiveErrorRate")
_SLOW: Final = AlarmCause(QUALITY, "excessiveResponseTime")
_ROUTING: Final = AlarmCause(COMMUNICATIONS, "routingFailure")
_SERVICE: Final = AlarmCause(COMMUNICATIONS, "unavailable")

ALARM_CAUSES: Final[dict[Symptom, AlarmCause]] = {
    Symptom.AGENT_SILENT: AlarmCause(COMMUNICATIONS, "timeoutExpired"),
    Symptom.DEVICE_OVERLOADED: AlarmCause(EQUIPMENT, "outOfCPUCycles"),
    Symptom.DEVICE_OFF: AlarmCause(EQUIPMENT, "powerProblem"),
    Symptom.MODEM_ABSENT: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.SIM_NOT_READY: AlarmCause(EQUIPMENT, "configurationOrCustomisationError"),
    Symptom.APN_WRONG: AlarmCause(EQUIPMENT, "configurationOrCustomisationError"),
    Symptom.POWER_LOST: AlarmCause(EQUIPMENT, "powerProblem"),
    Symptom.OPTICAL_LOSS_OF_SIGNAL: AlarmCause(COMMUNICATIONS, "lossOfSignal"),
    Symptom.RADIO_SIGNAL_WEAK: AlarmCause(COMMUNICATIONS, "degradedSignal"),
    Symptom.RADIO_NOT_REGISTERED: AlarmCause(COMMUNICATIONS, "callEstablishmentError"),
    Symptom.CORE_SILENT_RADIO_OK: _DEAD,
    Symptom.INTERFACE_ABSENT: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.CABLE_UNPLUGGED: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.NO_ADDRESS: AlarmCause(COMMUNICATIONS, "communicationsProtocolError"),
    Symptom.NO_ROUTE: AlarmCause(COMMUNICATIONS, "communicationsProtocolError"),
    Symptom.GATEWAY_SILENT: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.PROXY_SILENT: AlarmCause(EQUIPMENT, "applicationSubsystemFailure"),
    Symptom.EDGE_SILENT: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.GATEWAY_NO_UPLINK: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.ADDRESS_CONFLICT: AlarmCause(COMMUNICATIONS, "lanError"),
    Symptom.LAN_CONGESTED: AlarmCause(QUALITY, "congestion"),
    Symptom.LAN_LOSS: AlarmCause(COMMUNICATIONS, "lanError"),
    Symptom.LAN_LARGE_PACKETS_LOST: AlarmCause(COMMUNICATIONS, "lanError"),
    Symptom.LAN_NEW_CONNECTIONS_FAIL: AlarmCause(EQUIPMENT, "resourceAtOrNearingCapacity"),
    Symptom.ACCESS_SILENT: _DEAD,
    Symptom.ACCESS_SESSION_LOST: AlarmCause(COMMUNICATIONS, "callEstablishmentError"),
    Symptom.DEVICE_FILTERS_ANSWERS: AlarmCause(EQUIPMENT, "configurationOrCustomisationError"),
    Symptom.EGRESS_OTHER_CARRIER: _ROUTING,
    Symptom.WATCHED_ONLY: _ROUTING,
    Symptom.LINK_REACHES_NO_SERVICE: _ROUTING,
    Symptom.SLOW_CAUSE_UNKNOWN: AlarmCause(QUALITY, "congestion"),
    Symptom.NEW_CONNECTIONS_FAIL: AlarmCause(COMMUNICATIONS, "callEstablishmentError"),
    Symptom.LARGE_PACKETS_CAUSE_UNKNOWN: AlarmCause(
        COMMUNICATIONS, "configurationOrCustomisationError"
    ),
    Symptom.RESOLVER_CAUSE_UNKNOWN: AlarmCause(COMMUNICATIONS, "applicationSubsystemFailure"),
    Symptom.CARRIER_NEW_CONNECTIONS_FAIL: AlarmCause(COMMUNICATIONS, "callEstablishmentError"),
    Symptom.GATEWAY_REPLACED: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.FIRST_HOP_REPLACED: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.DEVICE_MOVED: AlarmCause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.CONNECTION_INTERCEPTED: AlarmCause(COMMUNICATIONS, "authenticationFailure"),
    Symptom.SERVICE_UNREACHABLE_OVER_LINK: _SERVICE,
    Symptom.ACCESS_LOSS: _LOSS,
    Symptom.ACCESS_SLOW: _SLOW,
    Symptom.ACCESS_FLAPPING: AlarmCause(COMMUNICATIONS, "transmissionError"),
    Symptom.IPV4_DOWN: _ROUTING,
    Symptom.IPV6_DOWN: _ROUTING,
    Symptom.LARGE_PACKETS_LOST: AlarmCause(COMMUNICATIONS, "configurationOrCustomisationError"),
    Symptom.CARRIER_SILENT: _DEAD,
    Symptom.CARRIER_PARTIAL_OUTAGE: _ROUTING,
    Symptom.CARRIER_LOSS: _LOSS,
    Symptom.CARRIER_SLOW: _SLOW,
    Symptom.RESOLVER_SILENT: AlarmCause(COMMUNICATIONS, "applicationSubsystemFailure"),
    Symptom.RESOLVER_SLOW: _SLOW,
    Symptom.RESOLVER_FORGED_ANSWER: AlarmCause(COMMUNICATIONS, "configurationOrCustomisationError"),
    Symptom.TRANSIT_SILENT: _ROUTING,
    Symptom.INTERNATIONAL_TRANSIT_SILENT: _ROUTING,
    Symptom.TRANSIT_LOSS: _LOSS,
    Symptom.TRANSIT_SLOW: _SLOW,
    Symptom.SERVICE_REFUSED: _SERVICE,
    Symptom.SERVICE_TIMEOUT: _SERVICE,
    Symptom.SERVICE_ERROR: AlarmCause(QUALITY, "applicationSubsystemFailure"),
    Symptom.SERVICE_UNEXPECTED_CONTENT: AlarmCause(QUALITY, "applicationSubsystemFailure"),
    Symptom.SERVICE_NAME_UNRESOLVED: AlarmCause(
        COMMUNICATIONS, "configurationOrCustomisationError"
    ),
    Symptom.SERVICE_PARTIAL_OUTAGE: _SERVICE,
    Symptom.SERVICE_SLOW: _SLOW,
    Symptom.CERTIFICATE_EXPIRED: AlarmCause(COMMUNICATIONS, "keyExpired"),
    Symptom.CERTIFICATE_EXPIRING: AlarmCause(COMMUNICATIONS, "keyExpired"),
    Symptom.CERTIFICATE_INVALID: AlarmCause(COMMUNICATIONS, "authenticationFailure"),
}
"""Every symptom of a fault; for any other the link's state decides."""


def alarm_cause(symptom: Symptom, state: State) -> AlarmCause:
    """Return the names of a fault."""
    cause = ALARM_CAUSES.get(symptom)
    if cause is not None:
        return cause
    if state is State.UNKNOWN:
        return AlarmCause(COMMUNICATIONS, "timeoutExpired")
    return _DEAD if state is State.DOWN else AlarmCause(QUALITY, "degradedSignal")
