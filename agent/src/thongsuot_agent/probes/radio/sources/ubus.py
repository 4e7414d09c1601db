"""OpenWrt with ModemManager, by ``ubus``."""

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio.modem_address import run_json_program
from thongsuot_agent.probes.radio.reading import ModemReading
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors.modemmanager import reading_from_ubus


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the values of the first modem in the dump."""
    del link
    document = await run_json_program(["ubus", "call", "modemmanager", "dump"], settings.timeout_s)
    return reading_from_ubus(document or {})
