"""The configuration file of a watcher, read and checked like the collector's own."""

from pathlib import Path

import msgspec

from thongsuot_collector.config import plugins
from thongsuot_collector.watch.settings import WatchSettings
from thongsuot_runtime.config_file import ConfigText, raise_mistakes, read_text
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.localizable import Localizable


class WatchConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """A watcher's settings, and the channels of its notifications."""

    settings: WatchSettings
    channels: tuple[plugins.ConfiguredChannel, ...]


def read_watch_configuration(path: Path) -> WatchConfiguration:
    """
    Return the configuration in a file.

    Raises:
        ConfigInvalid: it has all errors, each with file and line.
    """
    source = ConfigText(read_text(path), str(path))
    settings = source.decode(WatchSettings)
    mistakes: list[DocumentError] = []
    channels = plugins.read_tables(
        "channel", settings.channels, source, plugins.read_channel, mistakes
    )
    for place, watched in enumerate(settings.collectors):
        key = "urls" if watched.urls else "url"
        if watched.url and watched.urls:
            text = Localizable(
                "a collector has one url, or several urls of collectors on one database"
            )
            mistakes.append(source.error_at(("collectors", place, "url"), text))
        mistakes += [
            source.error_at(
                ("collectors", place, key), Localizable("no URL: {address}", address=repr(address))
            )
            for address in watched.addresses
            if not address.startswith(("http://", "https://"))
        ]
    raise_mistakes(mistakes)
    return WatchConfiguration(settings=settings, channels=channels)
