"""Types of the agent's configuration. Defaults stand here and nowhere else."""

from typing import Annotated

import msgspec

from thongsuot_agent.judge.settings import Settings as JudgeSettings
from thongsuot_schema.inventory.fields import Name, Seconds, StrictStruct
from thongsuot_schema.inventory.model import Carrier, Link, ProbeSchedule, Target

Bytes = Annotated[int, msgspec.Meta(gt=0)]


class SiteIdentity(StrictStruct, frozen=True):
    """Who this device is; the names that its measurements carry."""

    name: Name
    title: str = ""
    commune: Annotated[str, msgspec.Meta(pattern=r"^\d{5}$")] = "00000"
    """The statistics office's five-digit code, as text: leading zeros count."""
    commune_title: str = ""
    support_hotline: str = ""
    """Telephone number of the city's support desk, for the local page."""
    backup_instructions: Annotated[str, msgspec.Meta(max_length=300)] = ""
    """
    How the computers at the counter are moved to the backup by hand, for the local page: one or two
    sentences; empty: to plug into the 5G box or use its Wi-Fi.
    """


class PushConfig(StrictStruct, frozen=True):
    """Where the record is pushed to."""

    url: str
    """Scheme, host and port (``https://collector.example``); the paths are the protocol's."""
    token_file: str
    """
    A file that holds the agent's token and nothing else; nobody but its owner and group may read
    it. A bare name is one of the service's credentials (``LoadCredential=`` of systemd); outside
    the service, ``/etc/thongsuot/agent.NAME``, which is where the unit takes it from.
    """
    failover_urls: Annotated[tuple[str, ...], msgspec.Meta(max_length=8)] = ()
    """
    Further addresses of the same collector: the other machines of a cluster. Pushes go to the first
    that answers, ``url`` before these; ``ca_file`` and the token are for all of them.
    """
    ca_file: str = ""
    """Certificates (PEM) that the collector's is checked against; empty: those of the system."""
    certificate_file: str = ""
    """
    A certificate (PEM) that this device shows the collector and somebody else renews; empty: the
    one that ``thongsuot-agent enrol`` brought, if it did, which the agent renews itself.
    """
    certificate_key_file: str = ""
    """Its key; empty: it stands in ``certificate_file`` too."""
    push_every_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 15.0
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=300)] = 15.0


class PageConfig(StrictStruct, frozen=True):
    """The page on the local network."""

    listen: str = "0.0.0.0:8080"
    """Address and port; ``[::]:8080`` listens on both families; empty: no page."""
    test_button: bool = True
    """Whether the page has the button for a test now; everybody in the local network may press."""
    commissioning: bool = True
    """
    Whether an installer can prove the links at ``/commissioning``, with the code of the day.
    """
    names: tuple[str, ...] = ()
    """
    Names by which browsers may ask for the page, beside its addresses, bare names, and ``.local``,
    ``.lan``, ``.home.arpa`` and ``.internal``. Any other is refused: it may be a stranger's.
    """


class SpoolConfig(StrictStruct, frozen=True):
    """How the record is kept until the collector has it."""

    state_dir: str = ""
    """On disk; empty: ``$STATE_DIRECTORY``, else ``/var/lib/thongsuot-agent``."""
    runtime_dir: str = ""
    """
    In memory (tmpfs); empty: ``$RUNTIME_DIRECTORY``, else ``/run/thongsuot-agent``, else under
    ``state_dir``.
    """
    max_bytes: Annotated[int, msgspec.Meta(ge=1 << 20)] = 64 << 20
    """On disk. Two links with the default profile make about 7 MB a day."""
    max_runtime_bytes: Annotated[int, msgspec.Meta(ge=1 << 16)] = 8 << 20
    """In memory, when the disk takes nothing."""
    max_age_s: Seconds = 30 * 86400.0
    """
    Older detail is dropped, of an earlier boot only if its clock was synchronised; verdict changes
    stay as long as there is room.
    """
    disk_after_s: Seconds = 60.0
    """
    A batch that is not acknowledged after this long goes to the disk. What a power cut may cost.
    """


class SiteConfigPolicy(StrictStruct, frozen=True):
    """
    The site configuration that the collector makes from its inventory, laid over this file.

    A site configuration is on probation until a push under it was acknowledged. When the collector
    is not reached for ``probation_s`` and in ``probation_tries`` pushes, the agent goes back to
    what it ran before and does not try that version again.
    """

    accept: bool = True
    """``false``: this file alone says what is watched."""
    probation_s: Annotated[float, msgspec.Meta(ge=5, le=3600)] = 120.0
    probation_tries: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3


class SmsConfig(StrictStruct, frozen=True):
    """
    A text message by the site's own modem when every line has been dead for ``after_s``.

    It names the lines and since when each is dead. Left out, none is ever sent. ``device`` is a
    port of the modem that takes AT commands and that nothing else uses for long; of each outage
    every number gets one message.
    """

    device: str = ""
    """Such as ``/dev/ttyUSB2``; empty: no messages."""
    baud: Annotated[int, msgspec.Meta(ge=1200, le=4_000_000)] = 115_200
    pin_file: str = ""
    """A file that holds the SIM's PIN and nothing else; empty: the SIM asks for none."""
    to: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]{3,15}$")], ...],
        msgspec.Meta(max_length=5),
    ] = ()
    """Who gets it: international numbers, ``+84…``."""
    after_s: Seconds = 180.0
    """A line that comes back before that was no reason to wake anybody."""
    per_day: Annotated[int, msgspec.Meta(ge=1, le=50)] = 6
    """Messages in 24 hours, to all numbers together: each costs the site's SIM money."""
    diacritics: bool = False
    """``true``: Vietnamese as it is written, 70 characters; ``false``: without marks, 160."""


class AgentConfig(StrictStruct, frozen=True):
    """
    The whole file.

    Without ``links`` every interface with a default route is one, named after the interface.
    Without ``targets`` the gateway and the name server of each link are. Without ``probes`` the
    default profile is measured. ``carriers`` only adds names and telephone numbers to the local
    page.
    """

    site: SiteIdentity
    collector: PushConfig
    links: tuple[Link, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbeSchedule, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    page: PageConfig = PageConfig()
    sms: SmsConfig = SmsConfig()
    spool: SpoolConfig = SpoolConfig()
    site_config: SiteConfigPolicy = SiteConfigPolicy()
    judge: JudgeSettings = JudgeSettings()
