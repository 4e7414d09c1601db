"""``./run demo`` as a newcomer uses it: started, read by HTTP and PromQL, ended with Ctrl-C."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.collector.running import WITHIN_S
from tests.contract.house import ROOT
from tests.lab.command import CommandProcess, alive, inhabited, namespaces
from tests.lab.waiting import wait_for
from tests.servers import need
from thongsuot_lab import rundir
from thongsuot_lab.lab import Lab
from thongsuot_lab.stack.components import responds
from thongsuot_schema.catalogue.icmp import RTT
from thongsuot_schema.catalogue.verdict import STATE
from thongsuot_schema.view import SiteView

pytestmark = [pytest.mark.lab, pytest.mark.servers]

BOTH_LINKS_AND_FAMILIES = {
    ("fixed", "ip4"),
    ("fixed", "ip6"),
    ("mobile", "ip4"),
    ("mobile", "ip6"),
}


@pytest.fixture
def demo(open_folder: Path) -> Iterator[CommandProcess]:
    need("prometheus")
    env = os.environ | {"TMPDIR": str(open_folder)}
    command = CommandProcess([str(ROOT / "run"), "demo"], open_folder, env=env)
    yield command
    command.kill()


def test_the_demo_shows_a_site_in_browser_and_database_and_leaves_nothing(
    demo: CommandProcess, open_folder: Path
) -> None:
    demo.wait_for_addresses("collector", "s1", "s1-device", "prometheus")
    prefix = wait_for("the name of the lab", lambda: _lab_of(demo))

    wait_for("round trips in Prometheus", lambda: _measured(demo) >= BOTH_LINKS_AND_FAMILIES)
    wait_for("the verdicts in Prometheus", lambda: _states(demo) == {"fixed": 0, "mobile": 0})
    _check_pages(demo)
    _check_person(demo)

    everyone = demo.family()
    spaces = namespaces(everyone)
    assert len(spaces) > 10, "a city has many networks"
    assert demo.stop(signal.SIGINT) == 0, demo.stderr_text
    assert alive(everyone) == []
    assert spaces & inhabited() == set()
    assert not (rundir.home() / prefix).exists()
    assert [entry.name for entry in open_folder.iterdir()] == ["stderr.log"]


def test_a_power_cut_by_hand_ends_no_demo_and_accuses_nobody(open_folder: Path) -> None:
    env = os.environ | {"TMPDIR": str(open_folder)}
    argv = [str(ROOT / "run"), "demo", "--no-story", "--no-prometheus"]
    demo = CommandProcess(argv, open_folder, env=env)
    try:
        demo.wait_for_addresses("s3", "s3-device", "desk-cuu-long", "inbox", "city-mail", "tickets")
        assert (
            "Cửu Long"
            in httpx.get(demo.addresses["desk-cuu-long"], timeout=WITHIN_S).raise_for_status().text
        )
        for name in ("inbox", "city-mail", "tickets"):
            assert (
                '<html lang="vi">'
                in httpx.get(demo.addresses[name], timeout=WITHIN_S).raise_for_status().text
            )
        lab = Lab.attach(wait_for("the name of the lab", lambda: _lab_of(demo)))
        wait_for("the site to be heard", lambda: _heard_s(demo) is not None)
        lab.fault("power-cut", site="s3")
        wait_for("the device to be dark", lambda: not responds(demo.addresses["s3-device"]))
        cut_s = time.time()
        lab.heal("power-cut", site="s3")
        wait_for("the device to be back", lambda: responds(demo.addresses["s3-device"]))
        wait_for("its news", lambda: (_heard_s(demo) or 0.0) > cut_s)
        (log,) = open_folder.glob("*/logs/collector.log")
        assert "two devices" not in log.read_text(encoding="utf-8")
        assert demo.stop(signal.SIGINT) == 0, demo.stderr_text
    finally:
        demo.kill()


def _lab_of(demo: CommandProcess) -> str:
    """Return by which name the demo says that its lab is played with; empty until it does."""
    return next((name for name in rundir.running() if f"--lab {name} " in demo.stderr_text), "")


def _heard_s(demo: CommandProcess) -> float | None:
    url = demo.addresses["s3"] + ".json"
    return msgspec.json.decode(
        httpx.get(url, timeout=WITHIN_S).raise_for_status().content, type=SiteView
    ).heard_s


def _check_pages(demo: CommandProcess) -> None:
    first = httpx.get(demo.addresses["collector"], timeout=WITHIN_S).raise_for_status().text
    assert "/sites" in first
    listed = (
        httpx.get(demo.addresses["s1"].removesuffix("/s1"), timeout=WITHIN_S)
        .raise_for_status()
        .text
    )
    assert "/sites/s1" in listed
    for name in ("s1", "s1-device"):
        vietnamese = httpx.get(demo.addresses[name], timeout=WITHIN_S).raise_for_status().text
        english = (
            httpx.get(f"{demo.addresses[name]}?lang=en", timeout=WITHIN_S).raise_for_status().text
        )
        assert '<html lang="vi">' in vietnamese
        assert "Điểm Phục vụ hành chính công phường Hoàn Kiếm" in vietnamese
        assert '<html lang="en">' in english


def _check_person(demo: CommandProcess) -> None:
    """Name and password that the demo prints open what its pages offer, and nobody else's do."""
    page = f"{demo.addresses['s1']}/tests"
    assert (
        "/sites/s1/tests"
        in httpx.get(demo.addresses["s1"], timeout=WITHIN_S).raise_for_status().text
    )
    assert httpx.get(page, timeout=WITHIN_S).status_code == 401
    assert (
        'value="path"'
        in httpx.get(page, auth=demo.person, timeout=WITHIN_S).raise_for_status().text
    )
    sent = httpx.post(page, auth=demo.person, data={"kind": "path"}, timeout=WITHIN_S)
    assert sent.status_code == 303
    wait_for(
        "the test that was asked for",
        lambda: (
            "đã xong" in httpx.get(page, auth=demo.person, timeout=WITHIN_S).raise_for_status().text
        ),
    )


def _measured(demo: CommandProcess) -> set[tuple[str, str]]:
    """Return links and families that have round trips beyond the site, none of them too short."""
    series = _query(demo, f'{RTT.full_name}{{site="s1",target!="gateway"}}')
    for labels, value in series:
        # There and back is 3 ms by fibre and 15 ms by radio, less its jitter.
        assert value >= {"fixed": 0.0026, "mobile": 0.011}[labels["link"]], (labels, value)
    return {(labels["link"], labels["family"]) for labels, _ in series}


def _states(demo: CommandProcess) -> dict[str, float]:
    series = _query(demo, f'{STATE.full_name}{{site="s1",target=""}}')
    return {labels["link"]: value for labels, value in series}


def _query(demo: CommandProcess, expression: str) -> list[tuple[dict[str, str], float]]:
    url = f"{demo.addresses['prometheus']}/api/v1/query"
    answer = (
        httpx.get(url, params={"query": expression}, timeout=WITHIN_S).raise_for_status().json()
    )
    return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]
