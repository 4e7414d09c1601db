"""
Teltonika RutOS 7: ``GET /api/modems/status``. Pure.

On NSA the plain values are those of the LTE anchor; the NR leg is the entry of ``cell_info`` that
has an ``nr-arfcn``. Temperatures are tenths of a degree.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from thongsuot_agent.devices import words
from thongsuot_agent.radio.reading import Bytes, Draft, Reading

_NR_BAND: Final = re.compile(r"(?:5G|NR)", re.IGNORECASE)
_NOTHING: Final = frozenset({"", "N/A", "-"})
_TENTHS: Final = 0.1


def reading_from(document: Mapping[str, Any], modem: str = "") -> Reading:
    """Return what is said of one modem: the one named, else the primary one."""
    modems = document.get("data") or []
    chosen = [one for one in modems if one.get("id") == modem] if modem else modems
    said = next((one for one in chosen if one.get("primary")), chosen[0] if chosen else {})
    draft = Draft()
    draft.say(
        technology=words.technology(str(said.get("conntype") or said.get("ntype") or "")),
        sim=words.sim(str(said.get("simstate") or "")),
        registration=words.registration(str(said.get("operator_state") or "")),
    )
    connected = words.yes_no(str(said.get("data_conn_state") or ""))
    draft.say(connected={"yes": True, "no": False}.get(connected))
    temperature = said.get("temperature")
    if isinstance(temperature, int | float):
        draft.say(temperature_c=round(temperature * _TENTHS, 1))
    draft.say(received=_bytes(said.get("rxbytes")), sent=_bytes(said.get("txbytes")))
    draft.text(operator=said.get("operator"), model=said.get("model"))
    is_alone = draft.fields.get("technology") == words.NR_SA
    serving = "nr" if is_alone else "lte"
    for cell in said.get("cell_info") or []:
        leg = "nr" if _is_known(cell.get("nr-arfcn")) else "lte"
        arfcn = cell.get("nr-arfcn") if leg == "nr" else cell.get("earfcn")
        draft.say(plmn=words.plmn(str(cell.get("mcc") or ""), str(cell.get("mnc") or "")))
        draft.place(leg, arfcn=arfcn, pci=cell.get("pcid"), cell_id=cell.get("cellid"))
        _measures(draft, leg, cell)
        draft.bandwidth(leg, cell.get("bandwidth"))
    _measures(draft, serving, said)
    draft.place(serving, cell_id=said.get("cellid"), tac=said.get("tac"))
    for carrier in said.get("ca_signal") or []:
        leg = "nr" if _NR_BAND.search(str(carrier.get("band"))) else "lte"
        if draft.legs[leg].get("arfcn") in {None, carrier.get("frequency")}:
            draft.place(leg, band=_band(carrier.get("band")), arfcn=carrier.get("frequency"))
            _measures(draft, leg, carrier)
    return draft.reading()


def _measures(draft: Draft, leg: str, said: Mapping[str, Any]) -> None:
    for name, key in (
        ("rsrp_dbm", "rsrp"),
        ("rsrq_db", "rsrq"),
        ("sinr_db", "sinr"),
        ("rssi_dbm", "rssi"),
    ):
        if _is_known(said.get(key)):
            draft.measure(leg, name, said[key])


def _band(text: object) -> str | None:
    """Return the last number of ``5G N78``: the first is that of the generation."""
    found = re.search(r"(\d+)\s*$", str(text))
    return found.group(1) if found else None


def _is_known(raw: object) -> bool:
    return raw is not None and str(raw) not in _NOTHING


def _bytes(raw: object) -> Bytes | None:
    return Bytes(raw) if isinstance(raw, int) and raw >= 0 else None
