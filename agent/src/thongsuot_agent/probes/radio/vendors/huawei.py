"""
Huawei HiLink: ``/api/device/signal`` and its neighbours, as flat maps of texts. Pure.

Values carry their unit (``-92dBm``, ``>=-44dBm``); ``mode`` is 2 for WCDMA, 7 for LTE, 12 for NR.
Plain names are those of LTE, ``nr…`` those of NR; cell, PCI and PLMN are of the serving cell.
"""

import re
from collections.abc import Mapping
from typing import Final

from thongsuot_agent.probes.radio.reading import (
    ModemReading,
    ReadingBuilder,
    TrafficCounter,
    traffic_counter,
)
from thongsuot_agent.probing.equipment import coercion, vocabulary

Answers = Mapping[str, object]

SIGNAL, STATUS = "device/signal", "monitoring/status"
PLMN, TRAFFIC = "net/current-plmn", "monitoring/traffic-statistics"
PAGES: Final = (SIGNAL, STATUS, PLMN, TRAFFIC)

_ELEMENT: Final = re.compile(r"<([A-Za-z0-9_]+)>([^<]*)</\1>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
_MODES: Final = {
    "0": vocabulary.GSM,
    "2": vocabulary.UMTS,
    "7": vocabulary.LTE,
    "12": vocabulary.NR_SA,
}
_NETWORKS: Final = {"19": vocabulary.LTE, "101": vocabulary.LTE, "1011": vocabulary.LTE}
_CONNECTED: Final = "901"
_STATES: Final = frozenset({"900", "901", "902", "903", "904", "905", "906"})
"""Connecting, connected, disconnected, disconnecting, and three kinds of failure."""


def fields(document: str) -> dict[str, str]:
    """Return the texts of an answer's elements; of a list the last one counts."""
    texts = {}
    for name, text in _ELEMENT.findall(document):
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)  # noqa: PLW2901 - one text, made plain
        texts[name] = text.strip()
    return texts


def reading_from(answers: Answers) -> ModemReading:
    """Return the content of the pages; a refused page is simply missing."""
    draft = ReadingBuilder()
    texts = {page: coercion.as_flat_texts(answer) for page, answer in answers.items()}
    signal, status = texts.get(SIGNAL, {}), texts.get(STATUS, {})
    is_nr_alone = signal.get("mode") == "12"
    _legs(draft, signal, is_nr_alone=is_nr_alone)
    has_both = bool(draft.legs["lte"].get("rsrp_dbm") and draft.legs["nr"].get("rsrp_dbm"))
    if has_both and not is_nr_alone:
        draft.set_fields(technology=vocabulary.NR_NSA)
    draft.set_fields(technology=_MODES.get(signal.get("mode") or "", ""))
    network = status.get("CurrentNetworkTypeEx") or status.get("CurrentNetworkType") or ""
    draft.set_fields(technology=_NETWORKS.get(network, ""), plmn=signal.get("plmn"))
    state = status.get("ConnectionStatus")
    draft.set_fields(connected=state == _CONNECTED if state in _STATES else None)
    roaming = status.get("RoamingStatus")
    draft.set_fields(roaming={"0": False, "1": True}.get(roaming or ""))
    draft.set_fields(sim={"1": "ready", "255": "absent"}.get(status.get("SimStatus") or "", ""))
    plmn = texts.get(PLMN, {})
    draft.set_fields(plmn=plmn.get("Numeric"))
    draft.add_texts(operator=plmn.get("FullName"))
    traffic = texts.get(TRAFFIC, {})
    draft.set_fields(
        received=_bytes(traffic.get("TotalDownload")),
        sent=_bytes(traffic.get("TotalUpload")),
        session_s=_seconds(traffic.get("CurrentConnectTime")),
    )
    return draft.build()


def _legs(draft: ReadingBuilder, signal: Mapping[str, str | None], *, is_nr_alone: bool) -> None:
    # Only the mode shows which cell the plain names belong to, and a page may lack it.
    serving = {"12": "nr", "7": "lte"}.get(signal.get("mode") or "", "")
    draft.add_measurements(
        "lte",
        {
            "rsrp_dbm": signal.get("rsrp") or None,
            "rsrq_db": signal.get("rsrq") or None,
            "sinr_db": signal.get("sinr") or None,
            "rssi_dbm": signal.get("rssi") or None,
        },
    )
    draft.add_measurements(
        "nr",
        {
            "rsrp_dbm": signal.get("nrrsrp") or None,
            "rsrq_db": signal.get("nrrsrq") or None,
            "sinr_db": signal.get("nrsinr") or None,
            "rssi_dbm": signal.get("nrrssi") or None,
        },
    )
    if serving:
        draft.set_cell(serving, pci=signal.get("pci"), cell_id=signal.get("cell_id"))
        draft.set_cell(serving, base=16 if is_nr_alone else 10, tac=signal.get("tac"))
    if serving == "lte":
        draft.set_cell("lte", band=signal.get("band"), arfcn=signal.get("earfcn"))
        draft.set_bandwidth("lte", signal.get("dlbandwidth"))
    nr_band = signal.get("bandInfo") or (signal.get("band") if is_nr_alone else None)
    if draft.legs["nr"]:
        draft.set_cell("nr", band=nr_band, arfcn=signal.get("nrearfcn"))
        draft.set_bandwidth("nr", signal.get("nrdlbandwidth"))


def _bytes(text: str | None) -> TrafficCounter | None:
    return traffic_counter(text)


def _seconds(text: str | None) -> float | None:
    seconds = coercion.as_whole_number(text)
    return None if seconds is None else float(seconds)
