"""Faults of an office's web proxy, at a site that has one."""

import pytest

from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.shapes import shaped_city

pytestmark = [pytest.mark.lab, needs_lab]

BEHIND_A_PROXY = "l"
"""The shape of an office whose firewall lets nothing out but what its proxy asks for."""


def test_every_fault_of_a_proxy_can_be_applied_twice_as_one_and_healed() -> None:
    topology = shaped_city([BEHIND_A_PROXY])
    (site,) = [site.name for site in topology.sites]
    with Lab(topology) as lab:
        for name in ("proxy-hangs", "proxy-refuses"):
            key = lab.fault(name, site=site)
            assert lab.fault(name, site=site) == key
            assert [fault.key for fault in lab.active_faults()] == [key]
            assert lab.heal(name) == [key]
            assert lab.active_faults() == []
