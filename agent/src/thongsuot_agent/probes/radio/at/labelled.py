"""
Modems that print a table of labels: Sierra (``AT!GSTATUS?``) and Foxconn (``AT^DEBUG?``). Pure.

Labels differ between models and firmwares (``RSRP (dBm):``, ``PCC RxM RSRP:``, ``NR5G RSRP``): they
are found by name, not by position.
"""

import re
from typing import Final

from thongsuot_agent.probes.radio.reading import ReadingBuilder
from thongsuot_agent.probing.equipment import vocabulary

_ENDS: Final = r"(?![A-Za-z.]*[0-9])"
"""A number must not be followed by mixed letters and digits: ``2d39`` is noise, not 2."""
_NUMBER: Final = r"\s*(-?[0-9]+(?:\.[0-9]+)?)" + _ENDS
_WHOLE: Final = r"\s*([0-9]+)" + _ENDS
_BAND: Final = r"\s*([BbNn]?[0-9]+)" + _ENDS


def parse_into(draft: ReadingBuilder, transcript: str) -> None:
    """Add the answers of such a modem."""
    if "!GSTATUS:" in transcript:
        _sierra(draft, transcript)
    if "LTE_RSRP:" in transcript or "NR_RSRP:" in transcript:
        _foxconn(draft, transcript)


def _after(label: str, text: str, value: str = _NUMBER) -> str | None:
    """Return the text after a label; ``None`` if the label is missing."""
    match = re.search(label + value, text)
    return None if match is None else match.group(1)


def _sierra(draft: ReadingBuilder, text: str) -> None:
    draft.set_fields(
        technology=vocabulary.technology(_after(r"System mode:", text, r"\s*(\S+)") or "")
    )
    draft.set_temperature(_after(r"Temperature:", text))
    parts = {"nr": _lines(text, with_nr=True), "lte": _lines(text, with_nr=False)}
    for leg, own in parts.items():
        draft.add_measurements(
            leg,
            {
                "rsrp_dbm": _after(r"RSRP(?: \(dBm\))?:", own),
                "rsrq_db": _after(r"RSRQ(?: \(dB\))?:", own),
                "sinr_db": _after(r"SINR(?: \(dB\))?:", own),
                "rssi_dbm": _after(r"RSSI(?: \(dBm\))?:", own),
            },
        )
        draft.set_cell(
            leg,
            band=_after(r"band:", own, _BAND),
            arfcn=_after(r"Rx chan:", own, _WHOLE),
            tac=_after(r"TAC:", own, r"[^(\n]*\((\d+)\)"),
            cell_id=_after(r"Cell ID:", own, r"[^(\n]*\((\d+)\)"),
            pci=_after(r"PCI:", own, _WHOLE),
        )
        draft.set_bandwidth(leg, _after(r"bw:", own))
    if "EMM state:" in text:
        draft.set_fields(
            registration=vocabulary.registration(_after(r"EMM state:", text, r"\s*(\S+)") or "")
        )


def _lines(text: str, *, with_nr: bool) -> str:
    # RxD is the second antenna's value: it does not replace the first one's.
    return "\n".join(
        line for line in text.splitlines() if ("NR5G" in line) == with_nr and "RxD" not in line
    )


def _foxconn(draft: ReadingBuilder, text: str) -> None:
    draft.set_fields(
        technology=vocabulary.technology(_after(r"RAT:", text, r"\s*([^\r\n]+)") or "")
    )
    country, network = _after(r"MCC:", text, _WHOLE), _after(r"MNC:", text, _WHOLE)
    draft.set_fields(plmn=vocabulary.plmn(country or "", network or ""))
    lte, nr = text, ""
    start = re.search(r"^NR_", text, re.MULTILINE)
    if start is not None:
        lte, nr = text[: start.start()], text[start.start() :]
    draft.set_cell(
        "lte",
        cell_id=_after(r"LTE_CELL_ID:", lte, _WHOLE),
        tac=_after(r"LTE_TAC:", lte, _WHOLE),
        band=_after(r"LTE_BAND:", lte, _WHOLE),
        arfcn=_after(r"\bCHANNEL:", lte, _WHOLE),
        pci=_after(r"\bPCI:", lte, _WHOLE),
    )
    draft.set_bandwidth("lte", _after(r"LTE_BAND_WIDTH:", lte))
    draft.add_measurements(
        "lte",
        {
            "rsrp_dbm": _after(r"LTE_RSRP:", lte),
            "rsrq_db": _after(r"\bRSRQ:", lte),
            "rssi_dbm": _after(r"LTE_RSSI:", lte),
            "sinr_db": _after(r"LTE_SNR:", lte),
        },
    )
    draft.set_cell(
        "nr",
        band=_after(r"NR_BAND:", nr, _BAND),
        arfcn=_after(r"NR_CHANNEL:", nr, _WHOLE),
        pci=_after(r"NR_PCI:", nr, _WHOLE),
    )
    draft.set_bandwidth("nr", _after(r"NR_BAND_WIDTH:", nr))
    power = _after(r"NR_RSRP:", nr)
    # T99W175 prints it without its minus.
    draft.add_measurements(
        "nr",
        {
            "rsrp_dbm": None if power is None else -abs(float(power)),
            "rsrq_db": _after(r"NR_RSRQ:", nr),
            "sinr_db": _after(r"NR_SNR:", nr),
        },
    )
