"""A flow that is dead by itself is told from packets that were lost."""

import pytest

from thongsuot_agent.links.old_flows import OLD_FLOW_ECHOES, OldFlows

FAR, NEAR = b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"
FLOWS = 16


def given_up(*, was_answered: bool = True) -> OldFlows:
    """Return flows of which the first to one destination was given up, and its heir answered."""
    flows = OldFlows(FLOWS)
    if was_answered:
        flows.note_answer(FAR, 0)
    flows.note_loss(FAR, 0)
    assert flows.flow_to_ask(FAR, 1) is None, "nobody has answered the fresh flow"
    flows.note_answer(FAR, 1)
    return flows


def test_an_old_flow_that_nothing_answers_beside_a_fresh_one_is_dead() -> None:
    flows = given_up()
    for _ in range(OLD_FLOW_ECHOES):
        assert not flows.take_dead(FAR)
        assert flows.flow_to_ask(FAR, 1) == 0
        flows.note_old_loss(FAR)
    assert not flows.take_dead(NEAR)
    assert flows.take_dead(FAR)
    assert not flows.take_dead(FAR), "it is told once"
    assert flows.flow_to_ask(FAR, 1) is None


def test_an_old_flow_that_is_answered_was_a_lost_packet() -> None:
    flows = given_up()
    flows.note_old_loss(FAR)
    flows.note_old_answer(FAR)
    assert flows.flow_to_ask(FAR, 1) is None
    flows.note_old_loss(FAR)
    assert not flows.take_dead(FAR)


def test_what_the_fresh_flow_loses_as_well_begins_it_anew() -> None:
    flows = given_up()
    for _ in range(OLD_FLOW_ECHOES - 1):
        flows.note_old_loss(FAR)
    flows.note_loss(FAR, 1)
    assert flows.flow_to_ask(FAR, 2) is None
    flows.note_answer(FAR, 2)
    flows.note_old_loss(FAR)
    assert not flows.take_dead(FAR)
    assert flows.flow_to_ask(FAR, 2) == 0


def test_a_flow_that_never_was_answered_is_no_old_one() -> None:
    assert given_up(was_answered=False).flow_to_ask(FAR, 1) is None


@pytest.mark.parametrize(("flow", "asked"), [(15, 0), (16, None), (17, 0)])
def test_a_flow_with_the_same_identifier_is_not_asked_beside_itself(
    flow: int, asked: int | None
) -> None:
    flows = given_up()
    flows.note_answer(FAR, flow)
    assert flows.flow_to_ask(FAR, flow) == asked
