"""
Reads and checks the configuration file, in the same way for start-up and ``check-config``.
``directory_for`` and ``check_authority`` check the files that it refers to.
"""

import importlib.util
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.accounts import consumer as account
from thongsuot_collector.config import certificates, plugins, sign_in
from thongsuot_collector.config.model import CollectorConfig, JournalSettings
from thongsuot_collector.config.reflector import mistakes as reflector_mistakes
from thongsuot_collector.correlation import consumer as correlation
from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.ingest.settings import Listen, host_and_port
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.read import read_directory
from thongsuot_collector.notify.dispatch import routing
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.settings import ClientCertificatePolicy
from thongsuot_collector.postgresql import url_mistake
from thongsuot_collector.state import consumer as state
from thongsuot_collector.store.settings import StoreSettings
from thongsuot_runtime.config_file import (
    ConfigInvalid,
    ConfigText,
    Mistake,
    raise_mistakes,
    read_text,
)
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.localizable import Localizable, sentence_of

_RESERVED_CONSUMERS = frozenset({state.CONSUMER, correlation.CONSUMER, account.CONSUMER})
"""Names already used by cursors of the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """
    A completely checked configuration.

    Paths in ``settings`` are absolute. ``sinks`` and ``channels`` pair the settings of each with
    its kind.
    """

    settings: CollectorConfig
    sinks: tuple[plugins.ConfiguredSink, ...]
    channels: tuple[plugins.ConfiguredChannel, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether other collectors may work on the same journal and store."""
        return bool(self.settings.store.url and self.settings.journal.url)

    @property
    def state_dir(self) -> Path:
        """The folder of the journal and the store."""
        return Path(self.settings.state_dir)


def read_configuration(path: Path) -> Configuration:
    """
    Return the configuration in a file.

    Raises:
        ConfigInvalid: with every mistake that was found, each with file and line.
    """
    return parse_configuration(read_text(path), file=str(path), folder=path.absolute().parent)


def parse_configuration(text: str, *, file: str, folder: Path) -> Configuration:
    """Parse a configuration; relative paths are relative to ``folder``."""
    source = ConfigText(text, file)
    settings = _with_paths(source.decode(CollectorConfig), folder)
    mistakes = [source.error_at(*mistake) for mistake in _mistakes(settings)]
    sinks = plugins.read_tables("sink", settings.sinks, source, plugins.read_sink, mistakes)
    mistakes += [
        source.error_at(
            ("sinks", place, "name"),
            Localizable("{sink} is the collector's own", sink=repr(sink.name)),
        )
        for place, (_, sink) in enumerate(sinks)
        if sink.name in _RESERVED_CONSUMERS
    ]
    channels = plugins.read_tables(
        "channel", settings.channels, source, plugins.read_channel, mistakes
    )
    raise_mistakes(mistakes)
    return Configuration(settings=settings, sinks=sinks, channels=channels)


def _mistakes(settings: CollectorConfig) -> Iterator[Mistake]:
    yield from _listen_mistakes(settings.listen)
    yield from _proxy_mistakes(settings.listen)
    yield from certificates.mistakes(settings.listen, settings.certificates)
    yield from _page_address_mistakes(settings.page.address)
    if settings.page.password_file and not Path(settings.page.password_file).is_file():
        yield (
            ("page", "password_file"),
            Localizable("{password_file} is not there", password_file=settings.page.password_file),
        )
    elif settings.page.password_file and not _holds_text(settings.page.password_file):
        # Without a password everybody who reaches the address may look: that is configured by
        # leaving it out.
        yield (
            ("page", "password_file"),
            Localizable(
                "{password_file} contains no password", password_file=settings.page.password_file
            ),
        )
    if settings.page.mcp and importlib.util.find_spec("mcp") is None:
        yield (
            ("page", "mcp"),
            Localizable("it needs the extra \"mcp\": pip install 'thongsuot-collector[mcp]'"),
        )
    yield from _url_mistakes(("page", "grafana_url"), settings.page.grafana_url)
    yield from _url_mistakes(("notify", "page_url"), settings.notify.page_url)
    yield from sign_in.mistakes(settings.sign_in, settings.notify.page_url)
    yield from _incident_mistakes(settings.incidents)
    yield from _database_mistakes("journal", settings.journal)
    yield from _database_mistakes("store", settings.store)
    if settings.journal.url and settings.store.url and settings.journal.url != settings.store.url:
        # The data that a term fences, and the term itself, change in one transaction.
        yield (
            ("store", "url"),
            Localizable("it is not the url of [journal]; both stand in one database"),
        )
    if settings.inventory_dir and not Path(settings.inventory_dir).is_dir():
        yield (
            ("inventory_dir",),
            Localizable("{inventory_dir} is not a folder", inventory_dir=settings.inventory_dir),
        )
    for key, sentence in reflector_mistakes(settings.reflector):
        yield ("reflector", *key), sentence


def _holds_text(file: str) -> bool:
    """Whether a file contains more than blanks; an unreadable one is reported when it is needed."""
    try:
        return bool(Path(file).read_bytes().strip())
    except PermissionError:
        return True


def _listen_mistakes(listen: Listen) -> Iterator[Mistake]:
    try:
        host, _ = host_and_port(listen.address)
    except ValueError as error:
        yield ("listen", "address"), sentence_of(error)
        return
    if bool(listen.certificate_file) is not bool(listen.key_file):
        yield ("listen",), Localizable("certificate_file and key_file belong together")
    elif listen.certificate_file:
        unusable = certificates.server_certificate_mistake(listen.certificate_file, listen.key_file)
        if unusable:
            yield ("listen", "certificate_file"), unusable
    elif not listen.plaintext and not _is_loopback(host):
        yield (
            ("listen", "address"),
            (
                Localizable(
                    "tokens would travel to {host} in the clear: give certificate_file "
                    "and key_file, or plaintext = true where something before the "
                    "collector ends the TLS",
                    host=host,
                )
            ),
        )


def _proxy_mistakes(listen: Listen) -> Iterator[Mistake]:
    for place, proxy in enumerate(listen.trusted_proxies):
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            yield ("listen", "trusted_proxies", place), str(error)


def _page_address_mistakes(address: str) -> Iterator[Mistake]:
    if not address:
        return
    try:
        host, _ = host_and_port(address)
    except ValueError as error:
        yield ("page", "address"), sentence_of(error)
        return
    if not _is_loopback(host):
        yield (
            ("page", "address"),
            (
                Localizable(
                    "pages in the clear are served on loopback only, and {host} is "
                    "not; leave it out and use listen.address, or put a web server "
                    "with TLS before it",
                    host=host,
                )
            ),
        )


def _url_mistakes(key: tuple[str, ...], url: str) -> Iterator[Mistake]:
    """Yield the errors of the base URL of links on our pages and in messages."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        has_more = bool(parts.query or parts.fragment) or parts.username is not None
    except ValueError:  # a port that is not a number, half of an IPv6 address
        is_web, has_more = False, False
    if not is_web or any(letter.isspace() for letter in url):
        yield (
            key,
            Localizable(
                '{url} is not the address of a web page, as in "https://host/path"', url=repr(url)
            ),
        )
    elif has_more:
        yield (
            key,
            Localizable(
                "{url} has more than a host and a path: links are made by adding to it",
                url=repr(url),
            ),
        )


def _incident_mistakes(settings: IncidentSettings) -> Iterator[Mistake]:
    for first, last, complaint in (
        (
            "hold_s",
            "hold_limit_s",
            (
                "{first} is more than {last}: told after {least} s at the earliest and after "
                "{most} s at the latest"
            ),
        ),
        (
            "update_s",
            "update_limit_s",
            "{first} is more than {last}: updates are {least} s apart at first, {most} s at most",
        ),
    ):
        least, most = getattr(settings, first), getattr(settings, last)
        if least > most:
            yield (
                ("incidents", first),
                Localizable(
                    complaint, first=first, last=last, least=f"{least:g}", most=f"{most:g}"
                ),
            )


def _database_mistakes(table: str, database: JournalSettings | StoreSettings) -> Iterator[Mistake]:
    if not database.url:
        if database.password_file:
            yield (
                (table, "password_file"),
                Localizable("a SQLite file has no password; give url as well"),
            )
        return
    wrong = url_mistake(database.url, database.password_file)
    if wrong:
        yield (table, "url"), wrong


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _with_paths(settings: CollectorConfig, folder: Path) -> CollectorConfig:
    def absolute(path: str) -> str:
        return str(folder / path) if path else ""

    def with_files(table: dict[str, object]) -> dict[str, object]:
        return {
            key: absolute(value) if key.endswith("_file") and isinstance(value, str) else value
            for key, value in table.items()
        }

    replace = msgspec.structs.replace
    return replace(
        settings,
        state_dir=absolute(settings.state_dir),
        inventory_dir=absolute(settings.inventory_dir),
        listen=replace(
            settings.listen,
            certificate_file=absolute(settings.listen.certificate_file),
            key_file=absolute(settings.listen.key_file),
        ),
        certificates=certificates.with_paths(settings.certificates, folder),
        journal=replace(settings.journal, password_file=absolute(settings.journal.password_file)),
        store=replace(settings.store, password_file=absolute(settings.store.password_file)),
        page=replace(
            settings.page,
            password_file=absolute(settings.page.password_file),
            docs_dir=absolute(settings.page.docs_dir),
        ),
        sign_in=sign_in.with_paths(settings.sign_in, folder),
        reflector=replace(
            settings.reflector,
            key_file=absolute(settings.reflector.key_file),
            certificate_file=absolute(settings.reflector.certificate_file),
            certificate_key_file=absolute(settings.reflector.certificate_key_file),
        ),
        sinks=tuple(map(with_files, settings.sinks)),
        channels=tuple(map(with_files, settings.channels)),
    )


def directory_for(configuration: Configuration, *, file: str) -> InventoryDirectory:
    """
    Return the inventory of a configuration; ``file`` is its name in messages.

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
    Check whether the collector's own authority can be used, if it is required.

    Raises:
        ConfigInvalid: it cannot be used, or does not exist.
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
