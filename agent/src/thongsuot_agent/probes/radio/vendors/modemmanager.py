"""
ModemManager: the properties of its D-Bus objects; on OpenWrt the same by ``ubus``. Pure.

A missing key means unknown; -32768 is QMI's "no 5G". Lists of bands and technologies are
ModemManager's own numbers (ModemManager-enums.h).
"""

from collections.abc import Mapping
from typing import Any, Final

from thongsuot_agent.probes.radio.reading import ModemReading, ReadingBuilder, TrafficCounter
from thongsuot_agent.probing.equipment import coercion, vocabulary

Objects = Mapping[str, Mapping[str, Mapping[str, Any]]]

ROOT: Final = "org.freedesktop.ModemManager1"
MODEM: Final = f"{ROOT}.Modem"
NETWORK: Final = f"{ROOT}.Modem.Modem3gpp"
SIGNAL: Final = f"{ROOT}.Modem.Signal"
BEARER: Final = f"{ROOT}.Bearer"

_GSM, _UMTS, _LTE, _NR = 0x1E, 0x3E0, 1 << 14, 1 << 15
_REGISTRATION: Final = {0: "none", 1: "home", 2: "searching", 3: "denied", 5: "roaming"}
_STATE_CONNECTED, _STATE_LOCKED, _STATE_FAILED = 11, 2, -1
_REASON_NO_SIM: Final = 2
_LTE_BANDS, _NR_BANDS = (30, 300), (300, 600)
_LTE_CELL, _NR_CELL = 5, 6


def reading_from(
    modem: Mapping[str, Mapping[str, Any]],
    *,
    bearer: Mapping[str, Any] | None = None,
    cells: tuple[Mapping[str, Any], ...] = (),
) -> ModemReading:
    """
    Return the reading of a modem's object; ``bearer`` are the properties of the active bearer, or
    of the last tried one.

    ``cells`` is the answer of GetCellInfo, if the modem supports it.
    """
    draft = ReadingBuilder()
    own, network = modem.get(MODEM, {}), modem.get(NETWORK, {})
    draft.set_fields(technology=technology(int(own.get("AccessTechnologies", 0))))
    draft.set_fields(registration=_REGISTRATION.get(int(network.get("RegistrationState", 4)), ""))
    plmn = str(network.get("OperatorCode", ""))
    draft.set_fields(plmn=plmn if plmn.isdecimal() else "")
    draft.add_texts(operator=network.get("OperatorName"), model=own.get("Model"))
    state = own.get("State")
    if state is not None:
        draft.set_fields(connected=int(state) == _STATE_CONNECTED, sim=_sim(own))
    signal = modem.get(SIGNAL, {})
    _measures(draft, "lte", signal.get("Lte", {}))
    _measures(draft, "nr", signal.get("Nr5g", {}))
    for cell in cells:
        if cell.get("serving"):
            _cell(draft, cell)
    for band in own.get("CurrentBands", ()):
        # The list has the allowed ones; only a single entry is the one in use.
        if len([b for b in own["CurrentBands"] if _leg_of(b) == _leg_of(band)]) == 1:
            leg = _leg_of(band)
            if leg and draft.legs[leg]:
                draft.set_cell(leg, band=int(band) - (_LTE_BANDS if leg == "lte" else _NR_BANDS)[0])
    tried = bearer or {}
    error, *_ = tried.get("ConnectionError") or ("",)
    draft.set_fields(
        apn=str(tried.get("Properties", {}).get("apn", "")),
        bearer_error=str(error).rpartition(".")[2],
    )
    stats = tried.get("Stats", {}) if tried.get("Connected") else {}
    draft.set_fields(
        received=_bytes(stats.get("rx-bytes")),
        sent=_bytes(stats.get("tx-bytes")),
        session_s=None if "duration" not in stats else float(stats["duration"]),
    )
    return draft.build()


def reading_from_ubus(document: object) -> ModemReading:
    """Return the values of the first modem in ``ubus call modemmanager dump``."""
    modem = next(iter(coercion.as_rows(coercion.as_table(document).get("modem"))), {})
    draft = ReadingBuilder()
    signal = coercion.as_table(modem.get("signal"))
    for leg, key in (("lte", "lte"), ("nr", "5g")):
        _measures(draft, leg, coercion.as_flat_texts(signal.get(key)))
    network = coercion.as_flat_texts(coercion.as_table(modem.get("modem")).get("3gpp"))
    draft.set_fields(
        registration=vocabulary.registration(network.get("registration-state", "")),
        plmn=network.get("operator-code", "").replace("--", ""),
    )
    draft.add_texts(operator=network.get("operator-name"))
    return draft.build()


def technology(bits: int) -> str:
    """Return a technology from the bits of MMModemAccessTechnology: LTE and NR together are NSA."""
    if bits & _NR:
        return vocabulary.NR_NSA if bits & _LTE else vocabulary.NR_SA
    if bits & _LTE:
        return vocabulary.LTE
    if bits & _UMTS:
        return vocabulary.UMTS
    return vocabulary.GSM if bits & _GSM else ""


def _measures(draft: ReadingBuilder, leg: str, properties: Mapping[str, Any]) -> None:
    names = {"rsrp": "rsrp_dbm", "rsrq": "rsrq_db", "snr": "sinr_db", "rssi": "rssi_dbm"}
    for key, name in names.items():
        if key in properties:
            draft.add_measurement(leg, name, properties[key])


def _cell(draft: ReadingBuilder, cell: Mapping[str, Any]) -> None:
    kind = int(cell.get("cell-type", 0))
    if kind not in {_LTE_CELL, _NR_CELL}:
        return
    leg = "lte" if kind == _LTE_CELL else "nr"
    draft.set_cell(
        leg, base=16, pci=cell.get("physical-ci"), tac=cell.get("tac"), cell_id=cell.get("ci")
    )
    draft.set_cell(leg, arfcn=cell.get("earfcn", cell.get("nrarfcn")))
    for key, name in (("rsrp", "rsrp_dbm"), ("rsrq", "rsrq_db"), ("sinr", "sinr_db")):
        if key in cell:
            draft.add_measurement(leg, name, cell[key])


def _leg_of(band: int) -> str:
    if _LTE_BANDS[0] < int(band) <= 200:
        return "lte"
    return "nr" if _NR_BANDS[0] < int(band) < _NR_BANDS[1] else ""


def _sim(own: Mapping[str, Any]) -> str:
    state = int(own["State"])
    if state == _STATE_FAILED:
        return "absent" if int(own.get("StateFailedReason", 0)) == _REASON_NO_SIM else "failed"
    return "locked" if state == _STATE_LOCKED else "ready"


def _bytes(raw: object) -> TrafficCounter | None:
    return TrafficCounter(int(raw)) if isinstance(raw, int) else None
