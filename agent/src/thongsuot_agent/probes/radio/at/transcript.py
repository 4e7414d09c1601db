"""From a transcript of AT commands to a reading; the make is recognized by its answers. Pure."""

import re
from typing import Final

from thongsuot_agent.probes.radio.at import fibocom, labelled, quectel, simcom
from thongsuot_agent.probes.radio.reading import ModemReading, ReadingBuilder
from thongsuot_agent.probing.equipment import coercion, vocabulary

COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "quectel": ('AT+QENG="servingcell"', "AT+QCAINFO", "AT+QTEMP"),
    "fibocom": ("AT+GTCCINFO?", "AT+GTCAINFO?"),
    "sierra": ("AT!GSTATUS?",),
    "simcom": ("AT+CPSI?",),
    "foxconn": ("AT^DEBUG?",),
}
"""Commands for each make beyond ``COMMON``."""
COMMON: Final = (
    "AT+CPIN?",
    "AT+CSQ",
    "AT+COPS=3,2;+COPS?",
    "AT+CEREG=2;+CEREG?",
    "AT+C5GREG=2;+C5GREG?",
)
"""
The commands of TS 27.007, which give no RSRP. Commands that identify a subscriber or a modem
(+CGSN, +CIMI, +CCID, +CNUM) are never sent.
"""

_REGISTRATION: Final = {"0": "none", "1": "home", "2": "searching", "3": "denied", "5": "roaming"}
_ACCESS: Final = {
    "0": vocabulary.GSM,
    "2": vocabulary.UMTS,
    "3": vocabulary.GSM,
    "4": vocabulary.UMTS,
    "5": vocabulary.UMTS,
    "6": vocabulary.UMTS,
    "7": vocabulary.LTE,
    "11": vocabulary.NR_SA,
    "13": vocabulary.NR_NSA,
}
"""<AcT> of TS 27.007, 10.1.22: 11 is NR in a 5G core, 13 E-UTRA with NR beside it."""
_ERRORS: Final = {
    "10": "SIM not inserted",
    "11": "SIM PIN required",
    "12": "SIM PUK required",
    "13": "SIM failure",
    "14": "SIM busy",
    "15": "SIM wrong",
    "30": "no network service",
}
"""TS 27.007, 9.2.1."""
_SIM_OF_ERROR: Final = {
    "10": "absent",
    "11": "locked",
    "12": "locked",
    "13": "failed",
    "15": "failed",
}

_CEREG: Final = re.compile(r"\+C(?:5G|E)REG:\s*(.+)")
_CSQ: Final = re.compile(r"\+CSQ:\s*([0-9]+)\s*(?:,|$)", re.MULTILINE)
_COPS: Final = re.compile(r'\+COPS:\s*\d+,2,"(\d{5,6})"')
_CPIN: Final = re.compile(r"\+CPIN:\s*(.+)")
_CME: Final = re.compile(r"\+CME ERROR:\s*(\d+|.+)")
_MOST_CSQ: Final = 31
_TOO_LONG: Final = re.compile(rf"\d{{{coercion.MAX_NUMBER},}}|\0+")
"""Endless digits and NUL are noise of a port. ``-`` is the modems' mark for no value."""


def reading_from(transcript: str) -> ModemReading:
    """Return the reading of a modem; answers that are not understood are left out."""
    transcript = _TOO_LONG.sub("-", transcript)
    draft = ReadingBuilder()
    quectel.parse_into(draft, transcript)
    fibocom.parse_into(draft, transcript)
    labelled.parse_into(draft, transcript)
    simcom.parse_into(draft, transcript)
    _common(draft, transcript)
    return draft.build()


def _common(draft: ReadingBuilder, transcript: str) -> None:
    for line in _CEREG.finditer(transcript):
        _registration(draft, line.group(1))
    if network := _COPS.search(transcript):
        draft.set_fields(plmn=network.group(1))
    pin, complaint = _CPIN.search(transcript), _CME.search(transcript)
    if pin is not None:
        draft.set_fields(sim=vocabulary.sim(pin.group(1)))
    elif complaint is not None:
        code = complaint.group(1).strip()
        draft.set_fields(
            error=f"CME {code} {_ERRORS.get(code, '')}".strip(), sim=_SIM_OF_ERROR.get(code)
        )
    match = _CSQ.search(transcript)
    if match is not None and not any("rssi_dbm" in leg for leg in draft.legs.values()):
        # The value of the LTE cell, or of the only cell: the command is older than 5G.
        level = int(match.group(1))
        draft.add_measurement("lte", "rssi_dbm", None if level > _MOST_CSQ else -113 + 2 * level)


def _registration(draft: ReadingBuilder, text: str) -> None:
    """
    ``2,1,"114000","100072000",11,…``: mode, state, TAC and cell in hex, access technology.

    Of the two commands only that of the serving core returns more than 0.
    """
    parts = [part.strip().strip('"') for part in text.split(",")]
    if len(parts) < 2:
        return
    state = _REGISTRATION.get(parts[1], "")
    if state not in {"", "none"} or "registration" not in draft.fields:
        draft.fields.pop("registration", None)
        draft.set_fields(registration=state)
    if len(parts) < 5 or state not in {"home", "roaming"}:
        return
    technology = _ACCESS.get(parts[4], "")
    draft.set_fields(technology=technology)
    draft.set_cell(
        "nr" if technology == vocabulary.NR_SA else "lte", base=16, tac=parts[2], cell_id=parts[3]
    )
