"""Types of the collector's configuration; defaults live here and nowhere else."""

from typing import Annotated

import msgspec

from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.pki.policy import ClientCertificatePolicy
from thongsuot_collector.pki.settings import CertificateSettings
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_collector.statements.settings import SlaSettings
from thongsuot_collector.timeline.settings import TimelineTable
from thongsuot_schema.inventory.model import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]
Bytes = Annotated[int, msgspec.Meta(gt=0)]

DAY_S = 86_400.0


class Listen(StrictStruct, frozen=True, kw_only=True):
    """
    Where the collector listens, for agents and for people.

    ``address`` is ``host:port``, IPv6 in brackets; port 0 takes any that is free, and says which.
    Tokens must not travel in the clear: without a certificate only a loopback address is taken,
    unless ``plaintext`` says that something before the collector ends the TLS.

    ``client_certificates`` says whether agents show certificates of their own beside their tokens:
    ``off``, ``optional`` (who shows none comes in by token) or ``required`` (nobody pushes without
    one). Enrolling, the pages and callbacks, which stand at the same address, never need one.
    """

    address: str = "127.0.0.1:8480"
    certificate_file: str = ""
    key_file: str = ""
    plaintext: bool = False
    client_certificates: ClientCertificatePolicy = ClientCertificatePolicy.OFF


class JournalSettings(StrictStruct, frozen=True, kw_only=True):
    """
    How long what agents pushed is kept.

    ``retention_s`` after it came in an entry may go, once every sink has it. Above ``max_bytes``
    the oldest go whoever has them, counted: 400 sites push about 2 GB a day.
    """

    retention_s: Positive = 31 * DAY_S
    max_bytes: Bytes = 64 << 30


class IngestSettings(StrictStruct, frozen=True, kw_only=True):
    """
    How much is taken from whom.

    A site may push ``pushes_per_s`` for ever and ``pushes_burst`` at once (an hour's backlog is
    240), ``bytes_per_s`` and ``bytes_burst`` likewise (three days' backlog is 12 MB). An
    address may come with ``bad_tokens_burst`` bad tokens (and as many bad codes), then one every
    ``1 / bad_tokens_per_s`` seconds.
    """

    pushes_per_s: Positive = 20.0
    pushes_burst: Positive = 500.0
    bytes_per_s: Positive = 20_000.0
    bytes_burst: Positive = 64e6
    bad_tokens_per_s: Positive = 0.2
    bad_tokens_burst: Positive = 20.0


class PageSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The pages for people; they only show.

    They stand beside the pushes at ``listen.address``; ``address`` is a second place for the pages
    alone, in the clear and therefore on loopback only: for a browser on this machine, or for a web
    server before it that ends the TLS. ``password_file`` holds one password for all who look (user
    name: anything); left out, whoever reaches the address may look. ``silent_after_s`` is when an
    agent that was not heard is called silent: three pushes. ``support_hotline`` is the city's
    support desk, shown where nobody else is named.
    """

    address: str = ""
    password_file: str = ""
    silent_after_s: Positive = 45.0
    support_hotline: str = ""


class SiteConfigSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Plans of sites: what the inventory has their agents watch, in the answers to pushes.

    ``offer = false``: none is sent, and agents go on with what they have.
    """

    offer: bool = True


class CollectorConfig(StrictStruct, frozen=True, kw_only=True):
    """
    The whole file.

    Relative paths are meant from the file's own folder. ``inventory_dir`` holds the inventory's
    files (left out: sites are known only by their names). Each of ``sinks`` has ``kind`` and
    ``name`` and the settings of its kind; so has each of ``channels``, by which people are told.
    """

    state_dir: str = "/var/lib/thongsuot-collector"
    inventory_dir: str = ""
    listen: Listen = Listen()
    certificates: CertificateSettings = CertificateSettings()
    journal: JournalSettings = JournalSettings()
    ingest: IngestSettings = IngestSettings()
    page: PageSettings = PageSettings()
    plans: SiteConfigSettings = SiteConfigSettings()
    timeline: TimelineTable = TimelineTable()
    incidents: IncidentSettings = IncidentSettings()
    notify: NotifySettings = NotifySettings()
    sla: SlaSettings = SlaSettings()
    reflector: ReflectorSettings = ReflectorSettings()
    sinks: tuple[dict[str, object], ...] = ()
    channels: tuple[dict[str, object], ...] = ()
