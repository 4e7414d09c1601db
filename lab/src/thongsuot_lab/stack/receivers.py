"""
Receivers of notifications in a lab, each behind a system of the kind that it would have.

The first carrier has a desk with trouble tickets; the others have none, get mails and answer on the
page of their desk. The city gets mails by SMTP, and an Alertmanager where one can be started. The
mails of carriers, points and the portals' operator are signed messages in one inbox. With
``all_to_inbox`` all receivers get such messages: a test reads there who was notified of what, and
when.
"""

import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from thongsuot_lab.inbox import InboxMessage, read_messages
from thongsuot_lab.stack.process import Process, Spawn
from thongsuot_lab.topology.city import DOMAIN
from thongsuot_lab.topology.model import Topology
from thongsuot_schema.inventory.model import Contact, Inventory, Owner, Role

INBOX_PORT = 8490
SMTP_PORT = 8025
ALERTMANAGER_PORT = 9093
FIRST_DESK_PORT = 8491
CITY_OWNER = "thanh-pho"
CITY_MAIL = "mail"
CITY_CONTACT = Contact(
    name="Trần Thị Lan", email=f"ky-thuat@thanh-pho.{DOMAIN}", role="Kỹ sư trực mạng"
)
_CLERK_S = 4.0
"""After this time somebody at a carrier's desk begins to work on a ticket."""

_TICKET_POLL_S = 2.0
"""How often the collector polls the desks for the state of its tickets."""

ChannelTable = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """The receivers and their language; ``folder`` holds what they get."""

    folder: Path
    topology: Topology
    all_to_inbox: bool = False
    language: str = "en"

    @property
    def has_alertmanager(self) -> bool:
        """Whether the city has an Alertmanager."""
        return not self.all_to_inbox and _is_alertmanager_installed()

    def ports(self) -> dict[str, int]:
        """Return the loopback addresses, in the collector's node, at which their systems listen."""
        ports = {"inbox": INBOX_PORT}
        if self.has_alertmanager:
            ports["alertmanager"] = ALERTMANAGER_PORT
        for place, name in enumerate(self._desks()):
            ports[f"desk-{name}"] = FIRST_DESK_PORT + place
        return ports

    def carriers_without_tickets(self) -> list[str]:
        """Return the carriers whose staff answer on the page of their desk."""
        desks = self._desks()
        return [entry.name for entry in self.topology.carriers if entry.name not in desks]

    def start(self, logs: Path, spawn: Spawn) -> Iterator[Process]:
        """Start their systems and yield each one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in (self._secret, self._token):
            if not file.exists():
                file.touch(mode=0o600)
                file.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
        ports, python = self.ports(), sys.executable
        inbox = [python, "-m", "thongsuot_lab.inbox", "--port", str(ports["inbox"])]
        inbox += ["--secret-file", str(self._secret), "--keep", str(self._letters)]
        if self.has_alertmanager:
            inbox += ["--alertmanager", f"http://127.0.0.1:{ports['alertmanager']}"]
        if not self.all_to_inbox:
            inbox += ["--smtp-port", str(SMTP_PORT)]
        for name in self._desks():
            inbox += ["--desk", f"{name}=http://127.0.0.1:{ports[f'desk-{name}']}"]
        yield Process.start("inbox", inbox, logs, spawn)
        if self.has_alertmanager:
            listen = f"127.0.0.1:{ports['alertmanager']}"
            command = _alertmanager_command(self.folder / "alertmanager", listen)
            yield Process.start("alertmanager", command, logs, spawn)
        for name in self._desks():
            desk = [python, "-m", "thongsuot_lab.carrier_desk", "--clerk-s", str(_CLERK_S)]
            desk += ["--port", str(ports[f"desk-{name}"]), "--token-file", str(self._token)]
            desk += ["--keep", str(self.folder / f"desk-{name}.json")]
            yield Process.start(f"desk-{name}", desk, logs, spawn)

    def channels(self) -> tuple[ChannelTable, ...]:
        """Return the ``[[channels]]`` of the collector."""
        ports = self.ports()
        inbox: ChannelTable = {
            "kind": "webhook",
            "name": "inbox",
            "url": f"http://127.0.0.1:{ports['inbox']}/",
            "secret_file": str(self._secret),
            "language": self.language,
        }
        tables = [inbox]
        if not self.all_to_inbox:
            tables.append(
                {
                    "kind": "email",
                    "name": CITY_MAIL,
                    "host": "127.0.0.1",
                    "port": SMTP_PORT,
                    "security": "none",
                    "sender": f"Thông Suốt <thong-suot@{DOMAIN}>",
                    "language": self.language,
                }
            )
        if self.has_alertmanager:
            url = f"http://127.0.0.1:{ports['alertmanager']}"
            tables.append({"kind": "alertmanager", "name": "alertmanager", "urls": [url]})
        tables += [
            {
                "kind": "tmf621",
                "name": f"desk-{name}",
                "url": f"http://127.0.0.1:{ports[f'desk-{name}']}",
                "bearer_file": str(self._token),
                "customer": "UBND-HN",
                "poll_s": _TICKET_POLL_S,
            }
            for name in self._desks()
        ]
        return tuple(tables)

    def notify_table(self, page_url: str) -> dict[str, object]:
        """Return the ``[notify_table]`` table of the collector."""
        # In the inbox all messages are counted, which would include those of mere observers.
        sees_all = not self.all_to_inbox
        table: dict[str, object] = {
            "channels": ["inbox"],
            "city": CITY_OWNER,
            "city_sees_all": sees_all,
        }
        return table | ({"page_url": page_url} if page_url else {})

    def with_channels(self, inventory: Inventory) -> Inventory:
        """Return an inventory with the channel by which each party is notified."""
        replace = msgspec.structs.replace
        desks = set(self._desks())
        services = tuple(entry.name for entry in inventory.targets if entry.role is Role.SERVICE)
        operator = Owner(name="van-hanh", title="Đơn vị vận hành các cổng", services=services)
        city = Owner(
            name=CITY_OWNER,
            title="Bộ phận kỹ thuật của Thành phố",
            contacts=() if self.all_to_inbox else (CITY_CONTACT,),
            channels=self._city_channels(),
        )
        carriers = tuple(
            replace(entry, channels=(f"desk-{entry.name}",), fallback_channels=("inbox",))
            if entry.name in desks
            else entry
            for entry in inventory.carriers
        )
        return replace(inventory, carriers=carriers, owners=(*inventory.owners, operator, city))

    def _city_channels(self) -> tuple[str, ...]:
        """Return how the city is notified; empty: like everybody else."""
        if self.all_to_inbox:
            return ()
        return ("alertmanager", CITY_MAIL) if self.has_alertmanager else (CITY_MAIL,)

    def messages(self) -> list[InboxMessage]:
        """Return the messages in the inbox."""
        return list(read_messages(self._letters))

    def _desks(self) -> list[str]:
        return [] if self.all_to_inbox else [entry.name for entry in self.topology.carriers[:1]]

    @property
    def _secret(self) -> Path:
        return self.folder / "inbox-secret"

    @property
    def _token(self) -> Path:
        return self.folder / "desk-token"

    @property
    def _letters(self) -> Path:
        return self.folder / "letters.jsonl"


_ALERTMANAGER_CONFIGURATION = """\
# One alert for each incident and party, by the collector; people look at the page.
route:
  receiver: page
  group_by: [incident, audience]
receivers:
  - name: page
# An incident that becomes graver is a second alert beside the first.
inhibit_rules:
  - source_matchers: ['severity="critical"']
    target_matchers: ['severity=~"major|minor|warning|indeterminate"']
    equal: [incident, audience]
  - source_matchers: ['severity="major"']
    target_matchers: ['severity=~"minor|warning|indeterminate"']
    equal: [incident, audience]
"""


def _is_alertmanager_installed() -> bool:
    """Return whether Alertmanager can be started on this machine."""
    return shutil.which("prometheus-alertmanager") is not None


def _alertmanager_command(folder: Path, listen: str) -> list[str]:
    """Write the configuration below ``folder``; return the command, listening at ``host:port``."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "alertmanager.yml"
    configuration.write_text(_ALERTMANAGER_CONFIGURATION, encoding="utf-8")
    return [
        "prometheus-alertmanager",
        f"--config.file={configuration}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={listen}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
