"""
Icinga 2 on the device, with Debian's plugins: hosts by ping, name servers by dig, portals by HTTP.

Its plugins cannot choose a link: hosts that represent one link get a route over it, the others are
checked over the preferred link only. Notifications start a program for the party that must act. Its
measurements are in files of the device (PerfdataWriter). The aggressive settings let each host
depend on the previous one on the path, so that only the first failure is notified.
"""

import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from bench.compare.checks import (
    OwnedCheck,
    one_check_a_host,
    owned_checks,
    route_by_host,
    tell_by_second_line,
)
from bench.compare.contract import Message, PeerKind, PeerPlace, StoredRuns
from bench.compare.programs import Programs, absent_commands, debian_version
from bench.compare.receiver import PORT
from bench.compare.tell_script import write_tell_script

from thongsuot_schema.segment import LADDER, Party, Segment

PLUGINS = "/usr/lib/nagios/plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class IcingaPace:
    """
    Seconds between checks, and after a failure; failures until a host or a service is notified; the
    loss in per cent from which a host is down.
    """

    check_s: int
    retry_s: int
    host_attempts: int
    service_attempts: int
    loss: int
    has_dependencies: bool


DOCUMENTED = IcingaPace(
    check_s=60, retry_s=30, host_attempts=3, service_attempts=5, loss=100, has_dependencies=False
)
"""The templates that Debian installs."""

AGGRESSIVE = IcingaPace(
    check_s=5, retry_s=2, host_attempts=2, service_attempts=2, loss=20, has_dependencies=True
)
"""A ping of five packets takes four seconds: it cannot run more often."""

_LINE = re.compile(r"(?P<name>\S+)\t(?P<at_s>\d+)\t(?P<state>\d+)\t")

_HEAD = """\
const NodeName = "device"
const PluginDir = "{plugins}"
include <itl>
include <plugins>
object CheckerComponent "checker" {{ }}
object NotificationComponent "notification" {{ }}
object PerfdataWriter "perfdata" {{
  host_temp_path = "{folder}/perfdata/hosts"
  host_perfdata_path = "{folder}/perfdata/kept-hosts"
  service_temp_path = "{folder}/perfdata/services"
  service_perfdata_path = "{folder}/perfdata/kept-services"
  host_format_template = "$host.name$\\t$host.last_check$\\t$host.state_id$\\t"
  service_format_template = "$service.name$\\t$service.last_check$\\t$service.state_id$\\t"
  rotation_interval = 10s
}}
object FileLogger "log" {{ path = "{folder}/icinga2.log", severity = "warning" }}
object User "duty" {{ }}
template Notification "told" {{
  users = [ "duty" ]
  types = [ Problem, Recovery ]
  interval = 0
}}
apply Notification "told" to Host {{
  import "told"
  command = "tell-" + host.vars.party
  assign where host.vars.party
}}
apply Notification "told" to Service {{
  import "told"
  command = "tell-" + service.vars.party
  assign where service.vars.party
}}
"""


@dataclass(slots=True)
class IcingaPeer:
    """Icinga 2 at one pace; see ``Peer``."""

    place: PeerPlace
    pace: IcingaPace
    _programs: Programs = field(init=False)
    _checks: list[OwnedCheck] = field(init=False)

    def __post_init__(self) -> None:
        self._programs = Programs(self.place.folder)
        self._checks = one_check_a_host(owned_checks(self.place.lab, self.place.site))

    def start(self) -> None:
        """Write its configuration and start it."""
        lab, folder = self.place.lab, self.place.folder
        for name in ("perfdata", "data", "run", "spool", "cache", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        route_by_host(lab, self.place.site, self._checks)
        if self.pace is AGGRESSIVE:
            tell_by_second_line(lab, self.place.site, PORT)
        config = folder / "icinga2.conf"
        config.write_text("\n".join(self._config()), encoding="utf-8")
        node = lab.node(lab.topology.site(self.place.site).device)
        paths = {
            "DataDir": "data",
            "LogDir": "log",
            "CacheDir": "cache",
            "SpoolDir": "spool",
            "InitRunDir": "run",
        }
        defines = [f"--define={name}={folder / path}" for name, path in paths.items()]
        env = dict(os.environ) | {"ICINGA2_USER": "root", "ICINGA2_GROUP": "root"}
        command = ["icinga2", "daemon", "--config", str(config), *defines]
        self._programs.start(node, "icinga2", command, env=env)

    def stop(self) -> None:
        """End it."""
        self._programs.stop()

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> Sequence[Message]:
        """Return the one notification for which the program was started."""
        subject, state = body.decode().splitlines()
        is_over = state == "RECOVERY"
        return [
            Message(
                boottime_ns=boottime_ns,
                party=party,
                thread=subject,
                subject=subject,
                is_over=is_over,
            )
        ]

    def is_calm(self) -> bool:
        """Return whether the last run of each check is recent, and succeeded."""
        self._programs.check()
        last = {name: (at_s, state) for name, at_s, state in sorted(self._runs(), key=_at)}
        young_s = time.time() - 3 * self.pace.check_s - 20
        return all(
            owned.name in last and last[owned.name][0] >= young_s and last[owned.name][1] == 0
            for owned in self._checks
        )

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return how many runs of a period are in the files on the device."""
        kept = sum(since_s <= at_s < until_s for _, at_s, _ in self._runs())
        return StoredRuns(on_device=kept, in_centre=None)

    def _runs(self) -> Iterator[tuple[str, float, int]]:
        """Yield name, Unix time and state of every run in the files."""
        for file in sorted((self.place.folder / "perfdata").iterdir()):
            for match in _LINE.finditer(file.read_text(encoding="utf-8")):
                yield match["name"], float(match["at_s"]), int(match["state"])

    def _config(self) -> Iterator[str]:
        folder = self.place.folder
        yield _HEAD.format(folder=folder, plugins=PLUGINS)
        for party in Party:
            script = write_tell_script(folder, self.place.hook, party, subject='"$1"', state='"$2"')
            for kind in ("host", "service"):
                yield f'object NotificationCommand "tell-{party.value}-{kind}" {{'
                yield f'  command = [ "{script}", "${kind}.name$", "$notification.type$" ] }}'
        for owned in self._checks:
            yield from self._object(owned)
        if self.pace.has_dependencies:
            yield from self._dependencies()

    def _object(self, owned: OwnedCheck) -> Iterator[str]:
        check, pace = owned.check, self.pace
        is_host = check.kind == "icmp"
        yield f'object {"Host" if is_host else "Service"} "{owned.name}" {{'
        yield f"  check_interval = {pace.check_s}s\n  retry_interval = {pace.retry_s}s"
        yield f"  max_check_attempts = {pace.host_attempts if is_host else pace.service_attempts}"
        yield f'  vars.party = "{owned.party.value}-{"host" if is_host else "service"}"'
        if is_host:
            family = check.family.removeprefix("ip")
            address = "address" if family == "4" else "address6"
            yield f'  {address} = "{check.at}"\n  check_command = "ping{family}"'
            yield f"  vars.ping_wpl = {pace.loss}\n  vars.ping_cpl = {pace.loss}"
            yield "  vars.ping_wrta = 3000\n  vars.ping_crta = 5000"
        elif check.kind == "dns":
            yield f'  host_name = "{self._host_at(owned)}"\n  check_command = "dig"'
            yield f'  vars.dig_server = "{check.at}"\n  vars.dig_lookup = "dichvucong.lab.test"'
        else:
            name = check.at.removeprefix("https://").strip("/")
            yield f'  host_name = "{self._farthest(owned)}"\n  check_command = "http"'
            yield f'  vars.http_address = "{name}"\n  vars.http_vhost = "{name}"'
            yield "  vars.http_ssl = true\n  vars.http_sni = true"
            yield f"  vars.http_ipv{check.family.removeprefix('ip')} = true"
        yield "}"

    def _host_at(self, owned: OwnedCheck) -> str:
        return next(
            other.name
            for other in self._checks
            if other.check.kind == "icmp" and other.check.at == owned.check.at
        )

    def _hosts_before(self, owned: OwnedCheck, segment: Segment) -> list[str]:
        """Return the hosts of the same link and family in a segment."""
        return [
            other.name
            for other in self._checks
            if other.check.kind == "icmp"
            and other.segment is segment
            and (other.check.link, other.check.family) == (owned.check.link, owned.check.family)
        ]

    def _farthest(self, owned: OwnedCheck) -> str:
        """Return the host to which a portal's check is assigned: the last one of the carrier."""
        return self._hosts_before(owned, Segment.CARRIER)[-1]

    def _dependencies(self) -> Iterator[str]:
        """Yield the dependencies: each check on the last host of every segment before its own."""
        for owned in self._checks:
            for segment in LADDER[: LADDER.index(owned.segment)]:
                before = self._hosts_before(owned, segment)
                if not before:
                    continue
                yield f'object Dependency "{owned.name}-{segment.value}" {{'
                yield f'  parent_host_name = "{before[-1]}"'
                if owned.check.kind == "icmp":
                    yield f'  child_host_name = "{owned.name}"'
                else:
                    host = (
                        self._host_at(owned) if owned.check.kind == "dns" else self._farthest(owned)
                    )
                    yield f'  child_host_name = "{host}"\n  child_service_name = "{owned.name}"'
                yield "  disable_notifications = true\n  ignore_soft_states = false\n}"


def _at(run: tuple[str, float, int]) -> float:
    return run[1]


def _version() -> str:
    return debian_version("icinga2-bin", "monitoring-plugins-basic")


def _kind(name: str, pace: IcingaPace, settings: str) -> PeerKind:
    return PeerKind(
        name=f"Icinga 2, {name}",
        settings=settings,
        version=_version,
        missing=partial(absent_commands, "icinga2", "ping", "dig", f"{PLUGINS}/check_http"),
        create=partial(IcingaPeer, pace=pace),
    )


KINDS = (
    _kind(
        "as shipped",
        DOCUMENTED,
        "every 60 s, again after 30 s, notified after three failures of a host, five of a service",
    ),
    _kind(
        "aggressive",
        AGGRESSIVE,
        "every 5 s, again after 2 s, notified after two failures or a fifth lost, with "
        "dependencies along the path, notified over the second line",
    ),
)
