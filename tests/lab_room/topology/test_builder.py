"""Mistakes in a topology are named when it is drawn, not by the kernel afterwards."""

import pytest

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.model import Impairment


def test_ten_lines_make_a_network() -> None:
    draft = TopologyBuilder()
    draft.host("device")
    draft.cpe("box", lan_addresses=("192.168.1.1/24",))
    draft.router("carrier")
    draft.wire(wire_end("device:eth0", "192.168.1.10/24"), wire_end("box:lan"))
    draft.wire(wire_end("box:wan", "100.65.0.2/30"), wire_end("carrier:c1", "100.65.0.1/30"))
    topology = draft.build()
    assert [wire.name for wire in topology.wires] == ["device--box", "box--carrier"]
    assert topology.node("box").bridges[0].ports == ("lan1",)
    assert topology.wire("device--box").b.interface == "lan1"
    assert topology.addresses_of("box") == ("100.65.0.2", "192.168.1.1")


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("box", "an end reads node:interface"),
        (":eth0", "an end reads node:interface"),
        ("box:interface-too-long", "at most 15 letters"),
        ("box:up", "is a word of the ip command"),
    ],
)
def test_an_end_that_the_kernel_would_refuse_is_refused(where: str, sentence: str) -> None:
    with pytest.raises(TopologyError, match=sentence):
        wire_end(where)


def test_a_wire_to_an_unknown_node_is_refused() -> None:
    draft = TopologyBuilder()
    draft.host("here")
    with pytest.raises(TopologyError, match="a wire ends at 'there', which is no node"):
        draft.wire(wire_end("here:eth0"), wire_end("there:eth0"))


def test_names_are_unique() -> None:
    draft = TopologyBuilder()
    draft.host("one")
    with pytest.raises(TopologyError, match="two nodes are called 'one'"):
        draft.host("one")
    draft.host("two")
    draft.wire(wire_end("one:eth0"), wire_end("two:eth0"))
    draft.wire(wire_end("one:eth1"), wire_end("two:eth0"), name="second")
    with pytest.raises(TopologyError, match="two interfaces are called 'two:eth0'"):
        draft.build()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"delay_s": -1.0}, "negative time"),
        ({"loss_ratio": 1.5}, "a ratio is 0 to 1"),
        ({"rate_bps": 0.0}, "cut the wire instead"),
    ],
)
def test_an_impairment_that_no_wire_can_have_is_refused(
    values: dict[str, float], sentence: str
) -> None:
    with pytest.raises(TopologyError, match=sentence):
        Impairment(**values)
