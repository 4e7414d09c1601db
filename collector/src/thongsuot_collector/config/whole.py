"""The inventory as a configuration needs it: read, and held against the channels that there are."""

from thongsuot_collector.config.inventory import read_directory
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.errors import ConfigInvalid
from thongsuot_collector.notify.dispatch import routing
from thongsuot_schema.errors import DocumentError


def directory_for(configuration: Configuration, *, file: str) -> InventoryDirectory:
    """
    Return the inventory of a configuration; ``file`` is what that is called in messages.

    The same for start-up, ``check-config`` and an inventory that changes while the collector runs.

    Raises:
        ConfigInvalid: with every mistake that was found, each with file and line.
    """
    directory = read_directory(configuration.settings.inventory_dir)
    names = [settings.name for _, settings in configuration.channels]
    wrong = routing.routing_errors(directory, configuration.settings.notify, names)
    mistakes = [DocumentError(file, 0, sentence) for sentence in wrong]
    if mistakes:
        raise ConfigInvalid(mistakes)
    return directory
