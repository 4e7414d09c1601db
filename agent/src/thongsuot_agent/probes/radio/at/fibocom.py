"""
Fibocom: ``AT+GTCCINFO?``, ``AT+GTCAINFO?``. Pure.

A row is ``serving,rat,mcc,mnc,tac,cell,arfcn,pci,band,set_bandwidth,sinr,rxlev,rsrp,rsrq`` in the
reporting steps of TS 36.133 and TS 38.133, not in dB: LTE RSRP is x - 141, RSRQ x / 2 - 20, SINR
x / 2; NR RSRP x - 157, RSRQ x / 2 - 43.5, SINR x / 2 - 23.5; 255 is not known.
"""

import re
from collections.abc import Sequence
from typing import Final

from thongsuot_agent.probes.radio.reading import ReadingBuilder
from thongsuot_agent.probing.equipment import vocabulary

_BLOCK: Final = re.compile(r"\+GTCCINFO:(.*?)(?=\n\s*(?:OK|AT|\+)|\Z)", re.DOTALL)
_ROW: Final = re.compile(r"^\s*([12]),(\d+),(.*)$", re.MULTILINE)
_PCC: Final = re.compile(r"PCC:\s*(\d+),(\d+),(\d+)")
_TEMPERATURE: Final = re.compile(r"\+GTSENRDTEMP:\s*\d+,(-?[0-9]+)(?![0-9A-Za-z.])")
_SERVING, _LTE, _NR = "1", "4", "9"
_FIELDS: Final = 12
_UNKNOWN: Final = "255"
_NR_BAND_BASE, _LTE_BAND_BASE = 5000, 100
_MHZ: Final = {"6": 1.4, "15": 3.0, "25": 5.0, "50": 10.0, "75": 15.0, "100": 20.0}
"""Resource blocks of LTE to MHz (TS 36.101, 5.6)."""


def parse_into(draft: ReadingBuilder, transcript: str) -> None:
    """Add the answers of a Fibocom modem."""
    block = _BLOCK.search(transcript)
    if block is not None:
        rows = [(row.group(1), row.group(2), row.group(3)) for row in _ROW.finditer(block.group(1))]
        base = _base([row[2].split(",") for row in rows], transcript)
        served = set()
        for serving, rat, rest in rows:
            parts = [part.strip() for part in rest.split(",")]
            if serving == _SERVING and rat in {_LTE, _NR} and len(parts) >= _FIELDS:
                leg = "lte" if rat == _LTE else "nr"
                served.add(leg)
                _take_row(draft, leg, parts, base)
        if served:
            both = vocabulary.NR_NSA if "lte" in served else vocabulary.NR_SA
            draft.set_fields(technology=both if "nr" in served else vocabulary.LTE)
    if match := _TEMPERATURE.search(transcript):
        draft.set_temperature(match.group(1), scale=0.001)


def _take_row(draft: ReadingBuilder, leg: str, parts: Sequence[str], base: int) -> None:
    draft.set_fields(plmn=vocabulary.plmn(parts[0], parts[1]))
    draft.set_cell(leg, base=16, tac=parts[2], cell_id=parts[3])
    if base:
        draft.set_cell(leg, base=base, arfcn=parts[4], pci=parts[5])
    is_nr = leg == "nr"
    if parts[6].isdecimal():
        band_base = _NR_BAND_BASE if is_nr else _LTE_BAND_BASE
        draft.set_cell(leg, band=int(parts[6]) - band_base)
    if not is_nr:
        draft.set_bandwidth(leg, _MHZ.get(parts[7]))
    sinr, rsrp, rsrq = parts[8], parts[10], parts[11]
    draft.add_measurement(leg, "sinr_db", _stepped(sinr, 0.5, -23.5 if is_nr else 0.0))
    draft.add_measurement(leg, "rsrp_dbm", _stepped(rsrp, 1.0, -157.0 if is_nr else -141.0))
    draft.add_measurement(leg, "rsrq_db", _stepped(rsrq, 0.5, -43.5 if is_nr else -20.0))


def _stepped(text: str, step: float, offset: float) -> float | None:
    if text == _UNKNOWN or not text.isascii():
        return None
    try:
        return int(text) * step + offset
    except ValueError:
        return None


def _base(rows: Sequence[Sequence[str]], transcript: str) -> int:
    """
    Return the base of channels and PCIs: FG150 prints them in hex, FM350 in decimal; 0: unknown.

    The carrier's line beside the table is decimal and decides; otherwise a letter in any field
    does.
    """
    known = _PCC.search(transcript)
    for row in rows:
        if known and len(row) > 5 and row[4].strip() and row[5].strip():
            bands = {int(known.group(2)), int(known.group(3))}
            for base in (16, 10):
                if {_whole(row[4], base), _whole(row[5], base)} == bands:
                    return base
            return 0
    texts = [part.strip() for row in rows for part in row[4:6] if part.strip()]
    if any(_whole(text, 16) is None for text in texts):
        return 0
    return 16 if any(not text.isdecimal() for text in texts) else 10


def _whole(text: str, base: int) -> int | None:
    try:
        return int(text, base)
    except ValueError:
        return None
