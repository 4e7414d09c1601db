"""Causes: what a symptom is called in ITU-T X.733 (and M.3160, 3GPP TS 32.111-2 Annex B)."""

from typing import Final, NamedTuple

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


class Cause(NamedTuple):
    """``kind`` is the alarm's type (X.733, 8.1.1), ``cause`` its probable cause (8.1.2.1)."""

    kind: str
    cause: str


COMMUNICATIONS: Final = "communicationsAlarm"
QUALITY: Final = "qualityOfServiceAlarm"
EQUIPMENT: Final = "equipmentAlarm"

_DEAD: Final = Cause(COMMUNICATIONS, "communicationsSubsystemFailure")
_LOSS: Final = Cause(QUALITY, "excessiveErrorRate")
_SLOW: Final = Cause(QUALITY, "excessiveResponseTime")
_ROUTING: Final = Cause(COMMUNICATIONS, "routingFailure")
_SERVICE: Final = Cause(COMMUNICATIONS, "unavailable")

CAUSES: Final[dict[Symptom, Cause]] = {
    Symptom.AGENT_SILENT: Cause(COMMUNICATIONS, "timeoutExpired"),
    Symptom.DEVICE_STARVED: Cause(EQUIPMENT, "outOfCPUCycles"),
    Symptom.DEVICE_OFF: Cause(EQUIPMENT, "powerProblem"),
    Symptom.POWER_LOST: Cause(EQUIPMENT, "powerProblem"),
    Symptom.OPTICAL_SIGNAL_LOST: Cause(COMMUNICATIONS, "lossOfSignal"),
    Symptom.RADIO_WEAK: Cause(COMMUNICATIONS, "degradedSignal"),
    Symptom.RADIO_UNREGISTERED: Cause(COMMUNICATIONS, "callEstablishmentError"),
    Symptom.CORE_SILENT_RADIO_WELL: _DEAD,
    Symptom.INTERFACE_ABSENT: Cause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.CABLE_UNPLUGGED: Cause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.NO_ADDRESS: Cause(COMMUNICATIONS, "communicationsProtocolError"),
    Symptom.NO_ROUTE: Cause(COMMUNICATIONS, "communicationsProtocolError"),
    Symptom.GATEWAY_SILENT: Cause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.GATEWAY_WITHOUT_WAY: Cause(EQUIPMENT, "externalIFDeviceProblem"),
    Symptom.ADDRESS_CONFLICT: Cause(COMMUNICATIONS, "lanError"),
    Symptom.LAN_BUSY: Cause(QUALITY, "congestion"),
    Symptom.LAN_LOSS: Cause(COMMUNICATIONS, "lanError"),
    Symptom.ACCESS_SILENT: _DEAD,
    Symptom.ACCESS_LOSS: _LOSS,
    Symptom.ACCESS_SLOW: _SLOW,
    Symptom.ACCESS_FLAPPING: Cause(COMMUNICATIONS, "transmissionError"),
    Symptom.IP4_DEAD: _ROUTING,
    Symptom.IP6_DEAD: _ROUTING,
    Symptom.LARGE_PACKETS_LOST: Cause(COMMUNICATIONS, "configurationOrCustomisationError"),
    Symptom.CARRIER_SILENT: _DEAD,
    Symptom.CARRIER_PARTLY_SILENT: _ROUTING,
    Symptom.CARRIER_LOSS: _LOSS,
    Symptom.CARRIER_SLOW: _SLOW,
    Symptom.RESOLVER_SILENT: Cause(COMMUNICATIONS, "applicationSubsystemFailure"),
    Symptom.RESOLVER_SLOW: _SLOW,
    Symptom.RESOLVER_LIES: Cause(COMMUNICATIONS, "configurationOrCustomisationError"),
    Symptom.TRANSIT_SILENT: _ROUTING,
    Symptom.FOREIGN_TRANSIT_SILENT: _ROUTING,
    Symptom.TRANSIT_LOSS: _LOSS,
    Symptom.TRANSIT_SLOW: _SLOW,
    Symptom.SERVICE_REFUSES: _SERVICE,
    Symptom.SERVICE_TIMES_OUT: _SERVICE,
    Symptom.SERVICE_ERROR: Cause(QUALITY, "applicationSubsystemFailure"),
    Symptom.SERVICE_WRONG_CONTENT: Cause(QUALITY, "applicationSubsystemFailure"),
    Symptom.SERVICE_NAME_GONE: Cause(COMMUNICATIONS, "configurationOrCustomisationError"),
    Symptom.SERVICE_PARTLY_DEAD: _SERVICE,
    Symptom.SERVICE_SLOW: _SLOW,
    Symptom.CERTIFICATE_EXPIRED: Cause(COMMUNICATIONS, "keyExpired"),
    Symptom.CERTIFICATE_EXPIRING: Cause(COMMUNICATIONS, "keyExpired"),
    Symptom.CERTIFICATE_WRONG: Cause(COMMUNICATIONS, "authenticationFailure"),
}
"""Every symptom of a fault; of one that is not here the state speaks."""


def cause_of(symptom: Symptom, state: State) -> Cause:
    """Return what a fault is called."""
    found = CAUSES.get(symptom)
    if found is not None:
        return found
    if state is State.UNKNOWN:
        return Cause(COMMUNICATIONS, "timeoutExpired")
    return _DEAD if state is State.DOWN else Cause(QUALITY, "degradedSignal")
