"""Strict reverse path filtering: seen where the kernel would drop answers, and only there."""

import pytest

from tests.agent.links.device import FIXED, MOBILE, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]


def filtered(lab: Lab) -> dict[str, bool]:
    async def look(monitor: LinkMonitor) -> dict[str, bool]:
        return {name: link.state.reverse_filtered for name, link in monitor.links.items()}

    return on_device(lab, look, (FIXED, MOBILE))


def set_filter(lab: Lab, value: int) -> None:
    names = [f"net.ipv4.conf.{name}.rp_filter={value}" for name in ("all", "fix0", "wwan0")]
    lab.node("device").run(["sysctl", "-qw", *names])


@pytest.mark.parametrize("value", [0, 2])
def test_without_the_filter_or_with_a_loose_one_nothing_is_dropped(lab: Lab, value: int) -> None:
    set_filter(lab, value)
    assert filtered(lab) == {"fixed": False, "mobile": False}


def test_a_strict_filter_drops_what_comes_in_by_the_link_that_is_not_preferred(lab: Lab) -> None:
    set_filter(lab, 1)
    assert filtered(lab) == {"fixed": False, "mobile": True}
    # Without the other way out this is the one by which an answer would leave.
    lab.node("device").ip("route del default dev fix0")
    assert filtered(lab)["mobile"] is False
