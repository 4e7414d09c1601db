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
    Where pushed data is stored, and for how long.

    By default it is a SQLite file in ``state_dir``, for one collector. ``url`` names a PostgreSQL
    database that several collectors append to and read, as
    ``postgresql+psycopg://USER@HOST/DATABASE``; other options of libpq follow as parameters:
    ``?sslmode=verify-full``. ``password_file`` only contains the user's password.

    An entry is removed ``retention_s`` after its arrival, once every sink has it. Above
    ``max_bytes`` the oldest entries are removed regardless of sinks, and counted; first those of a
    site that holds more than three times as much as others: 400 sites push about 2 GB a day. If the
    disk of a file has less than 1 GiB left, the oldest entries that every sink has are removed
    before their age. ``gather_s`` is how long a push waits for others, so that one flush of the
    disk serves them all; nothing is acknowledged before that. One that comes alone does not wait.
    """

    url: str = ""
    password_file: str = ""
    retention_s: Positive = 31 * DAY_S
    max_bytes: Bytes = 64 << 30
    gather_s: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.025

    @property
    def database(self) -> PostgresDatabase:
        """The database named by ``url``."""
        return PostgresDatabase(
            url=self.url, password_file=self.password_file, schema=JOURNAL_SCHEMA
        )


class PageSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The pages for people.

    They are served beside the pushes at ``listen.address``; ``address`` is an additional address
    for the pages alone, unencrypted and therefore only on loopback: for a browser on this machine,
    or for a web server in front of it that terminates TLS. ``password_file`` contains a shared
    password for reading (with any user name); without it, anyone who reaches the address may read.
    People with an account of their own sign in by ``[sign_in]``. ``silent_after_s`` is the time
    without a push after which an agent counts as silent: three pushes; a minute more, which is how
    long an agent may wait, after an absence of the collector itself. ``support_hotline`` is the
    city's support desk, shown where nobody else is named. ``docs_dir`` contains the documentation
    built by ``./run docs``, shown at ``/docs`` to visitors with read access; the default is the
    package's folder. ``mcp``: language models may query the API's data at ``/mcp``; it needs the
    extra ``mcp``. ``grafana_url`` is the address of the Grafana with our boards: pages of incidents
    link to the right board, at their time.
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

    Relative paths are relative to the file's own folder. ``inventory_dir`` contains the inventory's
    files (left out: sites are known only by their names). Each of ``sinks`` has ``kind`` and
    ``name`` and the settings of its kind; so does each of ``channels``, by which people are
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
