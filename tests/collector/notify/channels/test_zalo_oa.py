"""Zalo: the contract, its errors, and tokens that are good once."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    secret_file,
    steady_city,
)
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S
from thongsuot_collector.notify.channels.zalo_oa.channel import Settings, ZaloChannel, check
from thongsuot_collector.notify.channels.zalo_oa.tokens import read_tokens
from thongsuot_collector.notify.message import ChannelOutcome, NotificationMessage, PeopleMessage

APP_SECRET = "app-secret-of-the-city"
USER = "8850234112233445566"
TROUBLE = {
    "503": ChannelOutcome.RETRY,
    "400": ChannelOutcome.REJECTED,
    "401": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "404": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "500": ChannelOutcome.UNKNOWN,
    "drop": ChannelOutcome.UNKNOWN,
}
LAST = 4_102_444_800
"""The end of a token in 2100."""


class ZaloFixture:
    failure_outcomes = MappingProxyType(TROUBLE)
    absent_outcome = ChannelOutcome.RETRY
    echo = "echo"
    secrets = (APP_SECRET, "access-1", "refresh-1")
    deduplicates = False

    def __init__(self, folder: Path) -> None:
        self.service = ReceiverProcess(
            "tests.collector.notify.zalo_service", folder / "zalo", APP_SECRET
        )
        self.good = folder / "zalo" / "tokens.json"
        tokens = {"access_token": "access-1", "refresh_token": "refresh-1"}
        self.good.write_text(json.dumps(tokens | {"number": 1}), "utf-8")
        self.service.start()
        self.behave = self.service.folder.behave
        self.file = folder / "tokens.json"
        self.file.write_text(json.dumps(tokens | {"expires_at": LAST}), "utf-8")
        url = f"http://127.0.0.1:{self.service.port}"
        self.settings = Settings(
            kind="zalo_oa",
            name="main",
            app_id="4242",
            app_secret_file=secret_file(folder, "app-secret", APP_SECRET),
            tokens_file=str(self.file),
            url=url,
            oauth_url=url,
            timeout_s=WITHIN_S,
        )

    def start(self) -> None:
        self.service.start()

    def stop(self) -> None:
        self.service.stop()

    def channel(self) -> "ToOnePerson":
        check(self.settings)
        return ToOnePerson(self.settings)

    def error(self, number: int) -> None:
        (self.service.folder.path / "error").write_text(str(number), "utf-8")

    def received_kinds(self) -> list[str]:
        return [posted["kind"] for posted in self.service.folder.received()]


class ToOnePerson(ZaloChannel):
    """The channel, where the inventory names a person."""

    async def send(self, message: PeopleMessage) -> Any:  # noqa: ANN401 - as it is
        return await super().send(to(message))


def to(message: PeopleMessage) -> PeopleMessage:
    return msgspec.structs.replace(message, address=USER)


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[ZaloFixture]:
    made = ZaloFixture(tmp_path)
    yield made
    made.stop()


def cut() -> NotificationMessage:
    made = steady_city(city_inventory())
    return message_of(cut_fibre(made), made)


async def test_a_person_gets_title_and_text(fixture: ZaloFixture) -> None:
    message = cut()
    channel = fixture.channel()
    assert (await channel.send(message)).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    (posted,) = fixture.service.folder.received()
    assert posted["user"] == USER
    assert posted["text"].startswith(f"{message.title}\n\n")
    assert len(posted["text"]) <= 2_000


async def test_a_token_that_ended_is_renewed_once_however_many_wait_for_it(
    fixture: ZaloFixture,
) -> None:
    expired = {"access_token": "access-0", "refresh_token": "refresh-1", "expires_at": 1}
    fixture.file.write_text(json.dumps(expired), "utf-8")
    channel, message = fixture.channel(), cut()
    results = await asyncio.gather(*(channel.send(message) for _ in range(5)))
    await channel.close()
    assert {result.outcome for result in results} == {ChannelOutcome.DELIVERED}
    kept = read_tokens(fixture.file)
    assert (kept.access_token, kept.refresh_token) == ("access-2", "refresh-2")
    assert fixture.file.stat().st_mode & 0o777 == 0o600
    # After a restart the kept token is good: nothing is renewed.
    again = fixture.channel()
    assert (await again.send(message)).outcome is ChannelOutcome.DELIVERED
    await again.close()
    assert read_tokens(fixture.file) == kept


async def test_a_token_that_zalo_takes_no_more_is_renewed_and_the_message_sent(
    fixture: ZaloFixture,
) -> None:
    tokens = {"access_token": "access-7", "refresh_token": "refresh-1", "number": 1}
    fixture.good.write_text(json.dumps(tokens), "utf-8")
    channel = fixture.channel()
    assert (await channel.send(cut())).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    assert read_tokens(fixture.file).refresh_token == "refresh-2"
    assert fixture.received_kinds() == ["opened"]


async def test_a_refresh_token_that_is_used_up_is_reported_with_what_to_do(
    fixture: ZaloFixture,
) -> None:
    used = {"access_token": "access-0", "refresh_token": "refresh-0", "expires_at": 1}
    fixture.file.write_text(json.dumps(used), "utf-8")
    channel = fixture.channel()
    result = await channel.send(cut())
    await channel.close()
    assert result.outcome is ChannelOutcome.CHANNEL_UNAVAILABLE
    assert str(fixture.file) in result.text
    assert "refresh-0" not in result.text
    assert read_tokens(fixture.file).refresh_token == "refresh-0"


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (-32, ChannelOutcome.RETRY),
        (-213, ChannelOutcome.REJECTED),
        (-230, ChannelOutcome.REJECTED),
        (-224, ChannelOutcome.CHANNEL_UNAVAILABLE),
    ],
)
async def test_an_error_of_zalo_decides_what_becomes_of_a_message(
    fixture: ZaloFixture, number: int, outcome: ChannelOutcome
) -> None:
    fixture.error(number)
    channel = fixture.channel()
    result = await channel.send(cut())
    await channel.close()
    assert (result.outcome, str(number) in result.text) == (outcome, True)
    assert fixture.received_kinds() == []


async def test_a_party_without_a_zalo_user_is_reported(fixture: ZaloFixture) -> None:
    channel = ZaloChannel(fixture.settings)
    result = await channel.send(cut())
    await channel.close()
    assert result.outcome is ChannelOutcome.REJECTED
    assert "names no Zalo user for carrier:vnpt" in result.text


@pytest.mark.parametrize("text", ["", "refresh-1", '{"access_token": "geheim"}', "[]"])
def test_a_file_without_tokens_is_refused_and_not_shown(fixture: ZaloFixture, text: str) -> None:
    fixture.file.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="refresh_token") as raised:
        check(fixture.settings)
    assert "geheim" not in str(raised.value)


def test_other_credentials_are_refused(fixture: ZaloFixture) -> None:
    wrong = {"username": "x", "password_file": fixture.settings.app_secret_file}
    with pytest.raises(ValueError, match="bearer_file"):
        check(msgspec.structs.replace(fixture.settings, **wrong))
