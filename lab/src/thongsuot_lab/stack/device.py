"""DeviceStack: agent, collector and Prometheus on this machine's own links."""

import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from thongsuot_lab.stack import components
from thongsuot_lab.stack.documents import AgentDocument, CollectorDocument, default_probes
from thongsuot_lab.stack.process import Process, StackError, spawn_here
from thongsuot_schema.document import decode
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Inventory, Role, Site, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.view import SiteView

_GATEWAY = Target(
    name="gateway",
    role=Role.ANCHOR,
    segment=Segment.LAN,
    addresses=("gateway",),
    title_vi="Bộ định tuyến tại chỗ",
    title_en="Local router",
)


class DeviceStack:
    """
    Everything on one device.

    ``folder`` keeps configurations, records and logs from one start to the next; ``portals`` is the
    file of services to probe; ``ca_file`` holds the authorities for their certificates (the
    system's when ``None``).
    """

    def __init__(
        self,
        folder: Path,
        *,
        site: str,
        portals: Path,
        with_prometheus: bool,
        ca_file: Path | None = None,
    ) -> None:
        self.folder = folder
        self.site = site
        self.addresses: dict[str, str] = {}
        self._portals = portals
        self._with_prometheus = with_prometheus
        self._ca_file = ca_file
        self._logs = folder / "logs"
        self._processes: list[Process] = []

    def start(self) -> None:
        """
        Start everything and wait until it answers.

        Raises:
            StackError: a part did not start, or the file of portals is wrong.
        """
        services = _services(self._portals)
        self._logs.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            undo.callback(self.stop)
            ingest, pages, device = _free_ports(3)
            remote_write = ""
            if self._with_prometheus:
                remote_write = self._start_prometheus(pages)
            collector = self._write_collector(ingest, pages, remote_write, services)
            self._start("collector", collector.start(self._logs), pages, "readyz")
            self._write_agent(collector, ingest, device, services)
            config = self.folder / "agent.toml"
            agent = components.start_agent(self.site, config, self._logs, _spawn_with_net_raw)
            self._start("device", agent, device, "healthz")
            self.addresses["site"] = f"{self.addresses['collector']}/sites/{self.site}"
            undo.pop_all()

    def stop(self) -> None:
        """
        Stop everything, the agent first so that its last batches are delivered. Safe to repeat.
        """
        while self._processes:
            self._processes.pop().stop()

    def check(self) -> None:
        """Raise ``StackError`` if a part ended unexpectedly."""
        for process in self._processes:
            process.check()

    def views(self) -> list[SiteView]:
        """Return the collector's state of this site."""
        view = components.fetch_site_view(self.addresses["collector"], self.site)
        return [] if view is None else [view]

    def _start(self, name: str, process: Process, port: int, ready: str) -> None:
        self._processes.append(process)
        self.addresses[name] = f"http://127.0.0.1:{port}"
        url = f"{self.addresses[name]}/{ready}"
        process.wait_until(lambda: components.responds(url), within_s=components.READY_S)

    def _start_prometheus(self, pages: int) -> str:
        (port,) = _free_ports(1)
        process = components.start_prometheus(
            self.folder / "prometheus",
            self._logs,
            listen=f"127.0.0.1:{port}",
            collector=f"127.0.0.1:{pages}",
        )
        self._start("prometheus", process, port, "-/ready")
        return f"{self.addresses['prometheus']}/api/v1/write"

    def _write_collector(
        self, ingest: int, pages: int, remote_write: str, services: tuple[Target, ...]
    ) -> components.CollectorFolder:
        folder = components.CollectorFolder(path=self.folder / "collector")
        document = CollectorDocument(
            state_dir=folder.path / "state",
            inventory_dir=folder.path / "inventory",
            listen=f"127.0.0.1:{ingest}",
            page_listen=f"127.0.0.1:{pages}",
            remote_write_url=remote_write,
        )
        folder.write(document, Inventory(sites=(Site(name=self.site),), targets=services))
        return folder

    def _write_agent(
        self,
        collector: components.CollectorFolder,
        ingest: int,
        page: int,
        services: tuple[Target, ...],
    ) -> None:
        token = self.folder / "token"
        if not token.exists():
            collector.create_token(self.site, token)
        document = AgentDocument(
            site=self.site,
            title="",
            commune="00000",
            commune_title="",
            collector_url=f"http://127.0.0.1:{ingest}",
            token_file=token,
            ca_file=None,
            state_dir=self.folder / "agent-state",
            runtime_dir=self.folder / "agent-run",
            page_listen=f"127.0.0.1:{page}",
            targets=(_GATEWAY, _resolver(services), *services),
            probes=() if self._ca_file is None else default_probes(self._ca_file),
        )
        components.write_agent(document, self.folder / "agent.toml")


def _services(file: Path) -> tuple[Target, ...]:
    try:
        targets = decode(file.read_text(encoding="utf-8"), Inventory, file=str(file)).targets
    except (OSError, DocumentError) as error:
        raise StackError(str(error)) from error
    if not targets:
        raise StackError(f"{file}: no [[targets]]; at least one portal has to be tried")
    return targets


def _resolver(services: tuple[Target, ...]) -> Target:
    """
    Return the name server of each link as an anchor; it is queried for the first portal's name.
    """
    return Target(
        name="resolver",
        role=Role.ANCHOR,
        segment=Segment.CARRIER,
        addresses=("resolver",),
        title_vi="Máy chủ tên miền",
        title_en="Name server",
        lookup=urlsplit(services[0].url).hostname or "",
    )


def _free_ports(count: int) -> list[int]:
    """Return ports of the loopback on which nothing listens now."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports


@dataclass(frozen=True, slots=True)
class _WithNetRaw:
    """
    Starts a command that keeps only CAP_NET_RAW of root's capabilities; see ``process.Spawn``.
    """

    def __call__(
        self, command: Sequence[str], /, *, stdout: IO[bytes], stderr: int
    ) -> "subprocess.Popen[bytes]":
        if os.geteuid() != 0:
            return spawn_here(command, stdout=stdout, stderr=stderr)
        stripped = [
            "setpriv",
            "--inh-caps=-all,+net_raw",
            "--ambient-caps=-all,+net_raw",
            "--bounding-set=-all,+net_raw",
            "--no-new-privs",
            "--",
        ]
        return spawn_here([*stripped, *command], stdout=stdout, stderr=stderr)


_spawn_with_net_raw = _WithNetRaw()
