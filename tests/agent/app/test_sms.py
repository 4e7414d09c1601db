"""A running agent whose lines are both cut sends a text message by its modem."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST_V4,
    GATEWAY,
    RunningAgent,
    agent_on,
    link,
    until,
)
from tests.agent.probes.counter.offices import dual_wan
from tests.agent.sms.sms_modem import SmsModem, read_pdu
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.state import State

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(dual_wan()) as running:
        yield running


async def test_both_lines_cut_is_a_text_message_and_one_line_is_none(
    lab: Lab, folder: Path
) -> None:
    with SmsModem() as modem:
        sms = f'[sms]\ndevice = "{modem.device}"\nto = ["+84912345678"]\nafter_s = 3\n'
        lines = (link("fixed", "fix0", "fiber"), link("mobile", "wwan0", "5g"))
        async with agent_on(lab, folder, *lines, GATEWAY, FIRST_V4, ECHOES, sms) as device:
            device.start()
            await until(
                lambda: {state for state, _ in device.states().values()} == {State.UP}, device
            )
            lab.cut("ont--internet")
            await until(lambda: device.states().get("fixed", (None, None))[0] is State.DOWN, device)
            lab.cut("cpe--internet")
            await until(lambda: bool(modem.taken), device)
            number, text = read_pdu(modem.taken[0])
            assert number == "+84912345678"
            assert "mat ca 2 duong truyen" in text
            await until(lambda: "text message sent numbers=1" in device.log(), device)
            assert "+84912345678" not in device.log()


def _states(device: RunningAgent) -> set[State]:
    return {state for state, _ in device.states().values()}
