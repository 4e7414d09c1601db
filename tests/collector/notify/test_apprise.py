"""Apprise: the contract with a real mail server; people told once each; other services by URL."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.channel_contract import office, tries
from tests.collector.notify.making import (
    HOTLINE,
    city,
    cut,
    mend,
    message_of,
    outage,
    secret_file,
    town,
    unplug,
)
from tests.collector.notify.peer import WELL, Peer
from tests.collector.running import eventually
from thongsuot_collector.notify import load
from thongsuot_collector.notify.apprise import Apprise, Settings, check, reading_of
from thongsuot_collector.notify.content.document import Document
from thongsuot_collector.notify.telling.message import Contact, Outcome

USER = "thongsuot"
PASSWORD = "mat khau@cua:may/chu+="
TROUBLE = {
    "451": Outcome.BUSY,
    "421": Outcome.BUSY,
    "550": Outcome.REFUSED,
    "data 451": Outcome.BUSY,
    "data 552": Outcome.BUSY,
    "data 554": Outcome.REFUSED,
    "closed": Outcome.SHUT,
}


class MailStand:
    trouble = MappingProxyType(TROUBLE)
    echo = "echo"
    secrets = (PASSWORD, quote(PASSWORD, safe=""), "khau@cua")
    knows_keys = False

    def __init__(self, peer: Peer, folder: Path) -> None:
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

    def channel(self) -> Apprise:
        check(self.settings)
        return Apprise(self.settings)

    def told(self) -> list[str]:
        return [one["kind"] for one in self.mails()]

    def mails(self) -> list[dict[str, str]]:
        return self.peer.folder.received()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[MailStand]:
    peer = Peer("tests.collector.notify.mail_server", tmp_path / "peer", USER, PASSWORD).start()
    yield MailStand(peer, tmp_path)
    peer.stop()


async def test_a_carrier_gets_circuit_time_measurements_and_the_record(stand: MailStand) -> None:
    made = town(city())
    opened, resolved = cut(made), mend(made)
    channel = stand.channel()
    for event in (opened, resolved):
        assert (await channel.tell(message_of(event, made))).outcome is Outcome.DELIVERED
    await channel.close()
    first, last = stand.mails()
    assert first["to"] == "noc@vnpt.example"
    assert first["subject"] == (
        "[Sự cố] Đường cáp quang VNPT mất kết nối – Điểm 0 (mã kênh FTTH-0000)"
    )
    assert "Mã kênh FTTH-0000 · Điểm 0" in first["text"]
    assert "sai số đồng hồ ± 0,01 giây" in first["text"]
    assert "Cùng điểm, kết nối 5G VIETTEL: Hoạt động bình thường" in first["text"]
    assert last["subject"].startswith("[Đã khắc phục]")
    assert first["references"] == last["references"] == f"<{opened.id}@thongsuot.invalid>"
    document = msgspec.json.decode(first["attachment"], type=Document)
    assert document.incident == opened.incident.id
    assert document.shown[0].batches
    assert first["files"] == f"['{opened.incident.id}-1.json']"


async def test_staff_at_a_point_get_plain_words_and_each_their_own_mail(stand: MailStand) -> None:
    made = town(city(site_channels=("main",)))
    channel = stand.channel()
    assert (await channel.tell(message_of(unplug(made), made))).outcome is Outcome.DELIVERED
    await channel.close()
    mails = stand.mails()
    assert [one["to"] for one in mails] == ["cntt@s0.example", "truong@s0.example"]
    assert "Việc cần làm:" in mails[0]["text"]
    assert HOTLINE in mails[0]["text"]
    for word in ("ICMP", "mã băm", "IPv4"):
        assert word not in mails[0]["text"]


async def test_who_has_a_mail_gets_no_second_one_when_another_is_tried_again(
    stand: MailStand, tmp_path: Path
) -> None:
    made = town(city(site_channels=("main",)))
    event = unplug(made)
    stand.behave("451 cntt@s0.example")
    async with office(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(lambda: len(tries(found, event)) > 2)
        assert {one["to"] for one in stand.mails()} == {"truong@s0.example"}
        stand.behave(WELL)
        await eventually(found.is_idle)
    assert [one["to"] for one in stand.mails()] == ["truong@s0.example", "cntt@s0.example"]


async def test_an_address_that_is_refused_does_not_keep_the_others_from_knowing(
    stand: MailStand,
) -> None:
    made = town(city(site_channels=("main",)))
    stand.behave("550 cntt@s0.example")
    channel = stand.channel()
    answer = await channel.tell(message_of(unplug(made), made))
    await channel.close()
    assert answer.outcome is Outcome.DELIVERED
    assert answer.text.startswith("accepted for 1 of 2; cntt@s0.example: ")
    assert [one["to"] for one in stand.mails()] == ["truong@s0.example"]


async def test_a_party_without_an_address_is_said_so(stand: MailStand) -> None:
    made = town(city())
    message = msgspec.structs.replace(message_of(cut(made), made), contact=Contact())
    channel = stand.channel()
    answer = await channel.tell(message)
    assert answer.outcome is Outcome.REFUSED
    assert answer.text == "the inventory has nobody of carrier:vnpt to put into the URL"
    named = msgspec.structs.replace(message, address="truc@vnpt.example")
    assert (await channel.tell(named)).outcome is Outcome.DELIVERED
    await channel.close()
    assert [one["to"] for one in stand.mails()] == ["truc@vnpt.example"]


async def test_a_server_that_hangs_is_bounded_and_may_have_it(
    stand: MailStand, tmp_path: Path
) -> None:
    made = town(city())
    hook = Peer("tests.collector.notify.hook_sink", tmp_path / "hook").start()
    hook.folder.behave("hang")
    url = secret_file(tmp_path, "json", f"json://127.0.0.1:{hook.port}/?to={{email}}")
    channel = Apprise(msgspec.structs.replace(stand.settings, url_file=url, timeout_s=0.3))
    answer = await channel.tell(message_of(cut(made), made))
    await channel.close()
    hook.stop()
    assert answer.outcome is Outcome.UNSURE
    assert answer.text == "noc@vnpt.example: no answer within 0.3 s"


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("401", Outcome.SHUT),
        ("429", Outcome.BUSY),
        ("400", Outcome.REFUSED),
        ("500", Outcome.UNSURE),
        ("drop", Outcome.UNSURE),
    ],
)
async def test_other_services_answer_by_http(tmp_path: Path, how: str, outcome: Outcome) -> None:
    made = town(city())
    peer = Peer("tests.collector.notify.hook_sink", tmp_path / "hook").start()
    token = "mã-bí-mật-của-kênh"
    settings = Settings(
        kind="apprise",
        name="main",
        url_file=secret_file(tmp_path, "url", f"json://127.0.0.1:{peer.port}/{token}/{{address}}"),
    )
    check(settings)
    peer.folder.behave(how)
    channel = Apprise(settings)
    assert channel.word == "json"
    message = msgspec.structs.replace(message_of(outage(made), made), address="nhóm 7")
    answer = await channel.tell(message)
    await channel.close()
    peer.stop()
    assert answer.outcome is outcome
    assert token not in answer.text


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Socket Exception: (535, b'5.7.8 Error: authentication failed')", Outcome.SHUT),
        ("Socket Exception: {'b@y': (450, b'4.2.1 greylisted')}", Outcome.BUSY),
        ("Socket Exception: {'b@y': (550, b'5.1.1 unknown')}", Outcome.REFUSED),
        ("Socket Exception: [Errno 111] Connection refused", Outcome.BUSY),
        ("Socket Exception: timed out", Outcome.UNSURE),
        ("Failed to send Zalo notification: Unauthorized, error=401.", Outcome.SHUT),
        ("Failed to send Zalo notification: Too Many Requests, error=429.", Outcome.BUSY),
        ("", Outcome.UNSURE),
    ],
)
def test_what_the_library_says_is_read(said: str, outcome: Outcome) -> None:
    assert reading_of(said) is outcome


def test_a_file_without_a_url_for_apprise_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "url", "nosuchservice://bí-mật")
    with pytest.raises(ValueError, match="holds no URL that Apprise") as raised:
        check(Settings(kind="apprise", name="a", url_file=file))
    assert "bí-mật" not in str(raised.value)
    zalo = secret_file(tmp_path, "zalo", "zalo://1234567890:abcdefABCDEF/{address}")
    check(Settings(kind="apprise", name="a", url_file=zalo))
    assert load("apprise").settings is Settings
