"""Every line dead: one message a number, by a modem on a real serial line."""

import logging
from pathlib import Path

import pytest

from tests.agent.sms.sms_modem import SmsModem, read_pdu
from thongsuot_agent.config.model import AgentConfig, PushConfig, SiteIdentity, SmsConfig
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.kept_file import KeptFile
from thongsuot_agent.sms import modem as serial_modem
from thongsuot_agent.sms.alarm import SmsAlarm
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Link
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

S = 1_000_000_000
NUMBERS = ("+84912345678", "+84987654321")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A modem of a busy machine may take long for an answer."""
    monkeypatch.setattr(serial_modem, "_ANSWER_S", 60.0)


class AlarmClocks:
    """Clocks that the test sets; wall time is 08:51 in Vietnam at boot time 1,000 s."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.ahead_s = 0.0

    def boottime_ns(self) -> int:
        return round(self.now_s * S)

    def wall_ns(self) -> int:
        return round((1_796_176_260.0 - 1_000.0 + self.now_s + self.ahead_s) * S)


class AlarmedSite:
    """A site with two lines, its clock and its alarm."""

    def __init__(self, folder: Path, device: str, **sms: object) -> None:
        self.clock = AlarmClocks()
        self.states = {"wan0": State.UP, "wan1": State.UP}
        self.since_s = {"wan0": 0.0, "wan1": 0.0}
        self._folder = folder
        settings = {"device": device, "to": NUMBERS, "after_s": 180.0, **sms}
        self.config = AgentConfig(
            site=SiteIdentity(name="ba-vi", title="Điểm Ba Vì", commune_title="Xã Ba Vì"),
            collector=PushConfig(url="https://collector.example", token_file="/none"),
            links=(
                Link(name="wan0", interface="e0", medium=Medium.FIBER, carrier="sh"),
                Link(name="wan1", interface="w0", medium=Medium.RADIO_5G, carrier="cl"),
            ),
            carriers=(Carrier(name="sh", title="Sông Hồng"), Carrier(name="cl", title="Cửu Long")),
            sms=SmsConfig(**settings),  # type: ignore[arg-type]  # the test's own words
        )
        self.alarm = self.restarted()

    def restarted(self) -> SmsAlarm:
        """Return the alarm of a process that has just begun."""
        return SmsAlarm(
            self.config,
            verdicts=self._verdicts,
            clock=self.clock,  # type: ignore[arg-type]  # two of its clocks are enough
            trusted_wall_ns=self.clock.wall_ns,
            path=self._folder / "sms.json",
        )

    def cut(self, *links: str) -> None:
        for link in links:
            self.states[link], self.since_s[link] = State.DOWN, self.clock.now_s

    def mend(self, *links: str) -> None:
        for link in links:
            self.states[link], self.since_s[link] = State.UP, self.clock.now_s

    async def wait(self, seconds: float) -> None:
        self.clock.now_s += seconds
        await self.alarm.send_due()

    def _verdicts(self) -> list[IssuedVerdict]:
        return [
            IssuedVerdict(
                verdict=Verdict(
                    link=link,
                    service="",
                    state=state,
                    segment=None if state is State.UP else Segment.ACCESS,
                    symptom=Symptom.NONE if state is State.UP else Symptom.ACCESS_SILENT,
                ),
                onset_ns=round(self.since_s[link] * S),
            )
            for link, state in self.states.items()
        ]


async def test_both_lines_dead_is_one_message_to_each_number(tmp_path: Path) -> None:
    with SmsModem() as modem:
        site = AlarmedSite(tmp_path, modem.device)
        site.cut("wan0")
        await site.wait(600)
        assert modem.taken == [], "one line works: the network carries the news"
        site.cut("wan1")
        await site.wait(179)
        assert modem.taken == [], "it may come back"
        await site.wait(1)
        messages = [read_pdu(pdu) for pdu in modem.taken]
        assert [number for number, _ in messages] == list(NUMBERS)
        assert "Xa Ba Vi mat ca 2 duong truyen" in messages[0][1]
        assert "Song Hong tu 08:51" in messages[0][1]
        assert "Cuu Long tu 09:01" in messages[0][1]
        await site.wait(3_600)
        assert len(modem.taken) == 2, "once an outage"
        site.mend("wan0")
        await site.wait(60)
        site.cut("wan0")
        await site.wait(200)
        assert len(modem.taken) == 4, "another outage"


async def test_a_text_with_marks_travels_as_ucs2(tmp_path: Path) -> None:
    with SmsModem() as modem:
        site = AlarmedSite(tmp_path, modem.device, diacritics=True)
        site.cut("wan0", "wan1")
        await site.wait(180)
        assert read_pdu(modem.taken[0])[1] == "Xã Ba Vì mất cả 2 đường truyền từ 08:51."


async def test_a_sim_is_unlocked_by_its_pin_which_no_log_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "pin").write_text("4711\n", "ascii")
    (tmp_path / "pin").chmod(0o600)
    with SmsModem(pin="4711") as modem, caplog.at_level(logging.DEBUG):
        site = AlarmedSite(tmp_path, modem.device, pin_file=str(tmp_path / "pin"))
        site.cut("wan0", "wan1")
        await site.wait(180)
        assert len(modem.taken) == 2
    assert "4711" not in caplog.text
    assert not any(number in caplog.text for number in NUMBERS)


@pytest.mark.parametrize("content", ["0000", "not a pin", None])
async def test_a_wrong_pin_is_tried_once_and_never_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "pin").write_text(content, "ascii")
        (tmp_path / "pin").chmod(0o600)
    with SmsModem(pin="4711") as modem:
        site = AlarmedSite(tmp_path, modem.device, pin_file=str(tmp_path / "pin"))
        site.cut("wan0", "wan1")
        for _ in range(5):
            await site.wait(3_600)
        assert sum(command.startswith("AT+CPIN=") for command in modem.commands) <= 1
        assert modem.taken == []
    assert "no retry before a restart" in caplog.text


async def test_an_error_of_the_network_is_tried_again_three_times(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SmsModem(errors=["+CMS ERROR: 331", "+CMS ERROR: 42", ""]) as modem:
        site = AlarmedSite(tmp_path, modem.device, to=NUMBERS[:1], per_day=20)
        site.cut("wan0", "wan1")
        await site.wait(180)
        assert "331 (no network service); retrying in 60 s" in caplog.text
        await site.wait(30)
        await site.wait(30)
        assert "42 (congestion); retrying in 300 s" in caplog.text
        await site.wait(300)
        assert len(modem.taken) == 1
        modem.errors[:] = ["ERROR"] * 9
        site.mend("wan0", "wan1")
        await site.wait(10)
        site.cut("wan0", "wan1")
        for _ in range(9):
            await site.wait(3_600)
        assert "no further attempt in this outage" in caplog.text


async def test_recipients_who_have_it_do_not_get_it_again_with_the_next_attempt(
    tmp_path: Path,
) -> None:
    with SmsModem(errors=["", "+CMS ERROR: 38"]) as modem:
        site = AlarmedSite(tmp_path, modem.device)
        site.cut("wan0", "wan1")
        await site.wait(180)
        await site.wait(60)
        assert [read_pdu(pdu)[0] for pdu in modem.taken] == list(NUMBERS)


async def test_no_more_than_a_days_messages_are_sent_over_restarts_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SmsModem() as modem:
        site = AlarmedSite(tmp_path, modem.device, per_day=3)
        for _ in range(4):
            site.cut("wan0", "wan1")
            await site.wait(200)
            site.mend("wan0", "wan1")
            await site.wait(60)
            site.alarm = site.restarted()
        assert len(modem.taken) == 3
        assert "`per_day` is 3; not sent" in caplog.text
        site.clock.now_s += 86_400
        site.cut("wan0", "wan1")
        await site.wait(200)
        assert len(modem.taken) == 5


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_messages_sent_by_a_clock_in_2038_use_up_one_day_and_no_more(
    tmp_path: Path, *, is_restarted: bool
) -> None:
    with SmsModem() as modem:
        site = AlarmedSite(tmp_path, modem.device, per_day=2)
        site.clock.ahead_s = 12 * 365 * 86_400.0
        site.cut("wan0", "wan1")
        await site.wait(200)
        site.mend("wan0", "wan1")
        await site.wait(60)
        site.clock.ahead_s = 0.0
        if is_restarted:
            site.alarm = site.restarted()
        for sent in (2, 4):
            site.cut("wan0", "wan1")
            await site.wait(200)
            assert len(modem.taken) == sent
            site.mend("wan0", "wan1")
            await site.wait(86_400)


async def test_a_file_of_messages_that_is_damaged_holds_up_no_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    KeptFile(tmp_path / "sms.json").replace(b'["\xff\xfe"]')
    with SmsModem() as modem:
        site = AlarmedSite(tmp_path, modem.device, per_day=2)
        site.cut("wan0", "wan1")
        await site.wait(200)
        assert len(modem.taken) == 2
    assert "cannot read file=" in caplog.text


async def test_a_modem_that_is_not_there_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = AlarmedSite(tmp_path, str(tmp_path / "ttyUSB9"))
    site.cut("wan0", "wan1")
    await site.wait(180)
    assert "cannot open" in caplog.text
    assert "retrying in 60 s" in caplog.text
