"""
smokeping on the device: FPing bound to each link, dig and curl.

Each target has the alert of the party that must act; an alert starts a program that notifies the
centre. The record is in files of the device (RRD); the slave mode, which sends it to a master's web
server, is not tested.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from bench.compare.checks import OwnedCheck, owned_checks, tell_by_second_line
from bench.compare.contract import Message, PeerKind, PeerPlace, StoredRuns
from bench.compare.programs import Programs, absent_commands, debian_version
from bench.compare.receiver import PORT
from bench.compare.tell_script import write_tell_script
from bench.reference.stack import route_by_source

from thongsuot_schema.segment import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokepingPace:
    """The interval, the number of packets, and the pattern of losses that raises an alert."""

    step_s: int
    pings: int
    pattern: str
    hostinterval_s: float


DOCUMENTED = SmokepingPace(
    step_s=300, pings=20, pattern=">0%,*12*,>0%,*12*,>0%", hostinterval_s=1.5
)
"""As Debian ships it, with the alert of its example."""

AGGRESSIVE = SmokepingPace(step_s=10, pings=5, pattern=">10%,>10%", hostinterval_s=0.5)
"""Two rounds in a row, so that a single lost packet raises no alert."""

_HEAD = """\
*** General ***
owner = city
contact = city@lab.test
mailhost = 127.0.0.1
sendmail = /bin/true
imgcache = {folder}/images
imgurl = ../images
datadir = {folder}/data
piddir = {folder}/run
cgiurl = http://127.0.0.1/smokeping.cgi
smokemail = /etc/smokeping/smokemail
tmail = /etc/smokeping/tmail

*** Alerts ***
to = |/bin/true
from = smokeping@lab.test
edgetrigger = yes
{alerts}
*** Database ***
step = {step}
pings = {pings}
AVERAGE 0.5 1 28800
MIN 0.5 12 9600
MAX 0.5 12 9600

*** Presentation ***
template = /etc/smokeping/basepage.html
charset = utf-8
+ overview
width = 600
height = 50
range = 10h
+ detail
width = 600
height = 200
"Last 3 Hours" 3h

*** Probes ***
{probes}
*** Targets ***
probe = FPingfixedip4
menu = Top
title = Site
+ site
menu = site
title = site
{targets}"""


@dataclass(slots=True)
class SmokepingPeer:
    """smokeping at one pace; see ``Peer``."""

    place: PeerPlace
    pace: SmokepingPace
    _programs: Programs = field(init=False)
    _checks: list[OwnedCheck] = field(init=False)
    _firing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._programs = Programs(self.place.folder)
        self._checks = owned_checks(self.place.lab, self.place.site)

    def start(self) -> None:
        """Write its files and start it."""
        lab, folder = self.place.lab, self.place.folder
        for name in ("data", "images", "run"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        route_by_source(lab, self.place.site)
        if self.pace is AGGRESSIVE:
            tell_by_second_line(lab, self.place.site, PORT)
        config = folder / "smokeping.conf"
        config.write_text(self._config(), encoding="utf-8")
        node = lab.node(lab.topology.site(self.place.site).device)
        command = ["smokeping", f"--config={config}", "--nodaemon"]
        self._programs.start(node, "smokeping", command)

    def stop(self) -> None:
        """End it."""
        self._programs.stop()

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> Sequence[Message]:
        """Return the one alert for which the program was started."""
        subject, state = body.decode().splitlines()
        is_over = state == "0"
        (self._firing.discard if is_over else self._firing.add)(subject)
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
        """Return whether every alert was cleared, and the last rounds lost nothing."""
        self._programs.check()
        return not self._firing and self._last_losses() == {0.0}

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return how many rounds of a period are in the files on the device."""
        rounds = 0
        for owned in self._checks:
            span = ["-s", str(round(since_s)), "-e", str(round(until_s))]
            rows = self._fetch(owned, [*span, "-r", str(self.pace.step_s)])
            rounds += sum(
                since_s <= at_s < until_s and median is not None for at_s, median, _ in rows
            )
        return StoredRuns(on_device=rounds, in_centre=None)

    def _last_losses(self) -> set[float | None]:
        """Return the packets lost in the last round of each target; ``None``: no round yet."""
        losses: set[float | None] = set()
        for owned in self._checks:
            rows = self._fetch(owned, ["-s", f"now-{6 * self.pace.step_s}", "-e", "now"])
            known = [loss for _, _, loss in rows if loss is not None]
            losses.add(round(known[-1], 1) if known else None)
        return losses

    def _fetch(
        self, owned: OwnedCheck, span: list[str]
    ) -> list[tuple[float, float | None, float | None]]:
        """Return (Unix time, median, loss) of each row of a target's file."""
        file = self.place.folder / "data" / "site" / f"{owned.name}.rrd"
        if not file.exists():
            return []
        asked = ["rrdtool", "xport", "--json", *_xport(span), f"DEF:l={file}:loss:AVERAGE"]
        asked += [f"DEF:m={file}:median:AVERAGE", "XPORT:l", "XPORT:m"]
        answered = json.loads(
            subprocess.run(asked, capture_output=True, check=True, text=True).stdout
        )
        start, step = answered["meta"]["start"], answered["meta"]["step"]
        return [
            (start + place * step, median, loss)
            for place, (loss, median) in enumerate(answered["data"], start=1)
        ]

    def _config(self) -> str:
        folder, pace = self.place.folder, self.pace
        return _HEAD.format(
            folder=folder,
            step=pace.step_s,
            pings=pace.pings,
            alerts="".join(self._alert(party) for party in Party),
            probes="\n".join(self._probes()),
            targets="\n".join(line for owned in self._checks for line in _target(owned)) + "\n",
        )

    def _alert(self, party: Party) -> str:
        script = write_tell_script(
            self.place.folder, self.place.hook, party, subject='"$2"', state='"$6"'
        )
        return (
            f"+loss{party.value}\ntype = loss\npattern = {self.pace.pattern}\n"
            f"to = |{script}\ncomment = loss\n"
        )

    def _probes(self) -> Iterator[str]:
        site = self.place.lab.topology.site(self.place.site)
        yield from ("+ FPing", f"binary = {shutil.which('fping')}")
        for uplink in site.uplinks:
            for family in ("4", "6"):
                yield f"++ FPing{uplink.name}ip{family}"
                yield from (f"protocol = {family}", f"interface = {uplink.interface}")
                yield f"hostinterval = {self.pace.hostinterval_s}"
        yield from ("+ DNS", f"binary = {shutil.which('dig')}", "lookup = dichvucong.lab.test")
        yield f"pings = {min(self.pace.pings, 3)}"
        yield from ("+ Curl", f"binary = {shutil.which('curl')}", "urlformat = https://%host%/")
        yield f"pings = {min(self.pace.pings, 3)}"
        for family in ("4", "6"):
            yield f"++ Curlip{family}"
            yield f"extraargs = -{family} --fail --cacert {self.place.lab.ca_file}"


def _xport(span: list[str]) -> list[str]:
    """Return the options of ``rrdtool xport`` that correspond to those of ``rrdtool fetch``."""
    names = {"-s": "--start", "-e": "--end", "-r": "--step"}
    return [names.get(word, word) for word in span]


def _target(owned: OwnedCheck) -> Iterator[str]:
    check = owned.check
    yield from (f"++ {owned.name}", f"menu = {owned.name}", f"title = {owned.name}")
    if check.kind == "icmp":
        yield f"probe = FPing{check.link}{check.family}"
        yield f"host = {check.at}"
    elif check.kind == "dns":
        yield "probe = DNS"
        yield f"host = {check.at}"
    else:
        yield f"probe = Curl{check.family}"
        yield f"host = {check.at.removeprefix('https://').strip('/')}"
    yield f"alerts = loss{owned.party.value}"


PROGRAMS = ("smokeping", "fping", "rrdtool", "dig", "curl")


def _kind(name: str, pace: SmokepingPace, settings: str) -> PeerKind:
    return PeerKind(
        name=f"smokeping, {name}",
        settings=settings,
        version=partial(debian_version, "smokeping", "fping"),
        missing=partial(absent_commands, *PROGRAMS),
        create=partial(SmokepingPeer, pace=pace),
    )


KINDS = (
    _kind(
        "as shipped",
        DOCUMENTED,
        "20 pings every 300 s, the alert of Debian's example (loss in three rounds)",
    ),
    _kind(
        "aggressive",
        AGGRESSIVE,
        "5 pings every 10 s, an alert after two rounds with loss, notified over the second line",
    ),
)
