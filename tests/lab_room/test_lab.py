"""Labs side by side, and labs that cannot be built."""

import contextlib

import pytest

from thongsuot_lab import rundir
from thongsuot_lab.errors import BuildError, LabError
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, pair
from thongsuot_lab.topology import small
from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.city import city

pytestmark = [pytest.mark.lab, needs_lab]


def test_labs_of_the_same_topology_run_side_by_side() -> None:
    with contextlib.ExitStack() as stack:
        labs = [stack.enter_context(pair()) for _ in range(3)]
        assert len({lab.prefix for lab in labs}) == 3
        labs[0].cut("left--right")
        carriers = [
            lab.node("left").run(["cat", "/sys/class/net/eth0/carrier"]).stdout for lab in labs
        ]
    assert carriers == ["0\n", "1\n", "1\n"]


def test_a_prefix_is_taken_once() -> None:
    with pair() as lab:
        with pytest.raises(LabError, match="is already there"):
            Lab(small.pair(), prefix=lab.prefix).up()
        # The one that is there is none the worse for it.
        assert lab.node("left").run(["true"]).returncode == 0


def test_a_lab_that_cannot_be_built_leaves_nothing_behind() -> None:
    draft = TopologyBuilder()
    draft.host("left", uplinks=())
    draft.host("right", uplinks=())
    # The kernel refuses the same address twice on one interface.
    draft.wire(wire_end("left:eth0", "198.51.100.1/24", "198.51.100.1/24"), wire_end("right:eth0"))
    lab = Lab(draft.build())
    with pytest.raises(BuildError, match="Address already assigned"):
        lab.up()
    assert lab.prefix not in rundir.running()
    assert not (rundir.home() / lab.prefix).exists()


def test_a_lab_can_be_taken_down_twice_and_is_not_usable_afterwards() -> None:
    lab = pair()
    lab.up()
    run_dir = lab.run_dir
    lab.down()
    lab.down()
    assert not run_dir.exists()
    with pytest.raises(LabError, match="is not up"):
        lab.node("left")


def test_the_facts_of_a_lab_include_anchors_sites_wires_and_names() -> None:
    with Lab(city(1)) as lab:
        facts = lab.facts()
        assert lab.ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert facts["anchors"]["song-hong"] == ["203.0.113.14", "2001:db8:100:5::2"]
    assert facts["sites"]["s1"]["mobile"] == "wwan0, 5g, cuu-long"
    assert facts["wires"]["s1.device--s1.ont"] == ["s1.device:fix0", "s1.ont:lan1"]
    assert facts["names"]["collector.lab.test"] == facts["nodes"]["collector"]["addresses"]
