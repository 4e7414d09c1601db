"""
Huawei HiLink: ``/api/device/signal`` and its neighbours, as flat maps of texts. Pure.

Values carry their unit (``-92dBm``, ``>=-44dBm``); ``mode`` is 2 for WCDMA, 7 for LTE, 12 for NR.
Plain names are those of LTE, ``nr…`` those of NR; cell, PCI and PLMN are of the cell that serves.
"""

import re
from collections.abc import Mapping
from typing import Final

from thongsuot_agent.devices import tidy, words
from thongsuot_agent.radio.reading import Bytes, Draft, Reading, bytes_of

Answers = Mapping[str, object]

SIGNAL, STATUS = "device/signal", "monitoring/status"
PLMN, TRAFFIC = "net/current-plmn", "monitoring/traffic-statistics"
PAGES: Final = (SIGNAL, STATUS, PLMN, TRAFFIC)

_ELEMENT: Final = re.compile(r"<([A-Za-z0-9_]+)>([^<]*)</\1>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
_MODES: Final = {"0": words.GSM, "2": words.UMTS, "7": words.LTE, "12": words.NR_SA}
_NETWORKS: Final = {"19": words.LTE, "101": words.LTE, "1011": words.LTE}
_CONNECTED: Final = "901"
_STATES: Final = frozenset({"900", "901", "902", "903", "904", "905", "906"})
"""Connecting, connected, disconnected, disconnecting, and three ways to have failed."""


def fields(document: str) -> dict[str, str]:
    """Return the texts of an answer's elements; a list's last one counts."""
    found = {}
    for name, text in _ELEMENT.findall(document):
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)  # noqa: PLW2901 - one text, made plain
        found[name] = text.strip()
    return found


def reading_from(answers: Answers) -> Reading:
    """Return what the pages say; a page that was refused is simply not there."""
    draft = Draft()
    said = {page: tidy.flat(answer) for page, answer in answers.items()}
    signal, status = said.get(SIGNAL, {}), said.get(STATUS, {})
    is_nr_alone = signal.get("mode") == "12"
    _legs(draft, signal, is_nr_alone=is_nr_alone)
    has_both = bool(draft.legs["lte"].get("rsrp_dbm") and draft.legs["nr"].get("rsrp_dbm"))
    if has_both and not is_nr_alone:
        draft.say(technology=words.NR_NSA)
    draft.say(technology=_MODES.get(signal.get("mode") or "", ""))
    network = status.get("CurrentNetworkTypeEx") or status.get("CurrentNetworkType") or ""
    draft.say(technology=_NETWORKS.get(network, ""), plmn=signal.get("plmn"))
    state = status.get("ConnectionStatus")
    draft.say(connected=state == _CONNECTED if state in _STATES else None)
    roaming = status.get("RoamingStatus")
    draft.say(roaming={"0": False, "1": True}.get(roaming or ""))
    draft.say(sim={"1": "ready", "255": "absent"}.get(status.get("SimStatus") or "", ""))
    plmn = said.get(PLMN, {})
    draft.say(plmn=plmn.get("Numeric"))
    draft.text(operator=plmn.get("FullName"))
    traffic = said.get(TRAFFIC, {})
    draft.say(
        received=_bytes(traffic.get("TotalDownload")),
        sent=_bytes(traffic.get("TotalUpload")),
        session_s=_seconds(traffic.get("CurrentConnectTime")),
    )
    return draft.reading()


def _legs(draft: Draft, signal: Mapping[str, str | None], *, is_nr_alone: bool) -> None:
    # By whose cell the plain names are only the mode tells, and a page may come without it.
    serving = {"12": "nr", "7": "lte"}.get(signal.get("mode") or "", "")
    draft.measures(
        "lte",
        {
            "rsrp_dbm": signal.get("rsrp") or None,
            "rsrq_db": signal.get("rsrq") or None,
            "sinr_db": signal.get("sinr") or None,
            "rssi_dbm": signal.get("rssi") or None,
        },
    )
    draft.measures(
        "nr",
        {
            "rsrp_dbm": signal.get("nrrsrp") or None,
            "rsrq_db": signal.get("nrrsrq") or None,
            "sinr_db": signal.get("nrsinr") or None,
            "rssi_dbm": signal.get("nrrssi") or None,
        },
    )
    if serving:
        draft.place(serving, pci=signal.get("pci"), cell_id=signal.get("cell_id"))
        draft.place(serving, base=16 if is_nr_alone else 10, tac=signal.get("tac"))
    if serving == "lte":
        draft.place("lte", band=signal.get("band"), arfcn=signal.get("earfcn"))
        draft.bandwidth("lte", signal.get("dlbandwidth"))
    nr_band = signal.get("bandInfo") or (signal.get("band") if is_nr_alone else None)
    if draft.legs["nr"]:
        draft.place("nr", band=nr_band, arfcn=signal.get("nrearfcn"))
        draft.bandwidth("nr", signal.get("nrdlbandwidth"))


def _bytes(text: str | None) -> Bytes | None:
    return bytes_of(text)


def _seconds(text: str | None) -> float | None:
    found = tidy.whole(text)
    return None if found is None else float(found)
