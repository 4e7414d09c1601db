"""Apprise: the contract with a service over HTTP; each person once; nothing decided by its log."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.channel_contract import attempts_for, running_service
from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    secret_file,
    steady_city,
    unplug_cable,
)
from tests.collector.notify.receiver_process import WELL, ReceiverProcess
from tests.collector.running import WITHIN_S, eventually
from tests.loop_clock import LoopClock
from thongsuot_collector.notify.channels.apprise import AppriseChannel, Settings, check
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import ChannelOutcome, PartyContact

TOKEN = "mã-bí-mật-của-kênh"
# The library says only that it did not work.
FAILURE_OUTCOMES = dict.fromkeys(("503", "401", "400", "drop"), ChannelOutcome.UNKNOWN)


class ChatFixture:
    failure_outcomes = MappingProxyType(FAILURE_OUTCOMES)
    absent_outcome = ChannelOutcome.UNKNOWN
    echo = "echo"
    secrets = (TOKEN, quote(TOKEN))
    deduplicates = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.service = ReceiverProcess(
            "tests.collector.notify.chat_receiver", folder / "chat"
        ).start()
        self.behave = self.service.folder.behave
        url = f"json://127.0.0.1:{self.service.port}/{TOKEN}/?to={{email}}"
        self.settings = Settings(
            kind="apprise",
            name="main",
            url_file=secret_file(folder, "url", url),
            timeout_s=WITHIN_S,
        )

    def start(self) -> None:
        self.service.start()

    def stop(self) -> None:
        self.service.stop()

    def channel(self) -> AppriseChannel:
        check(self.settings)
        return AppriseChannel(self.settings)

    def received_kinds(self) -> list[str]:
        return [posted["kind"] for posted in self.service.folder.received()]


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[ChatFixture]:
    made = ChatFixture(tmp_path)
    yield made
    made.stop()


async def test_each_person_gets_a_message_and_none_a_second_one(
    fixture: ChatFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory(site_channels=("main",)))
    event = unplug_cable(city)
    fixture.behave("503")
    async with running_service(city, tmp_path, {"main": fixture.channel()}) as service:
        await service.accept(event)
        await eventually(lambda: len(attempts_for(service, event)) > 2)
        fixture.behave(WELL)
        await eventually(service.is_idle)
    assert fixture.received_kinds() == ["opened", "opened"]


async def test_a_party_without_an_address_is_reported(fixture: ChatFixture) -> None:
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    message = msgspec.structs.replace(message, contact=PartyContact())
    channel = fixture.channel()
    result = await channel.send(message)
    assert result.outcome is ChannelOutcome.REJECTED
    assert result.text == "the inventory has nobody of carrier:vnpt to put into the URL"
    named = msgspec.structs.replace(message, address="nhóm 7")
    assert (await channel.send(named)).outcome is ChannelOutcome.DELIVERED
    await channel.close()


async def test_a_service_that_hangs_is_bounded_and_may_have_it(
    fixture: ChatFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = steady_city(city_inventory())
    clock, channel = LoopClock(monkeypatch), fixture.channel()
    fixture.behave("hang")
    sending = asyncio.create_task(channel.send(message_of(cut_fibre(city), city)))
    await eventually(fixture.received_kinds)
    clock.put_forward(WITHIN_S)
    result = await sending
    await channel.close()
    assert result.outcome is ChannelOutcome.UNKNOWN
    assert result.text == f"noc@vnpt.example: no answer within {WITHIN_S:g} s"


async def test_the_reason_of_a_failure_is_part_of_the_result(fixture: ChatFixture) -> None:
    city = steady_city(city_inventory())
    fixture.behave("401")
    channel = fixture.channel()
    assert channel.display_name == "json"
    result = await channel.send(message_of(cut_fibre(city), city))
    await channel.close()
    assert "401" in result.text


def test_a_file_without_a_url_for_apprise_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "url", "nosuchservice://bí-mật")
    with pytest.raises(ValueError, match="holds no URL that Apprise") as raised:
        check(Settings(kind="apprise", name="a", url_file=file))
    assert "bí-mật" not in str(raised.value)
    mail = secret_file(tmp_path, "mail", "mailto://user:password@smtp.example")
    with pytest.raises(ValueError, match='for e-mail there is kind = "email"'):
        check(Settings(kind="apprise", name="a", url_file=mail))
    zalo = secret_file(tmp_path, "zalo", "zalo://1234567890:abcdefABCDEF/{address}")
    check(Settings(kind="apprise", name="a", url_file=zalo))
    assert load("apprise").settings is Settings


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"200 OK\r\nContent-Encoding: gzip", ChannelOutcome.DELIVERED),
        (b"307 Elsewhere\r\nLocation: /internal", ChannelOutcome.UNKNOWN),
    ],
)
async def test_an_answer_leads_nowhere_and_is_not_decompressed(
    tmp_path: Path, answer: bytes, outcome: ChannelOutcome
) -> None:
    """What is no gzip would be an error, had it been read as such."""
    asked: list[bytes] = []

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.partition(b" HTTP")[0])
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        await reader.readexactly(int(length.split()[1]))
        writer.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 4\r\n\r\nnone")
        writer.close()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    url = f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/in?to=x"
    file = secret_file(tmp_path, "url", url)
    channel = AppriseChannel(
        Settings(kind="apprise", name="main", url_file=file, timeout_s=WITHIN_S)
    )
    city = steady_city(city_inventory())
    result = await channel.send(message_of(cut_fibre(city), city))
    await channel.close()
    server.close()
    assert result.outcome is outcome
    assert asked == [b"POST /in"]
