"""Ask: the reading of a link's modem, by the source that its settings name."""

from importlib import import_module

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.radio.reading import ModemReading
from thongsuot_agent.radio.refusal import ModemUnreadable
from thongsuot_agent.radio.settings import Settings
from thongsuot_schema.reason import Reason


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """
    Return one reading, importing no source but the one that is asked.

    Raises:
        ModemUnreadable, LinkUnusable, SecretUnusable, TimeoutError, OSError: there is none.
    """
    if not settings.source:
        raise ModemUnreadable(Reason.NOT_SUPPORTED, "no source is named in the settings")
    module = import_module(f"thongsuot_agent.radio.sources.{settings.source}")
    reading = await module.read_modem(link, settings)
    assert isinstance(reading, ModemReading), "every source brings a reading"
    return reading
