"""OpenWrt with ModemManager, by ``ubus``."""

from thongsuot_agent.links.link import Link
from thongsuot_agent.radio.makers.modemmanager import reading_from_ubus
from thongsuot_agent.radio.program import json_from
from thongsuot_agent.radio.reading import Reading
from thongsuot_agent.radio.settings import Settings


async def read(link: Link, settings: Settings) -> Reading:
    """Return what the first modem of the dump says."""
    del link
    document = await json_from(["ubus", "call", "modemmanager", "dump"], settings.timeout_s)
    return reading_from_ubus(document or {})
