"""
Quectel: ``AT+QENG="servingcell"``, ``AT+QCAINFO``. Pure.

The three lines differ in the order of fields, and NSA may have three lines or one::

    LTE       mcc,mnc,cell,pci,earfcn,band,ulbw,dlbw,tac,rsrp,rsrq,rssi,sinr,[cqi,tx,]srxlev
    NR5G-NSA  mcc,mnc,pci,rsrp,SINR,rsrq[,arfcn,band,bw,scs]
    NR5G-SA   duplex,mcc,mnc,cell,pci,tac,arfcn,band,bw,rsrp,RSRQ,sinr,…

Cell and TAC are hex, the others decimal; ``-`` is absent.
"""

import re
from typing import Final

from thongsuot_agent.probes.radio.reading import ReadingBuilder
from thongsuot_agent.probing.equipment import vocabulary

_QENG: Final = re.compile(r"\+QENG:\s*(.+)")
_QCAINFO: Final = re.compile(r"\+QCAINFO:")
_QSPN: Final = re.compile(r'\+QSPN:\s*"([^"]*)"')
_QTEMP: Final = re.compile(r'\+QTEMP:\s*(?:"[^"]*",\s*)?"?(-?\d+)')
_LTE, _NSA, _SA = "LTE", "NR5G-NSA", "NR5G-SA"
_LTE_FIELDS: Final = 15
_AFTER_RSSI_NEW: Final = 4
"""Newer firmware adds CQI and transmit power after the SINR."""
_SINR_DB_MOST: Final = 40.0


def parse_into(draft: ReadingBuilder, transcript: str) -> None:
    """Add the answers of a Quectel modem."""
    kinds = set()
    for line in _QENG.finditer(transcript):
        parts = [part.strip().strip('"') for part in line.group(1).split(",")]
        for start, word in enumerate(parts):
            if word in {_LTE, _NSA, _SA}:
                kinds.add(word)
                _TAKE[word](draft, parts[start + 1 :])
                break
    if _SA in kinds:
        draft.set_fields(technology=vocabulary.NR_SA)
    elif _NSA in kinds:
        draft.set_fields(technology=vocabulary.NR_NSA)
    elif _LTE in kinds:
        draft.set_fields(technology=vocabulary.LTE)
    # Counted but not parsed: in some firmwares two records share a line, and values are wrong.
    carriers = len(_QCAINFO.findall(transcript))
    draft.set_fields(carriers=carriers or None)
    if name := _QSPN.search(transcript):
        draft.add_texts(operator=name.group(1))
    if temperature := _QTEMP.search(transcript):
        draft.set_temperature(temperature.group(1))


def _lte(draft: ReadingBuilder, parts: list[str]) -> None:
    if len(parts) < _LTE_FIELDS:
        return
    draft.set_fields(plmn=vocabulary.plmn(parts[1], parts[2]))
    draft.set_cell("lte", base=16, cell_id=parts[3], tac=parts[9])
    draft.set_cell("lte", pci=parts[4], arfcn=parts[5], band=parts[6])
    draft.add_measurements(
        "lte", {"rsrp_dbm": parts[10], "rsrq_db": parts[11], "rssi_dbm": parts[12]}
    )
    if len(parts) - 13 >= _AFTER_RSSI_NEW:
        draft.add_measurement("lte", "sinr_db", parts[13])
    else:
        # Older firmwares give dB or an index (x / 5 - 20) here, without indicating which.
        draft.rejected["lte_sinr_db"] = "unit"


def _nsa(draft: ReadingBuilder, parts: list[str]) -> None:
    if len(parts) < 6:
        return
    draft.set_fields(plmn=vocabulary.plmn(parts[0], parts[1]))
    draft.set_cell("nr", pci=parts[2])
    draft.add_measurements("nr", {"rsrp_dbm": parts[3], "rsrq_db": parts[5]})
    draft.add_measurement("nr", "sinr_db", parts[4], scale=_scale(parts[4]))
    if len(parts) >= 8:
        draft.set_cell("nr", arfcn=parts[6], band=parts[7])


def _sa(draft: ReadingBuilder, parts: list[str]) -> None:
    if len(parts) < 12:
        return
    draft.set_fields(plmn=vocabulary.plmn(parts[1], parts[2]))
    draft.set_cell("nr", base=16, cell_id=parts[3], tac=parts[5])
    draft.set_cell("nr", pci=parts[4], arfcn=parts[6], band=parts[7])
    draft.add_measurements("nr", {"rsrp_dbm": parts[9], "rsrq_db": parts[10]})
    draft.add_measurement("nr", "sinr_db", parts[11], scale=_scale(parts[11]))


def _scale(text: str) -> float:
    """Return the factor of a SINR; the first RM500Q firmwares give tenths (180 is 18.0 dB)."""
    try:
        return 0.1 if float(text) > _SINR_DB_MOST else 1.0
    except ValueError:
        return 1.0


_TAKE: Final = {_LTE: _lte, _NSA: _nsa, _SA: _sa}
