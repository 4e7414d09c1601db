"""Reading the inventory's files: the same for start-up and ``check-config``."""

from pathlib import Path

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.networks import FILE, NetworkOwners, networks_from
from thongsuot_runtime.config_file import raise_mistakes, read_text
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.inventory.read import find_mistakes, read_inventory


def read_directory(folder: str) -> InventoryDirectory:
    """
    Return the content of the files ``*.toml`` of a folder, and its table of networks if there is
    one; without a folder no site is known.

    Raises:
        ConfigInvalid: it has all errors, each with file and line.
    """
    if not folder:
        return InventoryDirectory(Inventory())
    texts: dict[str, str] = {}
    for path in sorted(Path(folder).glob("*.toml")):
        texts[str(path)] = read_text(path)
    raise_mistakes(find_mistakes(texts))
    inventory = read_inventory(texts)
    return InventoryDirectory(inventory, _networks(Path(folder, FILE), inventory))


def _networks(path: Path, inventory: Inventory) -> NetworkOwners:
    if not path.exists():
        return NetworkOwners()
    networks, mistakes = networks_from(str(path), read_text(path), inventory.carriers)
    raise_mistakes(mistakes)
    return networks
