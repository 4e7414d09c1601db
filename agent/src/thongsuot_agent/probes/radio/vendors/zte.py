"""
ZTE: the flat answer of ``goform_get_cmd_process``, or of the newer ubus firmwares. Pure.

All values are texts, empty or ``--`` for no value; names unknown to a firmware are missing. PCI and
cell id are hex on goform firmwares and decimal on ubus ones. On standalone 5G (SA) the LTE names
keep old values; without service all powers are 0.
"""

from collections.abc import Mapping
from typing import Final

from thongsuot_agent.probes.radio.reading import (
    ModemReading,
    ReadingBuilder,
    TrafficCounter,
    traffic_counter,
)
from thongsuot_agent.probing.equipment import coercion, vocabulary

NAMES: Final = (
    *("network_type", "network_provider", "rmcc", "rmnc", "simcard_roam", "ppp_status"),
    *("modem_main_state", "lte_pci", "wan_active_band", "wan_active_channel", "cell_id"),
    *("lte_rsrp", "lte_rsrq", "lte_rssi", "lte_snr", "nr5g_pci", "nr5g_action_band"),
    *("nr5g_action_channel", "nr5g_cell_id", "Z5g_rsrp", "Z5g_rsrq", "Z5g_SINR", "nr5g_rsrp"),
    *("nr5g_rsrq", "nr5g_snr", "monthly_rx_bytes", "monthly_tx_bytes"),
)
"""The requested names; none identifies a subscriber or a modem."""

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_GOFORM: Final = ("Z5g_rsrp", "Z5g_rsrq", "Z5g_SINR", "rmcc")


def reading_from(answer: object) -> ModemReading:
    """Return the values of the answer."""
    texts = coercion.as_flat_texts(answer)
    draft = ReadingBuilder()
    draft.set_fields(technology=vocabulary.technology(texts.get("network_type", "")))
    base = 16 if _is_hex(texts) else 10
    draft.set_cell("lte", base=base, pci=texts.get("lte_pci"), cell_id=texts.get("cell_id"))
    draft.set_cell("lte", band=texts.get("wan_active_band"), arfcn=texts.get("wan_active_channel"))
    draft.set_cell("nr", base=base, pci=texts.get("nr5g_pci"), cell_id=texts.get("nr5g_cell_id"))
    draft.set_cell("nr", band=_after_n(texts), arfcn=texts.get("nr5g_action_channel"))
    draft.add_measurements(
        "lte",
        {
            "rsrp_dbm": texts.get("lte_rsrp"),
            "rsrq_db": texts.get("lte_rsrq"),
            "rssi_dbm": texts.get("lte_rssi"),
            "sinr_db": texts.get("lte_snr"),
        },
    )
    draft.add_measurements(
        "nr",
        {
            "rsrp_dbm": texts.get("Z5g_rsrp") or texts.get("nr5g_rsrp"),
            "rsrq_db": texts.get("Z5g_rsrq") or texts.get("nr5g_rsrq"),
            "sinr_db": texts.get("Z5g_SINR") or texts.get("nr5g_snr"),
        },
    )
    roaming = vocabulary.roaming(texts.get("simcard_roam", ""))
    draft.set_fields(
        plmn=vocabulary.plmn(texts.get("rmcc", ""), texts.get("rmnc", "")),
        roaming={"roaming": True, "home": False}.get(roaming),
        connected={"ppp_connected": True, "ppp_disconnected": False}.get(
            texts.get("ppp_status", "")
        ),
        received=_bytes(texts.get("monthly_rx_bytes", "")),
        sent=_bytes(texts.get("monthly_tx_bytes", "")),
    )
    draft.add_texts(operator=texts.get("network_provider"))
    return draft.build()


def _is_hex(texts: Mapping[str, str]) -> bool:
    ids = [texts.get(name, "") for name in ("lte_pci", "nr5g_pci", "cell_id")]
    has_letter = any(set(text) <= _HEX and not text.isdecimal() for text in ids if text)
    return has_letter or any(name in texts for name in _GOFORM)


def _after_n(texts: Mapping[str, str]) -> str | None:
    return texts.get("nr5g_action_band", "").lower().lstrip("n") or None


def _bytes(text: str) -> TrafficCounter | None:
    return traffic_counter(text)
