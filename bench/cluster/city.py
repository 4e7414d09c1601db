"""The monitored city: its inventory, the collectors, and the carrier's desk."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx
import psycopg
from bench.cluster.comparison import tickets_of
from bench.cluster.failover import DatabasePair
from bench.cluster.machines import ADDRESSES, Play, Service, python_program
from bench.cluster.receivers import Receivers
from bench.cluster.replay import RecordedJournal, ReplaySettings
from sqlalchemy import Engine
from tests.collector.notify.incident_events import secret_file
from tests.plain_http import NO_AUTHORITIES

from thongsuot_collector.correlation.consumer import IncidentConsumerSettings
from thongsuot_collector.journal.entry import stored_entry
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store.postgresql import open_database
from thongsuot_collector.store.term import Leader, current_leader
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_schema.inventory.read import read_inventory

PORT = 8480
_DESK_PORT = 8491
_READY_S = 240.0
_COLLECTOR = "collector-"
_SITE = re.compile(r"site-\d+")

_POLL_S, _CLERK_S = 5.0, 10.0
"""The desk is asked so often; somebody there begins to work on a ticket after so long."""

_CUSTOMER, _CALM_S = "UBND-HN", 5.0

_ENTRIES = (
    "SELECT sequence, site, stream, number, digest, layout, received_ns, epoch_ns, clock, body, "
    "signature FROM journal.entries ORDER BY sequence"
)

_PLACES = "SELECT sequence FROM journal.cursors WHERE consumer = ANY (%s)"
_NEWEST = "SELECT max(sequence) FROM journal.entries"

_CONFIG = """
state_dir = "state"
inventory_dir = "inventory"
[listen]
address = "{address}:{port}"
plaintext = true
[ingest]
pushes_per_s = 10000
[timeline]
calm_s = {calm:g}
[page]
password_file = "password"
[notify]
channels = [{channels}]
page_url = "https://thongsuot.example/"
[[channels]]
kind = "tmf621"
name = "desk"
url = "http://{desk}"
bearer_file = "token"
customer = "{customer}"
poll_s = {poll:g}
"""


class City:
    """
    The collectors on their machines, and the desk of all carriers.

    Args:
        play: the machines.
        folder: folder for all files.
        pair: the database of the cluster.
        sites: how many service points there are; each has a fibre of a carrier of its own.
        receivers: databases and Alertmanagers of the cluster.
    """

    def __init__(
        self,
        play: Play,
        folder: Path,
        pair: DatabasePair,
        sites: int,
        receivers: Receivers | None = None,
    ) -> None:
        self._play = play
        self._folder = folder
        self._pair = pair
        self._socket_url = pair.socket_url
        self.sites = [f"site-{number:04}" for number in range(sites)]
        self._inventory_text = _inventory_text(self.sites)
        self.inventory = read_inventory({"city.toml": self._inventory_text})
        self._more = f"[journal]\n{pair.settings}[store]\n{pair.settings}"
        self._channels = '"desk"'
        if receivers is not None:
            self._more += receivers.settings
            self._channels += ', "alerts"'

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of the cluster's collectors."""
        return tuple(f"http://{ADDRESSES[name]}:{PORT}" for name in ("m1", "m2"))

    def build(self) -> None:
        """Start the desk and the collectors; the one on ``m1`` leads."""
        self._start_desk()
        # One after the other, so the first one leads, on the machine of the primary.
        for name in ("m1", "m2"):
            self._start_collector(name)
            self._play.need(
                partial(self.is_ready, f"http://{ADDRESSES[name]}:{PORT}"),
                f"the collector on {name}",
                within_s=_READY_S,
            )

    def is_ready(self, url: str) -> bool:
        """
        Return whether a collector accepts pushes and knows the leader; queried from the sites'
        machine.
        """
        node = self._play.machines["sites"].node
        return node.call(lambda: _status_of(f"{url}/readyz") == 200)

    def are_ready(self) -> bool:
        """Return whether both collectors are ready."""
        return all(self.is_ready(url) for url in self.urls)

    def stop_collectors(self) -> None:
        """Stop every collector: each saves the state that was only in memory."""
        for machine in self._play.machines.values():
            for name in machine.services:
                if name.startswith(_COLLECTOR):
                    machine.disable(name)

    def open_store(self) -> Engine:
        """Return the store of the cluster."""
        return open_database(PostgresDatabase(url=self._socket_url))

    def leader(self, store: Engine) -> Leader | None:
        """Return the leader of the cluster."""
        return current_leader(store)

    def leads(self, machine: str) -> bool:
        """
        Return whether the collector of a machine reports that it leads; queried from the sites'
        machine.
        """
        node = self._play.machines["sites"].node
        url = f"http://{ADDRESSES[machine]}:{PORT}/leader"
        return node.call(lambda: _status_of(url) == 200)

    def tickets(self) -> list[dict[str, object]]:
        """Return the carriers' tickets."""
        return tickets_of(
            self._play.machines["sites"].node, f"http://{ADDRESSES['sites']}:{_DESK_PORT}"
        )

    def config_of(self, machine: str) -> Path:
        """Return the configuration of the collector of a machine."""
        return self._folder / machine / "collector.toml"

    def is_read_by(self, consumers: Sequence[str]) -> bool:
        """Return whether these consumers have read the whole journal."""
        with self._connected() as connection:
            places = connection.execute(_PLACES, [list(consumers)]).fetchall()
            (newest,) = connection.execute(_NEWEST).fetchone() or (None,)
        return len(places) == len(consumers) and set(places) == {(newest,)}

    def recorded(self) -> RecordedJournal:
        """Return everything in the cluster's journal."""
        with self._connected() as connection:
            rows = connection.execute(_ENTRIES).fetchall()
            layouts = connection.execute("SELECT id, body FROM journal.layouts").fetchall()
        return RecordedJournal(
            entries=[stored_entry(row) for row in rows], layouts={row[0]: row[1] for row in layouts}
        )

    def _connected(self) -> psycopg.Connection:
        place = self._socket_url.replace("postgresql+psycopg://", "postgresql://")
        return psycopg.connect(f"{place}&target_session_attrs=read-write")

    def _start_desk(self) -> None:
        desk = [python_program("python"), "-m", "thongsuot_lab.carrier_desk"]
        desk += ["--host", ADDRESSES["sites"], "--port", str(_DESK_PORT)]
        desk += ["--clerk-s", str(_CLERK_S)]
        service = Service(name="desk", argv=desk, folder=self._folder)
        self._play.machines["sites"].add(service)

    def _start_collector(self, machine: str) -> None:
        folder = self._folder / machine
        (folder / "inventory").mkdir(parents=True)
        (folder / "inventory" / "city.toml").write_text(self._inventory_text, encoding="utf-8")
        secrets = {"password": "xem", "token": "sesame", "database-password": self._pair.password}
        for name, secret in secrets.items():
            secret_file(folder, name, secret)
        (folder / "state").mkdir()
        (folder / "state" / "links.key").write_bytes(b"ab" * 16)
        text = _CONFIG.format(
            address=ADDRESSES[machine],
            port=PORT,
            calm=_CALM_S,
            channels=self._channels,
            desk=f"{ADDRESSES['sites']}:{_DESK_PORT}",
            customer=_CUSTOMER,
            poll=_POLL_S,
        )
        (folder / "collector.toml").write_text(text + self._more, encoding="utf-8")
        run = [python_program("thongsuot-collector"), "run", "--config", "collector.toml"]
        service = Service(name=f"{_COLLECTOR}{machine}", argv=run, folder=folder)
        self._play.machines[machine].add(service)


def replay_settings() -> ReplaySettings:
    """Return what a replay of the journal needs to know of the configuration."""
    return ReplaySettings(
        consumer=IncidentConsumerSettings(timeline=TimelineSettings(calm_s=_CALM_S)),
        customer=_CUSTOMER,
        poll_s=_POLL_S,
        clerk_s=_CLERK_S,
    )


def told_s(tickets: Sequence[dict[str, object]]) -> dict[str, float]:
    """Return when (Unix time) the carrier received the first ticket of each site."""
    told: dict[str, float] = {}
    for ticket in tickets:
        site = _SITE.search(str(ticket))
        assert site is not None, ticket
        at_s = datetime.fromisoformat(str(ticket["creationDate"])).timestamp()
        told[site.group()] = min(at_s, told.get(site.group(), at_s))
    return told


def _inventory_text(sites: Sequence[str]) -> str:
    return "".join(
        f'[[carriers]]\nname = "carrier-{site}"\n'
        f'[[sites]]\nname = "{site}"\n[[sites.links]]\nname = "fiber"\ninterface = "eth0"\n'
        f'medium = "fiber"\ncarrier = "carrier-{site}"\ncircuit = "circuit-{site}"\n'
        for site in sites
    )


def _status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=2.0, verify=NO_AUTHORITIES, trust_env=False).status_code
    except httpx.TransportError:
        return 0
