"""
Uptime Kuma on the device, from the npm registry; monitors of ping, DNS and HTTP.

It cannot choose a link: hosts that represent one link get a route over it, the others are checked
over the preferred link only. Each monitor notifies the party that must act, by a webhook. Its
record is a database on the device.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.compare import receiver
from bench.compare.checks import (
    OwnedCheck,
    one_check_a_host,
    owned_checks,
    route_by_host,
    tell_by_second_line,
)
from bench.compare.contract import Message, PeerKind, PeerPlace, StoredRuns
from bench.compare.programs import Programs

from thongsuot_lab.stack.process import StackError
from thongsuot_schema.segment import Party

VERSION = "2.0.0-dev.0"
"""The version in the npm registry; the project itself publishes container images."""

CACHE = Path(__file__).resolve().parents[3] / ".cache" / "compare" / "uptime-kuma"
PROGRAM = CACHE / "node_modules" / "uptime-kuma"
SETUP = Path(__file__).with_name("uptime_kuma_setup.js")
PORT = 3001
_INSTALL_S = 600.0
_READY_S = 180.0
_DOWN, _UP = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KumaPace:
    """
    Seconds between two checks, the same after a failure, and the number of failures without a
    notification.
    """

    interval_s: int
    retries: int


DOCUMENTED = KumaPace(interval_s=60, retries=1)
"""The defaults of the form for a new monitor."""

AGGRESSIVE = KumaPace(interval_s=20, retries=0)
"""
The shortest interval that it accepts; a single lost packet raises no alert, as it pings for 10 s.
"""


@dataclass(slots=True)
class KumaPeer:
    """Uptime Kuma at one pace; see ``Peer``."""

    place: PeerPlace
    pace: KumaPace
    _programs: Programs = field(init=False)
    _checks: list[OwnedCheck] = field(init=False)

    def __post_init__(self) -> None:
        self._programs = Programs(self.place.folder)
        self._checks = one_check_a_host(owned_checks(self.place.lab, self.place.site))

    def start(self) -> None:
        """Start it, create account, notifications and monitors."""
        lab, folder = self.place.lab, self.place.folder
        node = lab.node(lab.topology.site(self.place.site).device)
        route_by_host(lab, self.place.site, self._checks)
        if self.pace is AGGRESSIVE:
            tell_by_second_line(lab, self.place.site, receiver.PORT)
        env = dict(os.environ) | {
            "DATA_DIR": f"{folder}/data/",
            "UPTIME_KUMA_DB_TYPE": "sqlite",
            "UPTIME_KUMA_HOST": "127.0.0.1",
            "UPTIME_KUMA_PORT": str(PORT),
            "NODE_ENV": "production",
            "NODE_EXTRA_CA_CERTS": str(lab.ca_file),
            "NODE_PATH": str(CACHE / "node_modules"),
        }
        # It reads its own files relative to its working directory.
        launch = ["sh", "-c", f"cd {PROGRAM} && exec node server/server.js"]
        process = self._programs.start(node, "uptime-kuma", launch, env=env)
        wanted = folder / "monitors.json"
        wanted.write_text(json.dumps(self._setup()), encoding="utf-8")
        setup = self._programs.start(node, "setup", ["node", str(SETUP), str(wanted)], env=env)
        deadline = time.monotonic() + _READY_S
        while (status := setup.child.poll()) is None:
            process.check()
            if time.monotonic() > deadline:
                raise StackError(f"Uptime Kuma was not set up: {setup.log_tail()}")
            time.sleep(0.2)
        if status:
            raise StackError(f"Uptime Kuma was not set up: {setup.log_tail()}")
        self._programs.running.remove(setup)

    def stop(self) -> None:
        """End it."""
        self._programs.stop()

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> Sequence[Message]:
        """Return the one change of a monitor."""
        change = json.loads(body)
        is_over = change["heartbeat"]["status"] == _UP
        name = str(change["monitor"]["name"])
        return [
            Message(
                boottime_ns=boottime_ns, party=party, thread=name, subject=name, is_over=is_over
            )
        ]

    def is_calm(self) -> bool:
        """Return whether the last beat of every monitor is up."""
        self._programs.check()
        query = "SELECT monitor_id, status, max(time) FROM heartbeat GROUP BY monitor_id"
        rows = self._select(query)
        return len(rows) == len(self._checks) and all(status == _UP for _, status, _ in rows)

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return how many beats of a period the database on the device has."""
        query = "SELECT count(*) FROM heartbeat WHERE unixepoch(time) >= ? AND unixepoch(time) < ?"
        rows = self._select(query, since_s, until_s)
        return StoredRuns(on_device=int(str(rows[0][0])), in_centre=None)

    def _select(self, query: str, *values: float) -> list[tuple[object, ...]]:
        file = self.place.folder / "data" / "kuma.db"
        if not file.exists():
            return []
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            # It is still creating its tables.
            return []
        finally:
            connection.close()

    def _setup(self) -> dict[str, object]:
        return {
            "url": f"http://127.0.0.1:{PORT}",
            "hook": self.place.hook,
            "parties": [party.value for party in Party],
            "monitors": [self._monitor(owned) for owned in self._checks],
        }

    def _monitor(self, owned: OwnedCheck) -> dict[str, object]:
        check = owned.check
        monitor: dict[str, object] = {
            "name": owned.name,
            "party": owned.party.value,
            "interval": self.pace.interval_s,
            "retryInterval": self.pace.interval_s,
            "maxretries": self.pace.retries,
        }
        if check.kind == "icmp":
            return monitor | {"type": "ping", "hostname": check.at}
        if check.kind == "http":
            return monitor | {"type": "http", "url": check.at}
        return monitor | {
            "type": "dns",
            "hostname": "dichvucong.lab.test",
            "dns_resolve_server": check.at,
        }


def missing() -> str:
    """Install it if possible; return what is missing for that."""
    wanted = [name for name in ("node", "npm", "ping", "g++", "make") if not shutil.which(name)]
    if wanted:
        return ", ".join(wanted)
    binding = CACHE / "node_modules" / "@louislam" / "sqlite3" / "lib" / "binding"
    if any(binding.glob("*/node_sqlite3.node")):
        return ""
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"compare: installing Uptime Kuma {VERSION} into {CACHE} …", file=sys.stderr, flush=True)
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    # Its database driver would download a binary; it is compiled here instead, with the headers of
    # Debian's libnode-dev.
    for words in (
        ["install", "--prefix", ".", "--omit=dev", "--ignore-scripts", f"uptime-kuma@{VERSION}"],
        ["rebuild", "@louislam/sqlite3", "--build-from-source", "--nodedir=/usr"],
    ):
        done = subprocess.run(
            ["npm", *words, *quiet],
            cwd=CACHE,
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
            check=False,
        )
        if done.returncode:
            return f"npm {words[0]} failed: {done.stderr.strip().splitlines()[-1:]}"
    # The package in the registry has some database statements beside the folder in which it looks
    # for them, and does not start without them.
    for statement in PROGRAM.glob("db/patch-*.sql"):
        shutil.copy(statement, PROGRAM / "db" / "old_migrations")
    return ""


def _version() -> str:
    return f"uptime-kuma {VERSION} (npm)"


def _kind(name: str, pace: KumaPace, settings: str) -> PeerKind:
    return PeerKind(
        name=f"Uptime Kuma, {name}",
        settings=settings,
        version=_version,
        missing=missing,
        create=partial(KumaPeer, pace=pace),
    )


KINDS = (
    _kind("as shipped", DOCUMENTED, "every 60 s, notified after one retry 60 s later"),
    _kind(
        "aggressive",
        AGGRESSIVE,
        "every 20 s, the shortest that it accepts, no retry, notified over the second line",
    ),
)
