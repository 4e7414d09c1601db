"""What a configuration refers to: the inventory, held against the channels; the own authority."""

from thongsuot_collector.config.read import Configuration
from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.read import read_directory
from thongsuot_collector.notify.dispatch import routing
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.policy import ClientCertificatePolicy
from thongsuot_runtime.config_file import ConfigInvalid, raise_mistakes
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
    raise_mistakes(DocumentError(file, 0, sentence) for sentence in wrong)
    return directory


def check_authority(configuration: Configuration, *, file: str) -> None:
    """
    See whether the collector's own authority can be used, where it is wanted.

    Raises:
        ConfigInvalid: it cannot, or there is none.
    """
    settings = configuration.settings
    if (
        settings.listen.client_certificates is ClientCertificatePolicy.OFF
        or settings.certificates.authorities_file
    ):
        return
    try:
        authority.load_authority(configuration.state_dir / authority.FOLDER)
    except AuthorityError as error:
        raise ConfigInvalid([DocumentError(file, 0, str(error))]) from error
