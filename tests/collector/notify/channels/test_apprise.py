"""Apprise: the contract with a real mail server; people told once each; other services by URL."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.channel_contract import attempts_for, running_service
from tests.collector.notify.incident_events import (
    HOTLINE,
    carrier_outage,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    secret_file,
    steady_city,
    unplug_cable,
)
from tests.collector.notify.receiver_process import WELL, ReceiverProcess
from tests.collector.running import eventually
from thongsuot_collector.notify.channels.apprise import (
    AppriseChannel,
    Settings,
    check,
    outcome_from_log,
)
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import ChannelOutcome, PartyContact
from thongsuot_collector.notify.render.document import IncidentDocument

USER = "thongsuot"
PASSWORD = "mat khau@cua:may/chu+="
TROUBLE = {
    "451": ChannelOutcome.RETRY,
    "421": ChannelOutcome.RETRY,
    "550": ChannelOutcome.REJECTED,
    "data 451": ChannelOutcome.RETRY,
    "data 552": ChannelOutcome.RETRY,
    "data 554": ChannelOutcome.REJECTED,
    "closed": ChannelOutcome.CHANNEL_UNAVAILABLE,
}


class MailFixture:
    failure_outcomes = MappingProxyType(TROUBLE)
    echo = "echo"
    secrets = (PASSWORD, quote(PASSWORD, safe=""), "khau@cua")
    absent_outcome = ChannelOutcome.RETRY
    deduplicates = False

    def __init__(self, peer: ReceiverProcess, folder: Path) -> None:
        self.peer = peer
        self.behave = peer.folder.behave
        url = (
            f"mailto://{USER}:{quote(PASSWORD, safe='')}"
            f"@127.0.0.1:{peer.port}?from=thongsuot@hanoi.example&to={{email}}"
        )
        self.settings = Settings(
            kind="apprise", name="main", url_file=secret_file(folder, "url", url)
        )

    def start(self) -> None:
        self.peer.start()

    def stop(self) -> None:
        self.peer.stop()

    def channel(self) -> AppriseChannel:
        check(self.settings)
        return AppriseChannel(self.settings)

    def received_kinds(self) -> list[str]:
        return [one["kind"] for one in self.mails()]

    def mails(self) -> list[dict[str, str]]:
        return self.peer.folder.received()


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[MailFixture]:
    peer = ReceiverProcess(
        "tests.collector.notify.mail_server", tmp_path / "peer", USER, PASSWORD
    ).start()
    yield MailFixture(peer, tmp_path)
    peer.stop()


async def test_a_carrier_gets_circuit_time_measurements_and_the_record(
    fixture: MailFixture,
) -> None:
    made = steady_city(city_inventory())
    opened, resolved = cut_fibre(made), restore_fibre(made)
    channel = fixture.channel()
    for event in (opened, resolved):
        assert (await channel.send(message_of(event, made))).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    first, last = fixture.mails()
    assert first["to"] == "noc@vnpt.example"
    assert first["subject"] == "[SC] FTTH-0000 mất kết nối 18:07 Phường 1, Điểm 0"
    assert "Mã kênh FTTH-0000 · Điểm 0" in first["text"]
    assert "sai số đồng hồ ± 0,01 giây" in first["text"]
    assert "Cùng điểm, kết nối 5G VIETTEL: Hoạt động bình thường" in first["text"]
    assert last["subject"].startswith("[Đã khắc phục]")
    assert first["references"] == last["references"] == f"<{opened.id}@thongsuot.invalid>"
    document = msgspec.json.decode(first["attachment"], type=IncidentDocument)
    assert document.incident == opened.incident.id
    assert document.shown[0].batches
    assert first["files"] == f"['{opened.incident.id}-1.json']"


async def test_staff_at_a_point_get_plain_words_and_each_their_own_mail(
    fixture: MailFixture,
) -> None:
    made = steady_city(city_inventory(site_channels=("main",)))
    channel = fixture.channel()
    assert (
        await channel.send(message_of(unplug_cable(made), made))
    ).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    mails = fixture.mails()
    assert [one["to"] for one in mails] == ["cntt@s0.example", "truong@s0.example"]
    assert "Việc cần làm:" in mails[0]["text"]
    assert HOTLINE in mails[0]["text"]
    for word in ("ICMP", "mã băm", "IPv4"):
        assert word not in mails[0]["text"]


async def test_who_has_a_mail_gets_no_second_one_when_another_is_tried_again(
    fixture: MailFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory(site_channels=("main",)))
    event = unplug_cable(made)
    fixture.behave("451 cntt@s0.example")
    async with running_service(made, tmp_path, {"main": fixture.channel()}) as found:
        await found.accept(event)
        await eventually(lambda: len(attempts_for(found, event)) > 2)
        assert {one["to"] for one in fixture.mails()} == {"truong@s0.example"}
        fixture.behave(WELL)
        await eventually(found.is_idle)
    assert [one["to"] for one in fixture.mails()] == ["truong@s0.example", "cntt@s0.example"]


async def test_an_address_that_is_refused_does_not_keep_the_others_from_knowing(
    fixture: MailFixture,
) -> None:
    made = steady_city(city_inventory(site_channels=("main",)))
    fixture.behave("550 cntt@s0.example")
    channel = fixture.channel()
    answer = await channel.send(message_of(unplug_cable(made), made))
    await channel.close()
    assert answer.outcome is ChannelOutcome.DELIVERED
    assert answer.text.startswith("accepted for 1 of 2; cntt@s0.example: ")
    assert [one["to"] for one in fixture.mails()] == ["truong@s0.example"]


async def test_a_party_without_an_address_is_said_so(fixture: MailFixture) -> None:
    made = steady_city(city_inventory())
    message = msgspec.structs.replace(message_of(cut_fibre(made), made), contact=PartyContact())
    channel = fixture.channel()
    answer = await channel.send(message)
    assert answer.outcome is ChannelOutcome.REJECTED
    assert answer.text == "the inventory has nobody of carrier:vnpt to put into the URL"
    named = msgspec.structs.replace(message, address="truc@vnpt.example")
    assert (await channel.send(named)).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    assert [one["to"] for one in fixture.mails()] == ["truc@vnpt.example"]


async def test_a_server_that_hangs_is_bounded_and_may_have_it(
    fixture: MailFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    hook = ReceiverProcess(
        "tests.collector.notify.alert_webhook_receiver", tmp_path / "hook"
    ).start()
    hook.folder.behave("hang")
    url = secret_file(tmp_path, "json", f"json://127.0.0.1:{hook.port}/?to={{email}}")
    channel = AppriseChannel(msgspec.structs.replace(fixture.settings, url_file=url, timeout_s=0.3))
    answer = await channel.send(message_of(cut_fibre(made), made))
    await channel.close()
    hook.stop()
    assert answer.outcome is ChannelOutcome.UNKNOWN
    assert answer.text == "noc@vnpt.example: no answer within 0.3 s"


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("401", ChannelOutcome.CHANNEL_UNAVAILABLE),
        ("429", ChannelOutcome.RETRY),
        ("400", ChannelOutcome.REJECTED),
        ("500", ChannelOutcome.UNKNOWN),
        ("drop", ChannelOutcome.UNKNOWN),
    ],
)
async def test_other_services_answer_by_http(
    tmp_path: Path, how: str, outcome: ChannelOutcome
) -> None:
    made = steady_city(city_inventory())
    peer = ReceiverProcess(
        "tests.collector.notify.alert_webhook_receiver", tmp_path / "hook"
    ).start()
    token = "mã-bí-mật-của-kênh"
    settings = Settings(
        kind="apprise",
        name="main",
        url_file=secret_file(tmp_path, "url", f"json://127.0.0.1:{peer.port}/{token}/{{address}}"),
    )
    check(settings)
    peer.folder.behave(how)
    channel = AppriseChannel(settings)
    assert channel.display_name == "json"
    message = msgspec.structs.replace(message_of(carrier_outage(made), made), address="nhóm 7")
    answer = await channel.send(message)
    await channel.close()
    peer.stop()
    assert answer.outcome is outcome
    assert token not in answer.text


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (
            "Socket Exception: (535, b'5.7.8 Error: authentication failed')",
            ChannelOutcome.CHANNEL_UNAVAILABLE,
        ),
        ("Socket Exception: {'b@y': (450, b'4.2.1 greylisted')}", ChannelOutcome.RETRY),
        ("Socket Exception: {'b@y': (550, b'5.1.1 unknown')}", ChannelOutcome.REJECTED),
        ("Socket Exception: [Errno 111] Connection refused", ChannelOutcome.RETRY),
        ("Socket Exception: timed out", ChannelOutcome.UNKNOWN),
        (
            "Failed to send Zalo notification: Unauthorized, error=401.",
            ChannelOutcome.CHANNEL_UNAVAILABLE,
        ),
        ("Failed to send Zalo notification: Too Many Requests, error=429.", ChannelOutcome.RETRY),
        ("", ChannelOutcome.UNKNOWN),
    ],
)
def test_what_the_library_says_is_read(said: str, outcome: ChannelOutcome) -> None:
    assert outcome_from_log(said) is outcome


def test_a_file_without_a_url_for_apprise_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "url", "nosuchservice://bí-mật")
    with pytest.raises(ValueError, match="holds no URL that Apprise") as raised:
        check(Settings(kind="apprise", name="a", url_file=file))
    assert "bí-mật" not in str(raised.value)
    zalo = secret_file(tmp_path, "zalo", "zalo://1234567890:abcdefABCDEF/{address}")
    check(Settings(kind="apprise", name="a", url_file=zalo))
    assert load("apprise").settings is Settings
