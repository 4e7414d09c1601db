"""``./run demo`` as a newcomer uses it: started, read by HTTP and PromQL, ended with Ctrl-C."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.house import ROOT
from tests.lab.command import CommandProcess, alive, inhabited, namespaces
from tests.lab.waiting import wait_for
from tests.servers import need
from thongsuot_lab import rundir
from thongsuot_schema.catalogue.icmp import RTT
from thongsuot_schema.catalogue.verdict import STATE

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
    prefix = next(name for name in rundir.running() if f"--lab {name} " in demo.stderr_text)

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


def _check_pages(demo: CommandProcess) -> None:
    listed = httpx.get(demo.addresses["collector"]).raise_for_status().text
    assert "/sites/s1" in listed
    for name in ("s1", "s1-device"):
        vietnamese = httpx.get(demo.addresses[name]).raise_for_status().text
        english = httpx.get(f"{demo.addresses[name]}?lang=en").raise_for_status().text
        assert '<html lang="vi">' in vietnamese
        assert "Điểm phục vụ hành chính công Phường Hoàn Kiếm" in vietnamese
        assert '<html lang="en">' in english


def _check_person(demo: CommandProcess) -> None:
    """Name and password that the demo prints open what its pages offer, and nobody else's do."""
    page = f"{demo.addresses['s1']}/tests"
    assert "/sites/s1/tests" in httpx.get(demo.addresses["s1"]).raise_for_status().text
    assert httpx.get(page).status_code == 401
    assert 'value="path"' in httpx.get(page, auth=demo.person).raise_for_status().text
    sent = httpx.post(page, auth=demo.person, data={"kind": "path"})
    assert sent.status_code == 303
    wait_for(
        "the test that was asked for",
        lambda: "đã xong" in httpx.get(page, auth=demo.person).raise_for_status().text,
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
    answer = httpx.get(url, params={"query": expression}).raise_for_status().json()
    return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]
