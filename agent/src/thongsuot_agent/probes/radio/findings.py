"""Turns a reading into the values and the evidence of the ``radio`` kind. Pure."""

from collections.abc import Sequence
from typing import Final

from thongsuot_agent.probes.radio.modem_history import ModemHistory
from thongsuot_agent.probes.radio.reading import ModemReading, ServingCell
from thongsuot_agent.probing.equipment.redaction import redact
from thongsuot_schema.catalogue import radio as metrics
from thongsuot_schema.metric import Metric

_TEXT_LIMIT: Final = 200
_APN_REFUSED: Final = frozenset(
    {"missingorunknownapn", "userauthenticationfailed", "userauthenticationfailure"}
)
"""
Causes 27 and 29 of TS 24.008, 10.5.6.6, in ModemManager's words: the network does not know the
access point, or its user. Older versions prefix them with "Gprs".
"""
_LTE: Final = {
    "rsrp_dbm": metrics.LTE_RSRP,
    "rsrq_db": metrics.LTE_RSRQ,
    "sinr_db": metrics.LTE_SINR,
    "rssi_dbm": metrics.LTE_RSSI,
    "band": metrics.LTE_BAND,
    "arfcn": metrics.LTE_ARFCN,
    "pci": metrics.LTE_PCI,
}
_NR: Final = {
    "rsrp_dbm": metrics.NR_RSRP,
    "rsrq_db": metrics.NR_RSRQ,
    "sinr_db": metrics.NR_SINR,
    "rssi_dbm": metrics.NR_RSSI,
    "band": metrics.NR_BAND,
    "arfcn": metrics.NR_ARFCN,
    "pci": metrics.NR_PCI,
}


def values_of(
    reading: ModemReading, track: ModemHistory, networks: Sequence[str], apns: Sequence[str] = ()
) -> dict[Metric, float]:
    """
    Return the values of a reading; ``networks`` are the PLMNs of the contract's carrier, ``apns``
    its access points.
    """
    values = {**_leg_values(reading.lte, _LTE), **_leg_values(reading.nr, _NR)}
    yes_no = {
        metrics.MODEM_PRESENT: True,
        metrics.CONNECTED: reading.connected,
        metrics.ROAMING: _roaming(reading),
        metrics.SHOWS_NR: reading.shows_nr,
        metrics.REGISTERED: _registered(reading),
        metrics.SIM_READY: reading.sim == "ready" if reading.sim else None,
        metrics.OWN_APN: _own_apn(reading, apns),
        metrics.OWN_NETWORK: reading.plmn in networks if networks and reading.plmn else None,
    }
    values |= {metric: float(is_so) for metric, is_so in yes_no.items() if is_so is not None}
    if reading.technology:
        values[metrics.TECHNOLOGY] = metrics.TECHNOLOGIES[reading.technology]
    if reading.temperature_c is not None:
        values[metrics.TEMPERATURE] = reading.temperature_c
    if track.received is not None:
        values[metrics.RECEIVED] = track.received
    if track.sent is not None:
        values[metrics.SENT] = track.sent
    values[metrics.CELL_CHANGES] = track.cell_changes
    values[metrics.TECHNOLOGY_CHANGES] = track.technology_changes
    values[metrics.FALLBACKS] = track.fallbacks
    values[metrics.REJECTED] = len(reading.rejected)
    return values


def says_nothing(reading: ModemReading) -> bool:
    """Return whether a reading has no radio data: no leg, no state."""
    states = (reading.technology, reading.registration, reading.sim, reading.plmn)
    return reading.lte is None and reading.nr is None and not any(states)


def evidence_of(
    reading: ModemReading, events: Sequence[str], networks: Sequence[str]
) -> dict[str, str]:
    """Return the texts of interest for a person; identities are masked."""
    texts = {
        "network": " ".join(filter(None, (reading.plmn, reading.texts.get("operator", "")))),
        "modem": reading.texts.get("model", ""),
        "registration": reading.registration,
        "apn": reading.apn,
        "bearer": reading.bearer_error,
        "sim": reading.sim,
        "lte_cell": _cell(reading.lte),
        "nr_cell": _cell(reading.nr),
        "event": "; ".join(events),
        "rejected": " ".join(f"{name}:{why}" for name, why in sorted(reading.rejected.items())),
        "error": reading.error,
    }
    if not reading.shows_nr:
        texts["nr"] = "this source cannot show the 5G leg"
    if networks and reading.plmn and reading.plmn not in networks:
        texts["contract"] = f"the contract's networks are {', '.join(networks)}"
    return {key: redact(text)[:_TEXT_LIMIT] for key, text in texts.items() if text}


def _own_apn(reading: ModemReading, apns: Sequence[str]) -> bool | None:
    """
    Return whether the device requests the correct access point; ``None``: not known.

    An access point of the contract is correct even if the network rejects it: then the network is
    at fault.
    """
    # The operator's part (TS 23.003, 9.1.2) is the network's own addition.
    name = reading.apn.casefold().partition(".mnc")[0]
    if apns and name:
        return name in {apn.casefold() for apn in apns}
    refused = reading.bearer_error.casefold().removeprefix("gprs")
    return False if refused in _APN_REFUSED else None


def _leg_values(leg: ServingCell | None, named: dict[str, Metric]) -> dict[Metric, float]:
    if leg is None:
        return {}
    values = {metric: getattr(leg, name) for name, metric in named.items()}
    return {metric: float(value) for metric, value in values.items() if value is not None}


def _registered(reading: ModemReading) -> bool | None:
    if reading.registration:
        return reading.registration in {"home", "roaming"}
    return False if reading.technology == "none" else None


def _roaming(reading: ModemReading) -> bool | None:
    if reading.roaming is not None:
        return reading.roaming
    known = {"home": False, "roaming": True}
    return known.get(reading.registration)


def _cell(leg: ServingCell | None) -> str:
    if leg is None:
        return ""
    parts = {"cell": leg.cell_id, "tac": leg.tac, "pci": leg.pci, "channel": leg.arfcn}
    texts = [f"{name} {value}" for name, value in parts.items() if value is not None]
    return ", ".join(texts)
