"""
Teltonika RutOS 7: ``GET /api/modems/status``. Pure.

On NSA the plain values are those of the LTE anchor; the NR leg is the entry of ``cell_info`` that
has an ``nr-arfcn``. Temperatures are tenths of a degree.
"""

import re
from collections.abc import Mapping
from typing import Final

from thongsuot_agent.probes.radio.reading import ModemReading, ReadingBuilder, traffic_counter
from thongsuot_agent.probing.equipment import coercion, vocabulary
from thongsuot_agent.probing.equipment.figure import ARFCN

_NR_BAND: Final = re.compile(r"(?:5G|NR)", re.IGNORECASE)
_NOTHING: Final = frozenset({"", "N/A", "-"})
_TENTHS: Final = 0.1


def reading_from(document: object, modem: str = "") -> ModemReading:
    """Return the values of one modem: the one named, else the primary one."""
    modems = coercion.as_rows(coercion.as_table(document).get("data"))
    chosen = (
        [candidate for candidate in modems if candidate.get("id") == modem] if modem else modems
    )
    chosen_modem = next(
        (candidate for candidate in chosen if candidate.get("primary")), chosen[0] if chosen else {}
    )
    texts = coercion.as_flat_texts(chosen_modem)
    draft = ReadingBuilder()
    draft.set_fields(
        technology=vocabulary.technology(texts.get("conntype") or texts.get("ntype") or ""),
        sim=vocabulary.sim(texts.get("simstate", "")),
        registration=vocabulary.registration(texts.get("operator_state", "")),
    )
    connected = vocabulary.yes_no(texts.get("data_conn_state", ""))
    draft.set_fields(connected={"yes": True, "no": False}.get(connected))
    draft.set_temperature(texts.get("temperature"), scale=_TENTHS)
    draft.set_fields(
        received=traffic_counter(texts.get("rxbytes")), sent=traffic_counter(texts.get("txbytes"))
    )
    draft.add_texts(operator=texts.get("operator"), model=texts.get("model"))
    is_alone = draft.fields.get("technology") == vocabulary.NR_SA
    serving = "nr" if is_alone else "lte"
    for cell in map(coercion.as_flat_texts, coercion.as_rows(chosen_modem.get("cell_info"))):
        is_nr, is_lte = (_is_channel(cell.get(name)) for name in ("nr-arfcn", "earfcn"))
        if is_nr == is_lte:
            continue  # neither, or both: the cell cannot be determined
        leg = "nr" if is_nr else "lte"
        arfcn = cell.get("nr-arfcn") if is_nr else cell.get("earfcn")
        draft.set_fields(plmn=vocabulary.plmn(cell.get("mcc", ""), cell.get("mnc", "")))
        draft.set_cell(leg, arfcn=arfcn, pci=cell.get("pcid"), cell_id=cell.get("cellid"))
        _measures(draft, leg, cell)
        draft.set_bandwidth(leg, cell.get("bandwidth"))
    _measures(draft, serving, texts)
    draft.set_cell(serving, cell_id=texts.get("cellid"), tac=texts.get("tac"))
    for carrier in map(coercion.as_flat_texts, coercion.as_rows(chosen_modem.get("ca_signal"))):
        leg = "nr" if _NR_BAND.search(carrier.get("band", "")) else "lte"
        if draft.legs[leg].get("arfcn") in {
            None,
            coercion.as_whole_number(carrier.get("frequency")),
        }:
            draft.set_cell(leg, band=carrier.get("band"), arfcn=carrier.get("frequency"))
            _measures(draft, leg, carrier)
    return draft.build()


def _measures(draft: ReadingBuilder, leg: str, texts: Mapping[str, str]) -> None:
    for name, key in (
        ("rsrp_dbm", "rsrp"),
        ("rsrq_db", "rsrq"),
        ("sinr_db", "sinr"),
        ("rssi_dbm", "rssi"),
    ):
        if _is_known(texts.get(key)):
            draft.add_measurement(leg, name, texts[key])


def _is_channel(raw: object) -> bool:
    number = coercion.as_whole_number(raw)
    return number is not None and 0 < number <= ARFCN[1]


def _is_known(raw: object) -> bool:
    return raw is not None and str(raw) not in _NOTHING
