"""Reading the inventory's files: the same for start-up and ``check-config``."""

from pathlib import Path

from thongsuot_collector.errors import ConfigInvalid
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.networks import FILE, NetworkOwners, networks_from
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.inventory.read import find_mistakes, read_inventory


def read_directory(folder: str) -> InventoryDirectory:
    """
    Return what the files ``*.toml`` of a folder say, and its table of networks where it has one;
    no folder: nothing is known of any site.

    Raises:
        ConfigInvalid: with every mistake that was found, each with file and line.
    """
    if not folder:
        return InventoryDirectory(Inventory())
    texts: dict[str, str] = {}
    for path in sorted(Path(folder).glob("*.toml")):
        try:
            texts[str(path)] = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigInvalid(
                [DocumentError(str(path), 0, f"cannot be read: {error}")]
            ) from error
    mistakes = find_mistakes(texts)
    if mistakes:
        raise ConfigInvalid(mistakes)
    inventory = read_inventory(texts)
    return InventoryDirectory(inventory, _networks(Path(folder, FILE), inventory))


def _networks(path: Path, inventory: Inventory) -> NetworkOwners:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return NetworkOwners()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid([DocumentError(str(path), 0, f"cannot be read: {error}")]) from error
    networks, mistakes = networks_from(str(path), text, inventory.carriers)
    if mistakes:
        raise ConfigInvalid(mistakes)
    return networks
