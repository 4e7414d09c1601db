"""
MikroTik RouterOS 7: ``POST /rest/interface/lte/monitor``. Pure.

The API has the NR leg, which the SNMP tables lack. Bands have everything in one text, ``B20@20Mhz
earfcn: 6250 phy-cellid: 205``.
"""

import re
from typing import Final

from thongsuot_agent.probes.radio.reading import ModemReading, ReadingBuilder
from thongsuot_agent.probing.equipment import coercion, vocabulary

_BAND: Final = re.compile(
    r"([BbNn]\d+)@([\d.]+)\s*[Mm][Hh]z(?:\s+earfcn:\s*(\d+))?(?:\s+phy-cellid:\s*(\d+))?"
)
_DURATION: Final = re.compile(r"(\d+)([wdhms])")
_UNIT_S: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


def reading_from(document: object) -> ModemReading:
    """Return the monitor's values of one interface."""
    texts = coercion.as_flat_texts(next(iter(coercion.as_rows(document)), document))
    draft = ReadingBuilder()
    draft.set_fields(
        technology=vocabulary.technology(
            texts.get("data-class", "") or texts.get("access-technology", "")
        )
    )
    for text in (texts.get("primary-band", ""), texts.get("ca-band", "")):
        for band, width, arfcn, pci in _BAND.findall(text):
            leg = "nr" if band[0] in "nN" else "lte"
            if (
                "band" not in draft.legs[leg]
            ):  # the first of its kind serves, others are added to it
                draft.set_cell(leg, band=band, arfcn=arfcn or None, pci=pci or None)
                draft.set_bandwidth(leg, width)
    is_alone = draft.fields.get("technology") == vocabulary.NR_SA
    serving = "nr" if is_alone else "lte"
    draft.set_cell(serving, cell_id=texts.get("current-cellid"), pci=texts.get("phy-cellid"))
    for leg, prefix in (("lte", ""), ("nr", "nr-")):
        draft.add_measurements(
            leg,
            {
                "rsrp_dbm": texts.get(f"{prefix}rsrp"),
                "rsrq_db": texts.get(f"{prefix}rsrq"),
                "sinr_db": texts.get(f"{prefix}sinr"),
                "rssi_dbm": texts.get(f"{prefix}rssi"),
            },
        )
    draft.add_texts(operator=texts.get("current-operator"))
    status = texts.get("status") or texts.get("registration-status", "")
    draft.set_fields(
        registration=vocabulary.registration(texts.get("registration-status", "")),
        connected={"running": True, "connected": True, "disconnected": False}.get(status),
        session_s=_seconds(texts.get("session-uptime", "")),
    )
    return draft.build()


def _seconds(text: str) -> float | None:
    parts = _DURATION.findall(text) if len(text) <= coercion.MAX_NUMBER else []
    return float(sum(int(count) * _UNIT_S[unit] for count, unit in parts)) if parts else None
