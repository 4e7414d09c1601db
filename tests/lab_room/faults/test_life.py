"""Applying and healing: once, in any order, by any process, and with mistakes."""

import pytest

from tests.lab_room.test_shape_faults import FAULTS
from thongsuot_lab.errors import TopologyError, UnknownFaultError
from thongsuot_lab.fault_loader import fault_names, load_fault
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.segment import Segment

pytestmark = [pytest.mark.lab, needs_lab]


def test_a_power_cut_ends_every_program_at_the_site_and_none_elsewhere(lab: Lab) -> None:
    here = lab.node("s1.device").popen(["sleep", "1000"])
    there = lab.node("s2.device").popen(["sleep", "1000"])
    lab.fault("power-cut", site="s1")
    assert here.wait() == -9
    assert there.poll() is None
    there.kill()
    there.wait()


def test_faults_on_one_wire_add_up_and_heal_one_by_one(lab: Lab) -> None:
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    lab.fault("loss", site="s1", ratio=0.5)
    lab.fault("delay", site="s1", added_s=0.1, direction="both")
    both = lab.wires_report().wires[wire].a_to_b.impairment
    assert both.loss_ratio == 0.5
    assert both.delay_s == pytest.approx(0.1015)
    assert lab.heal("loss", site="s1") == ["loss site=s1 link=fixed ratio=0.5 direction=both"]
    left_over = lab.wires_report().wires[wire].a_to_b.impairment
    assert left_over.loss_ratio == 0.0
    assert left_over.delay_s == pytest.approx(0.1015)


def test_another_process_sees_and_heals_what_this_one_broke(lab: Lab) -> None:
    key = lab.fault("cut-fibre", site="s1")
    other = Lab.attach(lab.prefix)
    assert [fault.key for fault in other.active_faults()] == [key]
    assert other.heal("cut-fibre") == [key]
    assert lab.active_faults() == []


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("cut-fiber", {}, "no fault 'cut-fiber'; known: access-black-hole"),
        ("cut-fibre", {}, "cut-fibre needs site; usage: cut-fibre site=… [link=fixed]"),
        ("cut-fibre", {"sit": "s1"}, "cut-fibre takes no sit"),
        ("loss", {"site": "s1", "ratio": "half"}, "ratio is a number, not 'half'"),
    ],
)
def test_a_mistake_in_a_fault_names_what_would_be_right(
    lab: Lab, name: str, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UnknownFaultError) as caught:
        lab.fault(name, **arguments)
    assert str(caught.value).startswith(sentence)


def test_a_fault_at_a_place_that_is_not_there_breaks_nothing(lab: Lab) -> None:
    with pytest.raises(TopologyError, match="no site 's9'; known: s1, s2"):
        lab.fault("cut-fibre", site="s9")
    assert lab.active_faults() == []


PLACES: dict[str, object] = {"site": "s1", "carrier": "song-hong", "node": "abroad", "ratio": 0.1}
"""What a fault that needs such an argument is given."""


ELSEWHERE = {name for names in FAULTS.values() for name in names}
"""Faults of what no site of this city has: ``test_shape_faults`` plays them where there is one."""


@pytest.mark.parametrize("name", [name for name in fault_names() if name not in ELSEWHERE])
def test_every_fault_can_be_applied_twice_as_one_and_healed(lab: Lab, name: str) -> None:
    needed = {
        word
        for word, parameter in load_fault(name).parameters.items()
        if parameter.default is parameter.empty
    }
    arguments = {word: PLACES[word] for word in needed}
    key = lab.fault(name, **arguments)
    assert lab.fault(name, **arguments) == key
    assert [fault.key for fault in lab.active_faults()] == [key]
    assert lab.heal(name) == [key]
    assert lab.active_faults() == []


def test_every_fault_says_what_it_breaks_and_where_a_verdict_belongs() -> None:
    for name in fault_names():
        fault = load_fault(name)
        assert fault.help
        assert fault.segment is None or fault.segment in Segment
