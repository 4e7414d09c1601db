"""Ask: the reading of a link's modem, by the source that its settings name."""

from importlib import import_module

from thongsuot_agent.links.link import Link
from thongsuot_agent.radio.reading import Reading
from thongsuot_agent.radio.refusal import NotRead
from thongsuot_agent.radio.settings import Settings
from thongsuot_schema.reason import Reason


async def ask(link: Link, settings: Settings) -> Reading:
    """
    Return one reading, importing no source but the one that is asked.

    Raises:
        NotRead, LinkUnusable, SecretUnusable, TimeoutError, OSError: there is none.
    """
    if not settings.source:
        raise NotRead(Reason.NOT_SUPPORTED, "no source is named in the settings")
    module = import_module(f"thongsuot_agent.radio.sources.{settings.source}")
    reading = await module.read(link, settings)
    assert isinstance(reading, Reading), "every source brings a reading"
    return reading
