"""Faults of what only some shapes of site have: a proxy, a modem, a carrier's translator."""

import pytest

from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.shapes import shaped_city

FAULTS = {
    "f": (
        "apn-private",
        "apn-unknown",
        "bearer-dropped",
        "modem-gone",
        "registration-denied",
        "second-sim",
        "sim-absent",
        "sim-locked",
    ),
    "l": ("proxy-hangs", "proxy-refuses"),
    "m": ("translator-down",),
    "m-ds": ("softwire-down",),
}
"""By the shape whose sites have what breaks."""


@pytest.mark.lab
@needs_lab
def test_every_fault_of_a_shape_can_be_applied_twice_as_one_and_healed() -> None:
    with Lab(shaped_city(list(FAULTS))) as lab:
        for shape, names in FAULTS.items():
            for name in names:
                key = lab.fault(name, site=f"shape-{shape}")
                assert lab.fault(name, site=f"shape-{shape}") == key
                assert [fault.key for fault in lab.active_faults()] == [key]
                assert lab.heal(name) == [key]
                assert lab.active_faults() == []
