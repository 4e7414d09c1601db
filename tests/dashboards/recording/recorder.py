"""The lab that is recorded: four service points, everything the agent can measure, seven scenes."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.dashboards.recording.equipment import (
    BOXES,
    COMMUNITY,
    SimulatedEquipment,
    probe_schedules,
    targets,
)
from tests.dashboards.recording.recording_file import (
    LabRecording,
    PlayedScene,
    RecordedBatch,
    text_of,
)
from tests.dashboards.recording.scenes import CALM_S, POWER_CUT, SCENES, RecordingScene
from thongsuot_collector.journal import sqlite_rows
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_lab import inventory
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.profile import BACKGROUND_LOSS_RATIO, CARRIERS
from thongsuot_lab.stack import components
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.stack.documents import inventory_text
from thongsuot_lab.stack.session import print_progress
from thongsuot_lab.topology.city import city
from thongsuot_lab.topology.model import Impairment, Topology, Wire
from thongsuot_schema.batch.decode import read_header
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target
from thongsuot_schema.segment import Segment

SITES, PORTALS = 4, 3
RATE_SHARE = 0.5
"""Lines carry half of the demonstration's: tests that fill them are no burden on two cores."""

_STAMP_PORT, _THROUGHPUT_PORT = 862, 8482
_AT_A_TIME = (0, 1 << 40, 1_000_000)
_ALL_BYTES = 1 << 30


def topology() -> Topology:
    """Return the city, its lines mildly noisy."""
    drawn = city(SITES, carriers=CARRIERS, portals=PORTALS)
    media = {uplink.access_wire: uplink.medium for site in drawn.sites for uplink in site.uplinks}

    def line(wire: Wire) -> Wire:
        if wire.name not in media:
            return wire
        noise = BACKGROUND_LOSS_RATIO[media[wire.name]]
        return replace(wire, a_to_b=_worse(wire.a_to_b, noise), b_to_a=_worse(wire.b_to_a, noise))

    return replace(drawn, wires=tuple(line(wire) for wire in drawn.wires))


def record(scenes: Sequence[RecordingScene] = SCENES, calm_s: float = CALM_S) -> LabRecording:
    """
    Play scenes in a new lab; all of them take twenty minutes.

    ``calm_s`` is how long nothing happens before the first and after the last.
    """
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-record-") as name,
        Lab(topology()) as lab,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        equipment = SimulatedEquipment(lab=lab, folder=folder / "equipment")
        (address, *_) = lab.topology.addresses_of("collector")
        stack = CityStack(lab, folder, _options(lab, folder, address))
        try:
            equipment.start()
            with _reflector(lab, folder, address):
                stack.start()
                began_ns = _boottime_ns()
                played = list(_play(stack, equipment, scenes, calm_s))
                ended_ns = _boottime_ns()
        finally:
            stack.stop()
            equipment.stop()
        layouts, batches = _taken(folder / "collector" / "state" / "journal.sqlite")
        return LabRecording(
            inventory=inventory_text(inventory.inventory_of(lab.topology)),
            began_ns=began_ns,
            ended_ns=ended_ns,
            played=played,
            layouts=layouts,
            batches=batches,
        )


def _worse(impairment: Impairment, noise: float) -> Impairment:
    rate_bps = None if impairment.rate_bps is None else impairment.rate_bps * RATE_SHARE
    return replace(impairment, rate_bps=rate_bps, loss_ratio=noise)


def _options(lab: Lab, folder: Path, address: str) -> StackOptions:
    reflector = Target(
        name="reflector", role=Role.ANCHOR, segment=Segment.TRANSIT, addresses=(address,)
    )
    for site in lab.topology.sites:
        own = folder / f"agent-{site.name}"
        own.mkdir()
        community = own / "community"
        community.write_text(COMMUNITY)
        community.chmod(0o640)
        (own / "ca.pem").write_bytes(lab.ca_file.read_bytes())
    # All sites have the same schedules; what they open boxes with is the same, too.
    first = folder / f"agent-{lab.topology.sites[0].name}"
    url = f"http://{address}:{_THROUGHPUT_PORT}"
    full: dict[str, object] = {"url": url, "force": True}
    probes = (
        ProbeSchedule(kind="icmp", every_s=6.0),
        ProbeSchedule(kind="dns", every_s=15.0),
        ProbeSchedule(kind="http", every_s=20.0, settings={"ca_file": str(first / "ca.pem")}),
        ProbeSchedule(kind="host", every_s=15.0),
        ProbeSchedule(kind="failover", every_s=30.0),
        ProbeSchedule(kind="path", every_s=90.0),
        ProbeSchedule(kind="stamp", every_s=30.0, targets=("reflector",)),
        ProbeSchedule(kind="throughput", every_s=240.0, settings=full),
        ProbeSchedule(kind="qcvn", every_s=180.0, settings=full | {"file_bytes": 4_000_000}),
        ProbeSchedule(kind="speedtest", every_s=600.0, settings={"url": url, "force": True}),
        *probe_schedules(str(first / "community")),
    )
    return StackOptions(with_prometheus=False, probes=probes, equipment=(*targets(), reflector))


@contextmanager
def _reflector(lab: Lab, folder: Path, address: str) -> Iterator[None]:
    config = folder / "reflector.toml"
    config.write_text(
        f'[reflector]\nstamp_address = "{address}:{_STAMP_PORT}"\n'
        f'throughput_address = "{address}:{_THROUGHPUT_PORT}"\n'
        'allow = ["203.0.113.0/24", "100.64.0.0/10"]\n',
        encoding="utf-8",
    )
    command = [
        components.installed_command("thongsuot-collector"),
        "reflector",
        "--config",
        str(config),
    ]
    with (folder / "reflector.log").open("wb") as log:
        process = lab.node("collector").popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _play(
    stack: CityStack, equipment: SimulatedEquipment, scenes: Sequence[RecordingScene], calm_s: float
) -> Iterator[PlayedScene]:
    print_progress(f"calm for {calm_s:.0f} s, so that what is usual is known")
    _stay(stack, calm_s)
    for scene in scenes:
        print_progress(scene.title)
        began_ns = _boottime_ns()
        _begin(stack, equipment, scene)
        _stay(stack, scene.length_s)
        ended_ns = _boottime_ns()
        _end(stack, equipment, scene)
        yield PlayedScene(
            title=scene.title,
            fault=scene.fault,
            arguments=dict(scene.arguments),
            began_ns=began_ns,
            ended_ns=ended_ns,
        )
        _stay(stack, scene.rest_s)
    _stay(stack, calm_s)


def _begin(stack: CityStack, equipment: SimulatedEquipment, scene: RecordingScene) -> None:
    for (site, box), state in scene.boxes.items():
        equipment.turn(site, box, state)
    if scene.fault == POWER_CUT:
        stack.expect_exit(scene.arguments["site"])
    stack.lab.fault(scene.fault, **scene.arguments)


def _end(stack: CityStack, equipment: SimulatedEquipment, scene: RecordingScene) -> None:
    stack.lab.heal(scene.fault, **scene.arguments)
    for site, box in scene.boxes:
        equipment.turn(site, box, next(iter(BOXES[box][1])))
    if scene.fault == POWER_CUT:
        equipment.boot(scene.arguments["site"])
        stack.reboot(scene.arguments["site"])


def _stay(stack: CityStack, length_s: float) -> None:
    until_s = time.monotonic() + length_s
    while time.monotonic() < until_s:
        stack.check()
        time.sleep(min(1.0, max(0.0, until_s - time.monotonic())))


def _taken(journal: Path) -> tuple[list[bytes], list[RecordedBatch]]:
    connection = connect(journal, writable=False)
    try:
        entries = [kept.entry for kept in sqlite_rows.read(connection, _AT_A_TIME, _ALL_BYTES)]
        names = sorted({entry.layout for entry in entries if entry.layout})
        bodies = [sqlite_rows.layout(connection, name) for name in names]
    finally:
        connection.close()
    batches = [
        RecordedBatch(
            site=journal_entry.site,
            boot_id=read_header(journal_entry.body).boot_id,
            text=text_of(journal_entry.body),
        )
        for journal_entry in entries
    ]
    return [text_of(body) for body in bodies if body is not None], batches


def _boottime_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
