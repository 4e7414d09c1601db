"""Types of the collector's configuration; defaults live here and nowhere else."""

from typing import Annotated

import msgspec

from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.ingest.settings import IngestSettings, Listen
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.pki.settings import CertificateSettings
from thongsuot_collector.postgresql import JOURNAL_SCHEMA, PostgresDatabase
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_collector.statements.settings import SlaSettings
from thongsuot_collector.store.settings import StoreSettings
from thongsuot_collector.timeline.settings import TimelineTable
from thongsuot_collector.web.sessions.settings import SignInSettings
from thongsuot_schema.inventory.fields import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]
Bytes = Annotated[int, msgspec.Meta(gt=0)]

DAY_S = 86_400.0


class JournalSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Where and how long what agents pushed is kept.

    Left out, ``url``: in a SQLite file in ``state_dir``, of one collector. It names a PostgreSQL
    database that several collectors append to and read, as
    ``postgresql+psycopg://USER@HOST/DATABASE``; whatever else libpq knows follows as its
    parameters: ``?sslmode=verify-full``. ``password_file`` holds the user's password and nothing
    else.

    ``retention_s`` after it came in an entry may go, once every sink has it. Above ``max_bytes``
    the oldest go no matter who has them, counted, first of a site that holds more than three times
    what others do: 400 sites push about 2 GB a day. A file whose disk has room for less than 1 GiB
    more gives up its oldest before their age, though nothing that a sink does not have.
    ``gather_s`` is how long a push waits for
    others, so that one flush of the disk serves them all; nothing is acknowledged before that.
    """

    url: str = ""
    password_file: str = ""
    retention_s: Positive = 31 * DAY_S
    max_bytes: Bytes = 64 << 30
    gather_s: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.015

    @property
    def database(self) -> PostgresDatabase:
        """The database that ``url`` names."""
        return PostgresDatabase(
            url=self.url, password_file=self.password_file, schema=JOURNAL_SCHEMA
        )


class PageSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The pages for people; they only show.

    They stand beside the pushes at ``listen.address``; ``address`` is a second place for the pages
    alone, in the clear and therefore on loopback only: for a browser on this machine, or for a web
    server before it that ends the TLS. ``password_file`` holds one password for all who look (user
    name: anything); left out, anyone who reaches the address may look. People with an account of
    their own sign in by ``[sign_in]``. ``silent_after_s`` is when
    an agent that was not heard is called silent: three pushes; a minute later, which is how long it
    may wait, where the collector itself was away. ``support_hotline`` is the city's
    support desk, shown where nobody else is named. ``docs_dir`` holds the documentation as
    ``./run docs`` makes it, shown at ``/docs`` to who may look; the default is where the package
    puts it. ``mcp``: language models may ask at ``/mcp`` what the API shows; it needs the extra
    ``mcp``. ``grafana_url`` is where people find the Grafana that has our boards: pages of
    incidents lead to the right one, at their time.
    """

    address: str = ""
    password_file: str = ""
    silent_after_s: Positive = 45.0
    support_hotline: str = ""
    docs_dir: str = "/usr/share/doc/thongsuot-collector/html"
    mcp: bool = False
    grafana_url: str = ""


class SiteConfigSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Site configurations: the inventory's settings for agents, in the answers to pushes.

    ``offer = false``: none is sent, and agents keep their current one.
    """

    offer: bool = True


class CollectorConfig(StrictStruct, frozen=True, kw_only=True):
    """
    The whole file.

    Relative paths are meant from the file's own folder. ``inventory_dir`` holds the inventory's
    files (left out: sites are known only by their names). Each of ``sinks`` has ``kind`` and
    ``name`` and the settings of its kind; so has each of ``channels``, by which people are
    notified.
    """

    state_dir: str = "/var/lib/thongsuot-collector"
    inventory_dir: str = ""
    listen: Listen = Listen()
    certificates: CertificateSettings = CertificateSettings()
    journal: JournalSettings = JournalSettings()
    store: StoreSettings = StoreSettings()
    ingest: IngestSettings = IngestSettings()
    page: PageSettings = PageSettings()
    sign_in: SignInSettings = SignInSettings()
    site_configs: SiteConfigSettings = SiteConfigSettings()
    timeline: TimelineTable = TimelineTable()
    incidents: IncidentSettings = IncidentSettings()
    notify: NotifySettings = NotifySettings()
    sla: SlaSettings = SlaSettings()
    reflector: ReflectorSettings = ReflectorSettings()
    sinks: tuple[dict[str, object], ...] = ()
    channels: tuple[dict[str, object], ...] = ()
