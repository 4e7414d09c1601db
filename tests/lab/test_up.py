"""
``./run up`` on a device of the lab: the links it finds, and the truth where no way leads out.

Started without ``run``, which would look for packages where there is no way to any.
"""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from tests.collector.running import WITHIN_S
from tests.lab.command import CommandProcess, alive
from tests.lab.waiting import wait_for
from tests.servers import need
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.city import city
from thongsuot_schema.catalogue.icmp import RTT
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView, SubjectView

pytestmark = [pytest.mark.lab, pytest.mark.servers]

DEVICE = "s1.device"
PORTALS = """\
[[targets]]
name = "dichvucong"
role = "service"
segment = "service"
url = "https://dichvucong.lab.test/"
title_vi = "Cổng dịch vụ công"
title_en = "Public-service portal"
expect_body = "Cổng dịch vụ công"
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(city(sites=1)) as lab:
        yield lab


@pytest.fixture
def no_way_out(lab: Lab) -> Iterator[None]:
    """Both lines are cut; asked for before ``up``, they are so before anything starts."""
    lab.fault("cut-fibre", site="s1", link="fixed")
    lab.fault("cut-fibre", site="s1", link="mobile")
    yield
    lab.heal()


@pytest.fixture
def up(lab: Lab, open_folder: Path) -> Iterator[CommandProcess]:
    need("prometheus")
    (open_folder / "portals.toml").write_text(PORTALS, encoding="utf-8")
    options = ["--site", "quay-1", "--folder", str(open_folder), "--ca-file", str(lab.ca_file)]
    node = lab.node(DEVICE)
    command = CommandProcess(
        [sys.executable, "-m", "thongsuot_lab.up", *options], open_folder, start=node.popen
    )
    yield command
    command.kill()


def test_up_measures_the_links_that_it_finds_and_the_portals_of_its_file(
    lab: Lab, up: CommandProcess
) -> None:
    up.wait_for_addresses("collector", "site", "device", "prometheus")
    at = {name: _outside(lab, url) for name, url in up.addresses.items()}

    view = wait_for("links and portal up", lambda: _all_up(at["collector"]))
    assert {link.name for link in view.links} == {"fix0", "wwan0"}
    # The links take turns in asking for a portal: the second one is known a little later.
    wait_for("the portal over both", lambda: _portal_over(at["collector"]) == {"fix0", "wwan0"})
    for address in (at["site"], at["device"]):
        assert (
            '<html lang="vi">'
            in httpx.get(f"{address}/", follow_redirects=True, timeout=WITHIN_S).text
        )
    wait_for("round trips in Prometheus", lambda: _measured(at["prometheus"]) == {"fix0", "wwan0"})

    family = up.family()
    assert up.stop(signal.SIGINT) == 0, up.stderr_text
    assert alive(family) == []


# The order of the fixtures is that of what happens: first the cuts.
@pytest.mark.usefixtures("no_way_out")
def test_a_device_with_no_way_out_shows_that_and_no_error(lab: Lab, up: CommandProcess) -> None:
    up.wait_for_addresses("collector", "site", "device", "prometheus")
    collector = _outside(lab, up.addresses["collector"])

    view = wait_for("links down", lambda: _all_down(collector))
    for link in view.links:
        # The own side answers, so it is nobody's fault at the site.
        assert link.segment in {Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT}, link
        gateway = [evidence for evidence in link.evidence if evidence.segment is Segment.LAN]
        assert sum(evidence.ok for evidence in gateway) > 0, link.evidence
    # A portal that no link leads to is not called broken.
    assert _light(view, "dichvucong").segment is not Segment.SERVICE
    page = httpx.get(
        f"{_outside(lab, up.addresses['device'])}/", params={"lang": "en"}, timeout=WITHIN_S
    )
    assert page.status_code == 200
    assert up.stop(signal.SIGTERM) == 0, up.stderr_text


def _outside(lab: Lab, url: str) -> str:
    """Return where an address of the device's own loopback can be reached from here."""
    parts = urlsplit(url)
    assert parts.port is not None
    return f"http://127.0.0.1:{lab.expose(DEVICE, parts.port)}{parts.path}"


def _view(collector: str) -> SiteView:
    answer = httpx.get(f"{collector}/sites/quay-1.json", timeout=WITHIN_S).raise_for_status()
    return msgspec.json.decode(answer.content, type=SiteView)


def _all_up(collector: str) -> SiteView | None:
    view = _view(collector)
    is_up = all(light.state is State.UP for light in (*view.links, *view.services))
    return view if len(view.links) == 2 and is_up else None


def _portal_over(collector: str) -> set[str]:
    return set(_light(_view(collector), "dichvucong").reachable_over)


def _all_down(collector: str) -> SiteView | None:
    """Return what the collector shows once both links are down; until then nobody is blamed."""
    view = _view(collector)
    called_up = [link for link in view.links if link.state is State.UP]
    assert not called_up, f"called up with no way out: {called_up}"
    assert all(light.segment is not Segment.SERVICE for light in view.services), (
        "the portal is fine"
    )
    is_down = all(link.state is State.DOWN for link in view.links)
    return view if len(view.links) == 2 and is_down else None


def _light(view: SiteView, name: str) -> SubjectView:
    return next(light for light in (*view.links, *view.services) if light.name == name)


def _measured(prometheus: str) -> set[str]:
    params = {"query": f'count by (link) ({RTT.full_name}{{site="quay-1"}})'}
    answer = (
        httpx.get(f"{prometheus}/api/v1/query", params=params, timeout=WITHIN_S)
        .raise_for_status()
        .json()
    )
    return {series["metric"]["link"] for series in answer["data"]["result"]}
