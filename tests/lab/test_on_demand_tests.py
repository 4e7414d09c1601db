"""
A test that a person asks for, end to end: page, push, agent, packets, record, page.

By the collector's page, with name and password, and by the one button of the device's own page.
Portals, the way, throughput against the reflector and a recorded 5G router, on a shaped line.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.agent.probing.snmp.simulator import simulator
from tests.collector.running import WITHIN_S
from tests.integration.reflecting import reflecting
from tests.lab.waiting import wait_for
from tests.patience import LostTime
from thongsuot_lab.lab import Lab
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.stack.documents import default_probes
from thongsuot_lab.topology.city import city
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import ProbeSchedule

pytestmark = pytest.mark.lab

DEVICES = Path(__file__).parents[1] / "agent" / "probing" / "snmp" / "devices"
RECORDING = DEVICES / "two-legs.snmprec"
DOWN_BPS, UP_BPS = 20e6, 10e6
NEVER_S = 86_400.0
"""By its schedule nothing of what is asked for would run while the test lasts."""

MEASURED_S = 2.0
"""For so long the rate each way is measured."""

REQUESTER = "Trần Thị Lan"
WORDS = {
    "http": "Kiểm tra các trang dịch vụ công",
    "path": "Kiểm tra tuyến kết nối",
    "radio": "Đo sóng di động",
    "throughput": "Đo tốc độ",
}
SIGNAL = "Kết nối 5G Cửu Long: đạt; RSRP LTE -91 dBm; RSRP 5G -102 dBm"
RATE = re.compile(r"Đường cáp quang Sông Hồng: đạt; xuống ([\d,]+) Mbit/s; lên ([\d,]+) Mbit/s")
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class OnDemandCity:
    """A city of one point; ``auth`` is of somebody who may ask."""

    stack: CityStack
    auth: tuple[str, str] = field(repr=False)

    @property
    def page(self) -> str:
        """Where tests are asked for."""
        return f"{self.stack.addresses['collector']}/sites/s1/tests"

    @property
    def device_page(self) -> str:
        """The device's own page."""
        return f"{self.stack.addresses['agent-s1']}/"

    def rows(self, kind: str) -> list[list[str]]:
        """Return what the collector's page says of the tests of a kind, cell by cell."""
        html = httpx.get(self.page, auth=self.auth, timeout=WITHIN_S).raise_for_status().text
        table = html.partition('id="asked"')[2]
        rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in table.split("<tr>")]
        plain = [[unescape(_TAG.sub("", cell)) for cell in row] for row in rows]
        return [row for row in plain if len(row) == 5 and row[1].startswith(WORDS[kind])]

    def request_test(self, kind: str) -> list[str]:
        """Ask by the page, see how far it is until it is done, and return the row of it."""
        sent = httpx.post(self.page, auth=self.auth, data={"kind": kind}, timeout=WITHIN_S)
        assert sent.status_code == 303, sent.text
        seen: list[str] = []

        def is_over() -> bool:
            stage = self.rows(kind)[0][3]
            if stage not in seen:
                seen.append(stage)
            return stage not in {"đang chờ thiết bị", "đang đo"}

        wait_for(f"the end of {kind}", is_over)
        row = self.rows(kind)[0]
        assert (row[2], row[3]) == (REQUESTER, "đã xong"), row
        if kind == "throughput":
            assert "đang đo" in seen, f"it takes seconds, and the page must say so: {seen}"
        return row

    def device_tests_text(self) -> str:
        """Return what the device's own page says of tests, without tags."""
        html = httpx.get(self.device_page, timeout=WITHIN_S).raise_for_status().text
        return unescape(_TAG.sub("\n", html.partition('id="tests"')[2]))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """As ``open_folder``, for the length of this module."""
    made = Path(tempfile.mkdtemp(prefix="thongsuot-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def stage(folder: Path) -> Iterator[OnDemandCity]:
    devices = folder / "devices"
    devices.mkdir()
    shutil.copy(RECORDING, devices / "public.snmprec")
    with ExitStack() as life:
        lab = life.enter_context(Lab(city(sites=1)))
        wire = lab.topology.site("s1").uplink("fixed").access_wire
        delay_s = 0.002
        lab.impair(
            wire,
            Impairment(rate_bps=UP_BPS, delay_s=delay_s, queue_s=0.2),
            Impairment(rate_bps=DOWN_BPS, delay_s=delay_s, queue_s=0.2),
            key="line",
        )
        router = lab.node("s1.cpe")
        address = "192.168.8.1"
        life.enter_context(simulator(devices, folder, host=address, port=161, start=router.popen))
        host = lab.topology.addresses_of("collector")[0]
        table = f'throughput_address = "{host}:8484"\nallow = ["0.0.0.0/0"]'
        url = life.enter_context(reflecting(lab, folder, table, node="collector"))
        stack = CityStack(
            lab, folder / "stack", StackOptions(with_prometheus=False, probes=schedules(lab, url))
        )
        stack.start()
        life.callback(stack.stop)
        yield OnDemandCity(stack=stack, auth=("lan", stack.add_person("lan", REQUESTER)))


@pytest.fixture
def lost() -> Iterator[LostTime]:
    """What the machine keeps from the product's processes."""
    with LostTime() as watching:
        yield watching


def schedules(lab: Lab, url: str) -> tuple[ProbeSchedule, ...]:
    """Return the schedules of a device: what is asked for never runs by itself."""
    asked = [
        ProbeSchedule(kind=schedule.kind, every_s=NEVER_S, settings=schedule.settings)
        for schedule in default_probes(lab.ca_file)
        if schedule.kind in {"http", "path"}
    ]
    quick = {"url": url, "duration_s": MEASURED_S, "warmup_s": 1.0, "watch_s": 0.5}
    return (
        ProbeSchedule(kind="icmp", every_s=5.0),
        ProbeSchedule(kind="dns", every_s=30.0),
        *asked,
        ProbeSchedule(kind="throughput", every_s=NEVER_S, links=("fixed",), settings=quick),
        ProbeSchedule(
            kind="radio",
            every_s=NEVER_S,
            links=("mobile",),
            settings={"source": "snmp", "answer_s": 10.0, "timeout_s": 60.0},
        ),
    )


def rates(text: str) -> tuple[float, float]:
    """Return what is said of a throughput test, down and up, in bits per second."""
    match = RATE.search(text)
    assert match is not None, text
    down, up = (float(figure.replace(",", ".")) * 1e6 for figure in match.groups())
    return down, up


def is_rate_of(line_bps: float, told_bps: float, late_s: float) -> bool:
    """
    Return whether a rate is that of a line whose ends were late for some of the time in which it
    was measured.
    """
    late = late_s / MEASURED_S
    usual_bps = 0.965 * line_bps
    # What waited in a queue meanwhile arrives on top.
    return (0.92 - late) * usual_bps <= told_bps <= (1.08 + late) * usual_bps


def told_rates(stage: OnDemandCity, lost: LostTime) -> tuple[str, float]:
    """Return what is told of a throughput test, and how late its ends were in it, in seconds."""
    text, late_s = "", 0.0
    for _ in range(5):
        lost_s = lost.since_s()
        text, late_s = stage.request_test("throughput")[4], lost_s()
        if RATE.search(text) or late_s < 1:
            break  # else the machine paused for longer than a request waits for its answer
    return text, late_s


def test_a_test_requested_on_the_collectors_page_returns_with_its_figures(
    stage: OnDemandCity, lost: LostTime
) -> None:
    assert (
        "/sites/s1/tests"
        in httpx.get(stage.page.removesuffix("/tests"), timeout=WITHIN_S).raise_for_status().text
    )
    portals = stage.request_test("http")[4]
    assert len(re.findall(r"Cổng dịch vụ công IPv4: đạt; \d+ ms", portals)) == 2, portals
    way = stage.request_test("path")[4]
    # Box, access, core, exchange, portal: what leads to the exchange has at least three hops.
    assert re.search(r"Đường cáp quang Sông Hồng, [^:]+: đạt; [3-9] chặng; [\d,]+ ms", way), way
    assert stage.request_test("radio")[4] == SIGNAL
    text, late_s = told_rates(stage, lost)
    down, up = rates(text)
    assert is_rate_of(DOWN_BPS, down, late_s)
    assert is_rate_of(UP_BPS, up, late_s)


def test_one_button_on_the_devices_page_measures_all_of_it_and_the_centre_keeps_it(
    stage: OnDemandCity, lost: LostTime
) -> None:
    before = {kind: len(stage.rows(kind)) for kind in WORDS}
    button = 'action="/tests?lang=vi"'
    assert button in httpx.get(stage.device_page, timeout=WITHIN_S).raise_for_status().text
    origin = {"Origin": stage.device_page.rstrip("/")}
    elsewhere = httpx.post(
        f"{stage.device_page}tests",
        headers={"Origin": "https://elsewhere.example"},
        timeout=WITHIN_S,
    )
    assert elsewhere.status_code == 403
    lost_s = lost.since_s()
    pressed = httpx.post(f"{stage.device_page}tests", headers=origin, timeout=WITHIN_S)
    assert (pressed.status_code, pressed.headers["Location"]) == (303, "/?lang=vi#tests")
    wait_for("the page to say how far it is", lambda: "đang đo (" in stage.device_tests_text())
    # The press waits for nobody's schedule, and a second one begins nothing more.
    httpx.post(f"{stage.device_page}tests", headers=origin, timeout=WITHIN_S)
    wait_for(
        "all of it to end",
        lambda: stage.device_tests_text().count("yêu cầu tại điểm · đã xong") == 4,
    )
    late_s = lost_s()
    shown = stage.device_tests_text()
    assert "RSRP LTE -91 dBm; RSRP 5G -102 dBm" in shown
    assert re.search(r"xuống [\d,]+ Mbit/s; lên [\d,]+ Mbit/s", shown)
    assert re.search(r"đạt; [3-9] chặng", shown)
    assert button not in httpx.get(stage.device_page, timeout=WITHIN_S).raise_for_status().text, (
        "it rests"
    )

    def is_kept() -> bool:
        return all(
            len(rows := stage.rows(kind)) == before[kind] + 1
            and rows[0][2:4] == ["tại điểm", "đã xong"]
            for kind in WORDS
        )

    wait_for("the centre to have it", is_kept)
    assert stage.rows("radio")[0][4] == SIGNAL
    down, _ = rates(stage.rows("throughput")[0][4])
    assert is_rate_of(DOWN_BPS, down, late_s)
