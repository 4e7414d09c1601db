"""
SIMCom: ``AT+CPSI?``. Pure.

``LTE,mode,mcc-mnc,tac,cell,pci,band,earfcn,dlbw,ulbw,RSRQ,RSRP,RSSI,SNR``: powers and RSRQ in
tenths, SNR in dB. ``NR5G_SA,mode,mcc-mnc,tac,cell,pci,band,arfcn,RSRP,RSRQ,SNR`` and
``NR5G_NSA,pci,band,arfcn,RSRP,RSRQ,SNR``: all in tenths.
"""

import re
from typing import Final

from thongsuot_agent.probes.radio.reading import ReadingBuilder
from thongsuot_agent.probing.equipment import vocabulary

_CPSI: Final = re.compile(r"\+CPSI:\s*(.+)")
_TENTHS: Final = 0.1


def parse_into(draft: ReadingBuilder, transcript: str) -> None:
    """Add the answers of a SIMCom modem."""
    for match in _CPSI.finditer(transcript):
        parts = [part.strip() for part in match.group(1).split(",")]
        if parts[0] == "LTE" and len(parts) >= 14:
            _cell(draft, "lte", parts)
            powers = {"rsrq_db": parts[10], "rsrp_dbm": parts[11], "rssi_dbm": parts[12]}
            draft.add_measurements("lte", powers, scale=_TENTHS)
            draft.add_measurement("lte", "sinr_db", parts[13])
        elif parts[0] == "NR5G_SA" and len(parts) >= 11:
            _cell(draft, "nr", parts)
            _nr_quality(draft, parts[8:11])
        elif parts[0] == "NR5G_NSA" and len(parts) >= 7:
            draft.set_cell("nr", pci=parts[1], band=parts[2], arfcn=parts[3])
            _nr_quality(draft, parts[4:7])
        elif parts[0] == "NO SERVICE":
            draft.set_fields(technology=vocabulary.NONE)


def _cell(draft: ReadingBuilder, leg: str, parts: list[str]) -> None:
    country, _, network = parts[2].partition("-")
    draft.set_fields(plmn=vocabulary.plmn(country, network))
    draft.set_cell(leg, base=16, tac=parts[3])
    draft.set_cell(leg, cell_id=parts[4], pci=parts[5], band=parts[6], arfcn=parts[7])


def _nr_quality(draft: ReadingBuilder, parts: list[str]) -> None:
    names = ("rsrp_dbm", "rsrq_db", "sinr_db")
    draft.add_measurements("nr", dict(zip(names, parts, strict=True)), scale=_TENTHS)
